"""What a call of the package refuses: an error that says where and what to do, and nothing left on the disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convonet
from convonet.errors import ConvonetError, InputError, ParamError
from refused import files_in, lay_out

QUICK = {"family": "logistic", "epochs": 1}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with what is refused."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


ARRAYS = np.zeros((4, 8, 8), np.uint8), ["a", "a", "b", "b"]
ONE_CLASS = np.zeros((4, 8, 8), np.uint8), ["a"] * 4

CALLS: dict[str, tuple[Callable[[], Any], str]] = {
    "train, nothing": (lambda: convonet.train(None), "data: expected"),
    "train, no such folder": (lambda: convonet.train("nowhere", QUICK), "nowhere"),
    "train, empty folder": (lambda: convonet.train("empty", QUICK), "empty"),
    "train, a text": (lambda: convonet.train("text.txt", QUICK), "text.txt"),
    "train, a number": (lambda: convonet.train("set", 5), "hyper: expected"),
    "train, wrong value": (lambda: convonet.train("set", {"epochs": 0}), "epochs"),
    "train, wrong recipe": (lambda: convonet.train("set", recipe="quick"), "recipe"),
    "train, wrong name": (lambda: convonet.train("set", QUICK, name="a/b"), "name"),
    "train, out below a file": (lambda: convonet.train("set", QUICK, out="text.txt/runs"), "text.txt"),
    "train, no such start": (lambda: convonet.train("set", from_model="nowhere"), "nowhere"),
    "train, arrays and a wrong size": (lambda: convonet.train(ARRAYS, QUICK, image_size=-5), "image_size"),
    "train, arrays and a wrong name": (lambda: convonet.train(ARRAYS, QUICK, name="a/b"), "name"),
    "train, arrays of one class": (lambda: convonet.train(ONE_CLASS, QUICK), "one class"),
    "tune, empty folder": (lambda: convonet.tune("empty", {"epochs": [1, 2]}), "empty"),
    "tune, wrong value": (lambda: convonet.tune("set", {"epochs": [1]}, folds=0), "folds"),
    "study, empty folder": (lambda: convonet.study("empty", QUICK, [0.9]), "empty"),
    "evaluate, nothing": (lambda: convonet.evaluate(None, "set"), "model: expected"),
    "evaluate, no such model": (lambda: convonet.evaluate("nowhere", "set"), "nowhere"),
    "evaluate, damaged run": (lambda: convonet.evaluate("torn"), "torn"),
    "evaluate, half a run": (lambda: convonet.evaluate("no_record", "set"), "no_record"),
    "predict, no such model": (lambda: convonet.predict("nowhere", "set"), "nowhere"),
    "predict, a text": (lambda: convonet.predict("text.txt", "set"), "text.txt"),
    "predict, half a run": (lambda: convonet.predict("no_record", "set"), "no_record"),
    "explain, no such model": (lambda: convonet.explain("nowhere", "set"), "nowhere"),
    "explain, a number": (lambda: convonet.explain(5, "set"), "model: expected"),
    "layers, no such model": (lambda: convonet.layers("nowhere"), "nowhere"),
    "export, no such model": (lambda: convonet.export("nowhere", out="model.onnx"), "nowhere"),
    "export, half a run": (lambda: convonet.export("no_record", out="model.onnx"), "no_record"),
    "inspect, empty folder": (lambda: convonet.inspect("empty"), "empty"),
    "inspect, no such folder": (lambda: convonet.inspect("nowhere"), "nowhere"),
    "augment, empty folder": (lambda: convonet.augment("empty", {"rotation": 5}, out="a.png"), "empty"),
    "augment, into a set": (
        lambda: convonet.augment("set", {"rotation": 5}, out="a.png", into="set"),
        "not empty",
    ),
    "augment, out below a file": (
        lambda: convonet.augment("set", {"rotation": 5}, out="text.txt/a.png"),
        "text.txt",
    ),
    "find_rate, out below a file": (
        lambda: convonet.find_rate("set", QUICK, out="text.txt/rate.png"),
        "text.txt",
    ),
    "export, out below a file": (lambda: convonet.export("no_record", out="text.txt/m.onnx"), "text.txt"),
    "map, out below a file": (lambda: convonet.image_map("set", out="text.txt/map"), "text.txt"),
    "map, empty folder": (lambda: convonet.image_map("empty", out="map"), "empty"),
    "similar, empty folder": (lambda: convonet.similar("set/dark/0.png", "empty"), "empty"),
    "mark, empty folder": (lambda: convonet.mark("empty"), "empty"),
    "sort, empty folder": (lambda: convonet.sort("empty"), "empty"),
    "suspects, empty folder": (lambda: convonet.suspects("empty", QUICK), "empty"),
    "find_rate, empty folder": (lambda: convonet.find_rate("empty", QUICK, out="rate.png"), "empty"),
    "summary, no such model": (lambda: convonet.summary("nowhere", out="net.png"), "nowhere"),
    "load, half a run": (lambda: convonet.load("no_record"), "no_record"),
    "resume, no such run": (lambda: convonet.resume("nowhere"), "nowhere"),
    "resume, damaged run": (lambda: convonet.resume("torn"), "torn"),
    "resume, nothing": (lambda: convonet.resume(None), "run: expected"),
    "verify, no such run": (lambda: convonet.verify("nowhere"), "nowhere"),
    "report, half a run": (lambda: convonet.report("no_record"), "no_record"),
    "open_run, damaged run": (lambda: convonet.open_run("torn"), "torn"),
    "compare, no such run": (lambda: convonet.compare("nowhere", "torn"), "nowhere"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_refused_call_says_why_and_leaves_nothing(place: Path, name: str) -> None:
    call, words = CALLS[name]
    before = files_in(place)
    with pytest.raises(ConvonetError) as caught:
        call()
    error = caught.value
    assert isinstance(error, InputError), error
    assert words in error.sentence()
    assert "Unexpected error" not in error.sentence()
    assert isinstance(error, ParamError) or error.where or error.expected, "it says neither where nor what"
    assert files_in(place) == before


def test_the_images_of_a_run_that_is_kept_stay(place: Path) -> None:
    before = files_in(place)
    run = convonet.train(ARRAYS, QUICK | {"batch_size": 2}, recipe="none", validation=False, threads=1)
    kept = [path for path in files_in(place) - before if path.endswith(".npz")]
    assert len(kept) == 1
    assert run.path.parent == place / "runs"
    # Refused later, with images that an earlier run needs.
    with pytest.raises(InputError):
        convonet.train(ARRAYS, QUICK, name="a/b")
    assert (place / kept[0]).is_file()
