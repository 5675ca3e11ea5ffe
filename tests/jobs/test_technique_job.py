"""A training job as a whole: memory that is not enough, own callbacks, advice and curves in the record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from convonet import api
from convonet.errors import InputError, OutOfMemoryError, OutputError
from convonet.events import BatchEnded, Event, TrainingStarted, Warned, Watch
from convonet.jobs import job_for
from convonet.params import DataParams, HyperParams
from convonet.planning import make
from convonet.runs import Run
from convonet.runs.documents import read_result
from convonet.runs.memory import NO_MEMORY, is_memory_error, memory_kills
from convonet.tasks import AugmentTask, FindRateTask
from convonet.training.image_rows import Batch
from convonet.training.torch_step import TorchStep

SMALL: dict[str, Any] = {
    "family": "dense",
    "hidden_units": [8],
    "epochs": 2,
    "batch_size": 256,
    "optimizer": "adam",
}


def _be_greedy(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Let the second batch need more memory than there is, so many times."""
    left, train = times, TorchStep.train
    seen: dict[TorchStep, int] = {}

    def greedy(step: TorchStep, batch: Batch) -> None:
        nonlocal left
        seen[step] = seen.get(step, 0) + 1
        if seen[step] == 2 and left:
            left -= 1
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        train(step, batch)

    monkeypatch.setattr(TorchStep, "train", greedy)


def few(digits: Path, folder: Path) -> Path:
    """Twelve images of each of two digits."""
    for name in ("1", "2"):
        (folder / "few" / name).mkdir(parents=True)
        for file in sorted((digits / "train" / name).iterdir())[:12]:
            shutil.copy(file, folder / "few" / name)
    return folder / "few"


def _told(events: list[Event], subject: str) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned) and event.subject == subject]


