"""A training by a recipe, carried out whole: what it leaves, and that it can be stopped, repeated and refitted."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.errors import Cancelled
from convonet.events import CandidateEnded, CandidateStarted, Event, PlanMade, StageStarted, Watch
from convonet.jobs import plan_decisions, verify_job
from convonet.jobs.plan_speed import Speed
from convonet.jobs.train_job import work
from convonet.nets.backend import keras
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.documents import train_document
from convonet.runs.summary import summary_of
from convonet.tasks import TrainTask
from convonet.tasks.verify_task import VerifyTask

CLASSES = {"stripes": (0.5, 0.0), "bars": (0.0, 0.5), "checks": (0.4, 0.4)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Waves of three directions with noise: 12 images of each to train on, 4 to test."""
    root = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:48, :64]
    for name, (down, across) in CLASSES.items():
        for part, count in (("train", 12), ("test", 4)):
            folder = root / part / name
            folder.mkdir(parents=True)
            for number in range(count):
                wave = np.sin(down * rows + across * columns + rng.uniform(0, 6))
                pixels = 128 + 70 * wave[..., None] + rng.normal(0, 25, (48, 64, 3))
                image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
                image.save(folder / f"{number}.jpg", quality=90)
    return root


def task_of(photos: Path, recipe: Any = "auto", **values: Any) -> TrainTask:
    hyper = {"epochs": 2, "batch_size": 8} | values.pop("hyper", {})
    data = DataParams(train_dir=str(photos / "train"), test_dir=str(photos / "test"))
    return TrainTask(data=data, hyper=HyperParams.of(hyper), recipe=recipe, threads=1, **values)


def result(run: Run) -> tuple[Any, ...]:
    plan = run.read().plan
    scores = [(one.name, one.state, one.validation) for one in plan.candidates]
    return plan.chosen, scores, run.file("history.csv").read_text(), run.file("predictions.csv").read_text()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for all tests of this file: features and pixels are computed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def whole(photos: Path, home: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[Event]]:
    """A plan carried out without a disturbance."""
    run, told = Run.create(tmp_path_factory.mktemp("runs"), task_of(photos)), []
    work(run, run.task(), Watch(told.append))
    run.update(state="done")
    return run, told


def test_a_plan_tells_what_it_does(whole: tuple[Run, list[Event]]) -> None:
    _, told = whole
    made = [event for event in told if isinstance(event, PlanMade)]
    assert made[0].sentence.startswith("36 small images, 3 classes → ")
    assert [event.name for event in told if isinstance(event, CandidateStarted)] == [
        "own",
        "frozen",
        "fine_tuned",
    ]
    ended = [event for event in told if isinstance(event, CandidateEnded)]
    assert [event.state for event in ended] == ["done"] * 3
    assert ended[0].best
    assert all(0 <= event.accuracy <= 1 for event in ended if event.accuracy is not None)
    # The first model is tested before the second candidate is begun.
    stages = [event.stage for event in told if isinstance(event, StageStarted)]
    second = next(
        i for i, event in enumerate(told) if isinstance(event, CandidateStarted) and event.number == 2
    )
    assert "test" in [event.stage for event in told[:second] if isinstance(event, StageStarted)]
    assert stages.count("test") == 2


def test_the_best_model_is_a_plain_keras_network_with_its_papers(whole: tuple[Run, list[Event]]) -> None:
    run, _ = whole
    record, plan = run.read(), run.read().plan
    assert plan.chosen == record["published"]
    chosen = plan.candidate(str(plan.chosen))
    model = keras.saving.load_model(run.file("model.keras"), compile=False)
    assert model.input_shape[1:3] == chosen.image_size
    losses = {one.name: (one.validation or {})["log_loss"] for one in plan.candidates}
    assert losses[str(plan.chosen)] <= min(losses.values()) + 0.5
    assert record["params"]["hyper"]["family"] == chosen.hyper["family"]
    assert tuple(np.atleast_1d(record["params"]["data"]["image_size"])) in {chosen.image_size}
    assert record["scores"]["test"]["images"] == 12
    assert run.file("model.onnx").is_file()
    kept = {path.name for path in run.file("candidates").glob("*/*")}
    assert kept == {"history.csv"}
    assert train_document(run)["epochs"] == len(run.history()["epoch"])


def test_the_summary_is_one_screen(whole: tuple[Run, list[Event]]) -> None:
    run, _ = whole
    summary = summary_of(run)
    assert [one.chosen for one in summary.tried].count(True) == 1
    assert all(one.result for one in summary.tried)
    assert summary.accuracy == run.read()["scores"]["test"]["accuracy"]
    assert summary.baseline == pytest.approx(1 / 3)
    longer = next(step for step in summary.advice if step.kind == "longer")
    assert longer.command.endswith("--recipe best")
    assert json.loads(json.dumps(summary.to_dict()))["sentence"] == summary.sentence


