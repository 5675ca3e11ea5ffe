"""A trained model is tested where there are test images; that they do not fit is no fault of the training."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convonet
from convonet.errors import InputError
from convonet.events import Event, Warned
from convonet.runs import Run
from convonet.session.progress import Progress
from convonet.tasks import TrainTask, read_task

HYPER = {"family": "logistic", "epochs": 1, "batch_size": 8}


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A root with two classes, for training and for testing."""
    rng = np.random.default_rng(0)
    root = tmp_path / "photos"
    for part in ("train", "test"):
        for place, name in enumerate(("dark", "light")):
            (root / part / name).mkdir(parents=True)
            for number in range(6):
                values = rng.integers(place * 128, place * 128 + 127, (8, 8), dtype=np.uint8)
                Image.fromarray(values).save(root / part / name / f"{number}.png")
    return root


def _train(photos: Path, heard: list[Event] | None = None, **options: Any) -> tuple[Any, dict[str, Any]]:
    run = convonet.train(
        {"train_dir": str(photos), "image_size": 8},
        HYPER,
        out=photos.parent / "runs",
        threads=1,
        listen=None if heard is None else heard.append,
        **options,
    )
    return run, json.loads((run.path / "run.json").read_text())


def test_a_training_tests_itself(photos: Path) -> None:
    run, record = _train(photos)
    assert run.test is not None
    assert (run.test["images"], record["scores"]["test"]) == (12, run.test)
    assert (run.path / "predictions.csv").is_file()


def test_without_test_images_or_with_test_false_nothing_is_tested(photos: Path) -> None:
    run, record = _train(photos, test=False)
    assert (run.test, record.get("test_skipped")) == (None, None)
    shutil.rmtree(photos / "test")
    heard: list[Event] = []
    run, record = _train(photos, heard, test=True)
    assert (run.state, run.test, record.get("test_skipped")) == ("done", None, None)
    assert not [event for event in heard if isinstance(event, Warned) and event.subject == "test"]


def _other_names(test: Path) -> None:
    (test / "dark").rename(test / "Dark.images")


def _one_class(test: Path) -> None:
    shutil.rmtree(test / "dark")


def _unknown(test: Path) -> None:
    shutil.copytree(test / "dark", test / "zebra")


def _empty(test: Path) -> None:
    shutil.rmtree(test)
    test.mkdir()
    (test / "readme.txt").write_text("later")


def _unreadable(test: Path) -> None:
    for file in (test / "dark").iterdir():
        file.write_bytes(b"no picture")


@pytest.mark.parametrize(
    ("spoil", "word", "options", "python"),
    [
        (_other_names, "Dark.images = dark", ["--accept-class-map"], ", accept_class_map=True)`"),
        (_one_class, "no image of dark", ["--set", "missing_classes=allow"], "'missing_classes': 'allow'"),
        (_unknown, "zebra", [], ")`"),
        (_empty, "No images", [], ")`"),
        (_unreadable, "could be read", [], ")`"),
    ],
)
def test_a_test_set_that_does_not_fit_does_not_stop_the_training(
    photos: Path, spoil: Any, word: str, options: list[str], python: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photos.parent)
    spoil(photos / "test")
    heard: list[Event] = []
    run, record = _train(photos, heard)
    assert (run.state, run.test) == ("done", None)
    warned = [event for event in heard if isinstance(event, Warned) and event.subject == "test"]
    said = [event.message for event in warned]
    assert len(said) == (1 if spoil is _unreadable else 2)
    command = " ".join(["convonet", "evaluate", f"runs/{run.path.name}", *options])
    assert all(text.endswith(command) and word in text for text in said)
    for event in warned:
        assert f"`convonet.evaluate('{run.path}'" in event.python
        assert event.python.endswith(python)
        assert word in event.python
        assert "--" not in event.python
        assert word in event.window
        assert event.window.endswith("the Test page")
        assert not re.search("convonet|--|=allow|accept_class_map", event.window)
    shown = Progress()
    for event in heard:
        shown.take(event)
    assert [text for text in shown.messages if "tested:" in text] == list(
        dict.fromkeys(e.window for e in warned)
    )
    assert record["test_skipped"]["options"] == options


def test_an_accepted_map_is_kept_in_the_run_and_used_later(photos: Path) -> None:
    _other_names(photos / "test")
    run, record = _train(photos, accept_class_map=True)
    assert run.test["images"] == 12
    assert record["params"]["data"]["class_map"] == {"Dark.images": "dark"}
    task = Run.open(run.path).task()
    assert isinstance(task, TrainTask)
    assert task.data.class_map == {"Dark.images": "dark"}
    assert convonet.evaluate(run)["images"] == 12
    assert convonet.verify(run)["equal"]


def test_evaluating_with_an_accepted_map_settles_an_untested_training(photos: Path) -> None:
    _other_names(photos / "test")
    run, _ = _train(photos)
    with pytest.raises(InputError, match="accept_class_map"):
        convonet.evaluate(run)
    assert convonet.evaluate(run, accept_class_map=True)["images"] == 12
    record = Run.open(run.path).read()
    assert record["params"]["data"]["class_map"] == {"Dark.images": "dark"}
    assert record["test_skipped"] is None


def test_a_training_of_0_1_that_was_not_to_be_tested_is_not() -> None:
    old = TrainTask(data=convonet.DataParams.of({"train_dir": "a"}), hyper=convonet.HyperParams()).to_dict()
    del old["accept_class_map"]
    task = read_task(old | {"then_test": False})
    assert isinstance(task, TrainTask)
    assert (task.then_test, task.accept_class_map) == (False, False)