def test_memory_that_is_not_enough_halves_the_batch_and_goes_on(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _be_greedy(monkeypatch, 2)
    events: list[Event] = []
    run = api.train(str(digits), SMALL, out=tmp_path, threads=1, listen=events.append)
    record = Run.open(run.path).read()
    assert run.state == "done"
    assert len(run.history["loss"]) == 2
    assert record["params"]["hyper"]["batch_size"] == 64
    log = [json.loads(line) for line in (run.path / "events.jsonl").read_text().splitlines()]
    said = [line["message"] for line in log if line["event"] == "Warned" and line["subject"] == "memory"]
    assert [text.split("; ")[1] for text in said] == ["continuing with 128", "continuing with 64"]
    assert max(event.steps for event in events if isinstance(event, BatchEnded)) > 15
    assert len([event for event in events if isinstance(event, TrainingStarted)]) == 3


def test_a_batch_of_one_image_cannot_be_halved(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _be_greedy(monkeypatch, 9)
    hyper = SMALL | {"batch_size": 1}
    with pytest.raises(OutOfMemoryError, match="Not enough memory"):
        api.train(str(digits), hyper, out=tmp_path, threads=1)


def _plan(photos: Path, tmp_path: Path, backbones: tuple[str, ...], patch: pytest.MonkeyPatch) -> Any:
    """Train by a recipe, as if these backbones were the ones on this machine."""
    patch.setattr(make, "backbones_here", lambda: backbones)
    hyper = {"epochs": 2, "batch_size": 2}
    data = {"train_dir": str(photos), "image_size": 32, "channels": 3}
    return api.train(data, hyper, recipe="auto", out=tmp_path / "runs", name="plan", threads=1)


@pytest.mark.slow
def test_a_plan_goes_on_without_the_networks_that_lack_memory(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _be_greedy(monkeypatch, 99)
    run = _plan(few(digits, tmp_path), tmp_path, ("efficientnet_lite0",), monkeypatch)
    record = Run.open(run.path).read()
    states = {one.name: (one.state, one.reason) for one in record.plan.candidates}
    assert run.state == "done"
    assert states["own"] == states["fine_tuned"] == ("failed", NO_MEMORY)
    assert states["frozen"][0] == "done"
    assert record.published == "frozen"
    assert record.scores.training is not None


@pytest.mark.slow
def test_a_plan_of_which_all_networks_lack_memory(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _be_greedy(monkeypatch, 99)
    with pytest.raises(OutOfMemoryError, match="not enough memory to train any network of the plan"):
        _plan(few(digits, tmp_path), tmp_path, (), monkeypatch)
    assert Run.open(tmp_path / "runs" / "plan").state() == "failed"


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (OSError(12, "Cannot allocate memory"), True),
        (RuntimeError("shapes do not fit"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_a_lack_of_memory_is_known_from_other_faults(error: Exception, is_memory: bool) -> None:
    assert is_memory_error(error) is is_memory


def test_kills_for_memory_are_counted() -> None:
    assert memory_kills() >= 0


def test_mistakes_are_told_and_advice_is_kept(digits: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    hyper = SMALL | {"epochs": 1, "flip_horizontal": True}
    run = api.train(str(digits), hyper, out=tmp_path, threads=1, listen=events.append)
    assert ["mirrored" in text for text in _told(events, "advice")] == [True]
    kept = Run.open(run.path).read()["advice"]
    assert kept[0]["kind"] == "flip_of_signs"
    assert kept[0]["mistake"] is True


def test_a_collapsed_training_is_named_first(digits: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    hyper = {"family": "dense", "hidden_units": [32], "epochs": 4, "init_rate": 20.0, "nan_guard": False}
    run = api.train(str(digits), hyper, out=tmp_path, threads=1, listen=events.append)
    diagnosis = Run.open(run.path).read()["diagnosis"]
    assert [finding["kind"] for finding in diagnosis] == ["collapsed"]
    assert len(_told(events, "collapse")) == 1
    assert "larger network" not in _told(events, "curves")[0]
    events.clear()
    api.train(str(digits), hyper | {"init_rate": 0.02}, out=tmp_path, threads=1, listen=events.append)
    assert _told(events, "collapse") == []


def test_curves_that_show_something_are_read(digits: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    hyper = SMALL | {"epochs": 5, "init_rate": 1e-6}
    run = api.train(str(digits), hyper, out=tmp_path, threads=1, listen=events.append)
    assert [finding["kind"] for finding in Run.open(run.path).read()["diagnosis"]] == ["rate_too_low"]
    assert "10 times larger" in _told(events, "curves")[0]


def test_the_looks_before_a_training(digits: Path, tmp_path: Path) -> None:
    data = DataParams.of({"train_dir": str(digits / "train")})
    hyper = HyperParams.of(SMALL | {"rotation": 20, "batch_size": 32})
    finder = Run.create(tmp_path, FindRateTask(data=data, hyper=hyper, steps=60, threads=1), name="finder")
    job_for(finder.task())(finder, Watch())
    found = read_result(finder)
    assert 1e-4 < found["suggested"] < 1
    assert Path(found["path"]).stat().st_size > 5000
    page = Run.create(tmp_path, AugmentTask(data=data, hyper=hyper, images=3, copies=4), name="page")
    job_for(page.task())(page, Watch())
    expected = {"path": str(page.file("augmented.png")), "images": 3, "copies": 4, "written": 0}
    assert read_result(page) == expected
    assert page.file("augmented.png").stat().st_size > 5000
    plain = Run.create(tmp_path, AugmentTask(data=data, hyper=HyperParams.of(SMALL)), name="plain")
    with pytest.raises(InputError, match="no augmentation"):
        job_for(plain.task())(plain, Watch())


def test_a_target_is_drawn_with_both_axes(digits: Path, tmp_path: Path) -> None:
    hyper = SMALL | {"target": 0.2, "target_metric": "accuracy", "epochs": 9, "batch_size": 32}
    run = api.train(str(digits), hyper, out=tmp_path, threads=1)
    record = Run.open(run.path).read()
    assert "target of 0.2" in record["stopped"]
    assert (run.path / "accuracy_and_loss.png").stat().st_size > 5000
    assert (run.path / "learning_rate.png").stat().st_size > 5000


def test_augmented_copies_are_written_as_class_folders(digits: Path, tmp_path: Path) -> None:
    few = tmp_path / "few"
    for name in ("3", "5"):
        (few / name).mkdir(parents=True)
        for path in sorted((digits / "train" / name).iterdir())[:2]:
            shutil.copy(path, few / name)
    task = AugmentTask(
        data=DataParams.of({"train_dir": str(few)}),
        hyper=HyperParams.of({"rotation": 20, "mixup": 0}),
        copies=3,
        into=str(tmp_path / "copies"),
    )
    run = Run.create(tmp_path, task, name="copies-run")
    job_for(task)(run, Watch())
    assert read_result(run)["written"] == 12
    written = sorted(path.relative_to(tmp_path / "copies") for path in (tmp_path / "copies").rglob("*.png"))
    assert [str(path.parent) for path in written] == ["3"] * 6 + ["5"] * 6
    again = Run.create(tmp_path, task, name="again")
    with pytest.raises(OutputError, match="not empty"):
        job_for(task)(again, Watch())
