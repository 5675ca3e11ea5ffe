"""Bases from the command line: listed, refused in words, drawn, trained in two phases, killed in each, resumed."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from convonet.events import BatchEnded, Event, Progressed, StageStarted
from convonet.inference.net_input import NetInput
from convonet.params.bases import BASES
from convonet.runs import Run

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, home_in, start

MOMENTS: dict[str, Callable[[Event], bool]] = {
    "features": lambda event: isinstance(event, Progressed) and event.stage == "features",
    "the first phase": lambda event: isinstance(event, BatchEnded) and event.epoch == 2,
    "between the phases": lambda event: isinstance(event, StageStarted) and event.stage == "fine_tune",
    "the second phase": lambda event: isinstance(event, BatchEnded) and event.epoch == 4,
}


@pytest.fixture(scope="module")
def base_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network for pictures of 8 × 8, to build on."""
    from convonet.nets import create_model
    from convonet.params import HyperParams, PixelParams

    hyper = HyperParams.of({"num_filters": 8, "num_units": 16})
    pixels = PixelParams(8, 8, 1)
    model = create_model(hyper.changed(seed=3), NetInput(pixels, ("a", "b")))
    path = tmp_path_factory.mktemp("base") / "base.keras"
    model.save(path)
    return path


def _arguments(digits: Path, base: Path, parent: Path) -> list[object]:
    settings = {
        "base": base,
        "head": '[{"type": "dense", "units": 16}, {"type": "drop", "rate": 0.3}]',
        "optimizer": "adam",
        "epochs": 2,
        "fine_tune_epochs": 2,
        "release": 2,
        "batch_size": 8,
        "save_best": "val_loss",
    }
    sets = [part for name, value in settings.items() for part in ("--set", f"{name}={value}")]
    folders = ["--train-dir", digits / "train", "--test-dir", digits / "test", "--image-size", 8]
    return ["train", *folders, *sets, "--out", parent, "--name", "run", "--test", "--json"]


def _result(path: Path) -> tuple[str, Any, str]:
    run = Run.open(path)
    scores = run.read()["scores"]["test"]
    return (
        run.file("history.csv").read_text(),
        (scores["accuracy"], scores["loss"]),
        run.file("predictions.csv").read_text(),
    )


@pytest.fixture(scope="module")
def whole(digits: Path, base_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Any, str]:
    """The undisturbed run."""
    parent = tmp_path_factory.mktemp("whole")
    with start(_arguments(digits, base_file, parent), env=home_in(parent)) as process:
        _, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    names = {path.name for path in (parent / "run").iterdir()}
    assert "network.png" in names
    assert not names & {"checkpoint.npz", "checkpoint_2.npz", "features_train.npy", "features_val.npy"}
    return _result(parent / "run")


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_in_a_phase_it_goes_on_with_the_same_numbers(
    digits: Path, base_file: Path, tmp_path: Path, whole: Any, convonet: Convonet, moment: str
) -> None:
    with start(_arguments(digits, base_file, tmp_path), start_new_session=True) as process:
        deadline, offset = time.monotonic() + 240, 0
        seen = False
        while not seen:
            assert time.monotonic() < deadline
            time.sleep(0.005)
            if (tmp_path / "run" / "run.json").exists():
                events, offset = Run.open(tmp_path / "run").events().read(offset)
                seen = any(MOMENTS[moment](stamped.event) for stamped in events)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=240)
    while Run.open(tmp_path / "run").is_locked():
        time.sleep(0.01)
    said = convonet("resume", tmp_path / "run", "--json")
    assert said.code == 0, said.err
    assert said.json()["epochs"] == 4
    assert _result(tmp_path / "run") == whole


def test_every_base_is_listed(convonet: Convonet) -> None:
    document = convonet("models", "--json").json()
    assert [base["name"] for base in document["bases"]] == list(BASES)
    one = convonet("models", "vgg16", "--json").json()
    assert (one["name"], one["licence"] != "") == ("vgg16", True)
    assert "VGG16" in convonet("models", "vgg16").out


def test_absent_weights_are_one_sentence(
    convonet: Convonet, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tiny / "keras"))
    said = convonet(
        "train",
        "--train-dir",
        tiny / "train",
        "--image-size",
        32,
        "--set",
        "base=vgg16",
        "--out",
        tiny / "runs",
    )
    assert said.code == 2
    assert "not on this machine" in said.err
    assert "Set base_weights (Backbone weights) to fetch" in said.err
    assert "Traceback" not in said.err


def test_the_network_is_drawn(convonet: Convonet, tiny: Path) -> None:
    picture = tiny / "network.png"
    said = convonet(
        "summary", "--data", tiny / "data.json", "--hyper", tiny / "hyper.json", "--out", picture, "--json"
    )
    assert said.code == 0, said.err
    assert said.json()["layers"]
    with Image.open(picture) as image:
        assert image.format == "PNG"