@pytest.mark.slow
@pytest.mark.parametrize("questions", [3, 15, 30, 40, 50, 60, 68, 75, 80])
def test_stopped_anywhere_it_goes_on_with_the_same_numbers(
    whole: tuple[Run, list[Event]], photos: Path, tmp_path: Path, questions: int
) -> None:
    run = Run.create(tmp_path, task_of(photos))
    asked = itertools.count()
    with pytest.raises(Cancelled):
        work(run, run.task(), Watch(should_stop=lambda: next(asked) >= questions))
    work(run, run.task(), Watch())
    assert result(run) == result(whole[0])


@pytest.mark.slow
def test_a_plan_repeats_itself(whole: tuple[Run, list[Event]], tmp_path: Path) -> None:
    run = Run.create(tmp_path, VerifyTask(run=str(whole[0].path), threads=1))
    answer = verify_job.work(run, run.task(), Watch())
    assert answer["equal"], answer["sentence"]


@pytest.mark.slow
def test_fast_takes_the_first_models_and_a_refit_uses_all_images(
    photos: Path, home: None, tmp_path: Path
) -> None:
    run = Run.create(tmp_path, task_of(photos, "fast", validation=False))
    work(run, run.task(), Watch())
    record = run.read()
    assert [one.name for one in record.plan.candidates] == ["own", "frozen"]
    assert record["scores"]["training"]["images"] == 36
    assert record["scores"]["training"]["val_images"] == 0
    assert not any(value is not None for value in run.history()["val_accuracy"])


@pytest.mark.slow
def test_a_collapsed_candidate_is_restarted_and_never_chosen_over_a_good_one(
    photos: Path, home: None, tmp_path: Path
) -> None:
    told: list[Event] = []
    run = Run.create(tmp_path, task_of(photos, "fast", hyper={"init_rate": 50.0, "epochs": 6}))
    work(run, run.task(), Watch(told.append))
    plan = run.read().plan
    assert run.read()["scores"]["test"]["accuracy"] > 0.5
    assert not (plan.candidate(str(plan.chosen)).validation or {})["accuracy"] <= 1 / 3


@pytest.mark.parametrize(("model_epoch", "losses", "epoch"), [(3, [0.9, 0.5], 2), (1, [0.01], 1)])
def test_the_fitted_head_is_no_epoch_of_the_curve(
    photos: Path, model_epoch: int, losses: list[float], epoch: int
) -> None:
    from convonet.jobs.train_stages import curve_of
    from convonet.training.history import History
    from convonet.training.net_training import TrainingResult

    rows = [{"loss": value} for value in (0.01, 0.9, 0.5)]
    task = task_of(photos, "none", hyper={"base": "efficientnet_lite0", "head_solver": "lbfgs"})
    found, kept = curve_of(task, TrainingResult(History(rows), model_epoch, "", 1.0))
    assert (found.column("loss"), kept) == (losses, epoch)


@pytest.mark.slow
def test_the_last_blocks_are_trained_where_all_take_too_long(
    photos: Path, home: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_as_a_whole(task: TrainTask, *_: Any) -> Speed:
        return Speed(1.0, 1000.0) if task.hyper.release == "all" else Speed(10.0, 15.0)

    monkeypatch.setattr(plan_decisions, "measure_speed", slow_as_a_whole)
    data = DataParams(train_dir=str(photos / "train"), test_dir=str(photos / "test"), image_size=(64, 64))
    task = TrainTask(data=data, hyper=HyperParams(), recipe="auto", minutes=1, threads=1)
    run = Run.create(tmp_path, task)
    work(run, task, Watch())
    run.update(state="done")
    plan = run.read().plan
    released = plan.decision("fine_tuned", "release")
    assert released is not None
    assert (released.value, released.reason.split(",")[0]) == (
        6,
        "an epoch takes 1000 s when all layers are trained",
    )
    # Epochs that are faster than measured become more.
    tuned = [one for one in plan.decisions if (one.candidate, one.what) == ("fine_tuned", "epochs")]
    lengths = [(one.after, one.value) for one in tuned]
    assert lengths[0] in [(0, 2), (0, 3)]
    assert lengths[-1] == (1, 12)
    assert plan.candidate("fine_tuned").state == "done"
    repeated = Run.create(tmp_path, VerifyTask(run=str(run.path), threads=1))
    answer = verify_job.work(repeated, repeated.task(), Watch())
    assert answer["equal"], answer["sentence"]


def test_two_images_are_trained_on_without_a_comparison(photos: Path, home: None, tmp_path: Path) -> None:
    for name in ("bars", "checks"):
        (tmp_path / "two" / name).mkdir(parents=True)
        shutil.copyfile(photos / "train" / name / "0.jpg", tmp_path / "two" / name / "0.jpg")
    data = DataParams(train_dir=str(tmp_path / "two"))
    task = TrainTask(data=data, hyper=HyperParams(), recipe="auto", validation=False, threads=1)
    run = Run.create(tmp_path, task)
    work(run, run.task(), Watch())
    plan = run.read().plan
    assert plan.chosen == "frozen"
    assert "too few images" in plan.why
    assert run.file("model.keras").is_file()
