"""Suspicious labels: found, marked, and what marking them changes."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import convonet
from convonet.errors import Cancelled, ParamError
from convonet.events import Event, Progressed, RunState, Watch
from convonet.jobs.suspects_job import work
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.differences import difference
from convonet.tasks import SuspectsTask

HYPER = {"family": "logistic", "epochs": 6, "batch_size": 32, "init_rate": 0.05}


def flipped_set(source: Path, folder: Path, each: int, share: float) -> dict[str, str]:
    """A copy with some images in other class folders: path → true class of those."""
    rng = np.random.default_rng(0)
    names = sorted(path.name for path in source.iterdir())
    wrong = {}
    for name in names:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in names:
        files = sorted((source / name).iterdir())[:each]
        moved = set(rng.choice(len(files), round(share * len(files)), replace=False).tolist())
        for place, file in enumerate(files):
            home = str(rng.choice([other for other in names if other != name])) if place in moved else name
            target = folder / home / f"{name}_{file.name}"
            shutil.copy(file, target)
            if place in moved:
                wrong[target.relative_to(folder).as_posix()] = name
    return wrong


@pytest.fixture(scope="module")
def digits_flipped(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("flipped") / "train"
    return folder, flipped_set(digits / "train", folder, 60, 0.05)


def found_in_first_tenth(rows: list[dict[str, str]], wrong: dict[str, str]) -> float:
    first = {row["path"] for row in rows[: len(rows) // 10]}
    return len(first & set(wrong)) / len(wrong)


def test_flipped_labels_stand_first_and_the_list_can_be_marked(
    digits_flipped: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, wrong = digits_flipped
    found = convonet.suspects(
        {"train_dir": str(folder), "image_size": 8}, HYPER, folds=2, repeats=2, out=tmp_path, threads=2
    )
    run = Path(found["run"])
    with (run / "suspects.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == found["images"] == 600
    assert [int(row["rank"]) for row in rows] == list(range(1, 601))
    assert found_in_first_tenth(rows, wrong) >= 0.8
    assert found["suspects"][0]["path"] == rows[0]["path"]
    assert 0.7 < found["accuracy"] < 1
    assert (run / "suspects.png").stat().st_size > 5000
    assert list(run.glob("out_of_fold_*")) == []
    convonet.mark(folder, [row["path"] for row in rows[:30]], leave_out=True)
    try:
        assert convonet.inspect(folder).images == 570
    finally:
        (folder / "convonet-marks.json").unlink()


@pytest.mark.slow
def test_a_search_goes_on_where_it_was_stopped(
    digits_flipped: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    data = DataParams.of({"train_dir": str(digits_flipped[0]), "image_size": 8})
    quick = HyperParams.of(HYPER | {"epochs": 1})
    task = SuspectsTask(data=data, hyper=quick, folds=2, repeats=1)
    done: list[int] = []

    def tell(event: Event) -> None:
        if isinstance(event, Progressed) and event.stage == "suspects":
            done.append(event.done)

    run = Run.create(tmp_path, task, name="stopped")
    with pytest.raises(Cancelled):
        work(run, task, Watch(tell, lambda: bool(done)))
    (part,) = run.path.glob("out_of_fold_*.npy")
    before = part.read_bytes()
    whole = Run.create(tmp_path, task, name="whole")
    assert work(run, task, Watch())["suspects"] == work(whole, task, Watch())["suspects"]
    assert before
    assert run.state() is RunState.WAITING


def test_wrong_numbers_are_told_together() -> None:
    with pytest.raises(ParamError) as caught:
        SuspectsTask(data=DataParams(), hyper=HyperParams(), folds=1, repeats=0)
    assert set(caught.value.faults) == {"folds", "repeats"}


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_loop_on_real_digits(real_data: Callable[[str], Path], tmp_path: Path) -> None:
    """5 % of 2,000 labels flipped: found, marked with their true class, trained again: test accuracy rises."""
    source = real_data("mnist_png")
    folder = tmp_path / "train"
    wrong = flipped_set(source / "training", folder, 200, 0.05)
    data = {"train_dir": str(folder), "test_dir": str(source / "testing")}
    hyper = {"family": "convonet", "epochs": 6, "batch_size": 64, "num_filters": 16, "num_units": 64}
    found = convonet.suspects(data, hyper, folds=3, repeats=3, out=tmp_path, threads=1)
    with (Path(found["run"]) / "suspects.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert found_in_first_tenth(rows, wrong) >= 0.8
    # Long enough to learn wrong labels by heart; one seed alone moves by more than they cost.
    long = hyper | {"epochs": 15, "optimizer": "adam", "init_rate": 0.001}

    def accuracy(name: str) -> float:
        runs = [
            convonet.train(
                data,
                long,
                seed=seed,
                validation=False,
                test=True,
                out=tmp_path,
                name=f"{name}{seed}",
                # Threads of several tests side by side wait for each other, ten times as long as they compute.
                threads=1,
            )
            for seed in range(3)
        ]
        return sum(json.loads((run.path / "evaluation.json").read_text())["accuracy"] for run in runs) / len(
            runs
        )

    before = accuracy("before")
    for row in rows[: len(rows) // 10]:
        if row["path"] in wrong:
            convonet.mark(folder, row["path"], label=wrong[row["path"]])
    assert accuracy("after") > before
    changed = difference(Run.open(tmp_path / "before0"), Run.open(tmp_path / "after0"))
    assert changed["images"] == 2000
    assert {mark["path"] for mark in changed["marks"]} <= set(wrong)
