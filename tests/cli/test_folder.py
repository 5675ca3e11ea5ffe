"""A folder of images is all that a command needs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet
from convonet.cli.given import data_params
from convonet.cli.lazy import command as command_of
from convonet.errors import InputError
from convonet.params import DataParams

QUICK = ["--set", "family=logistic", "--set", "epochs=1", "--image-size", "8"]


@pytest.mark.parametrize("name", ["train", "tune", "study", "find-rate", "augment", "suspects"])
def test_a_folder_is_an_argument_of_every_command_that_reads_training_images(name: str) -> None:
    command = command_of(name)
    needed = ["--targets", "0.9"] if name == "study" else []
    with command.make_context(name, ["photos", *needed]) as context:
        assert context.params["folder"] == "photos"
    with command.make_context(name, needed) as context:
        assert context.params["folder"] is None


def test_the_folder_is_the_training_images_or_the_test_images() -> None:
    assert data_params(None, folder="a").train_dir == "a"
    assert data_params(None, folder="a", train_dir="./a").train_dir == "a"
    known = DataParams.of({"train_dir": "t", "image_size": 8})
    tested = data_params(None, known=known, folder="a", folder_is="test_dir")
    assert tested == known.changed(test_dir="a")


@pytest.mark.parametrize("name", ["train_dir", "test_dir"])
def test_two_different_folders_for_one_set_are_refused(name: Any) -> None:
    with pytest.raises(InputError) as caught:
        data_params(None, folder="a", folder_is=name, **{name: "b"})
    sentence = caught.value.sentence()
    assert f"a and --{name.replace('_', '-')} b" in sentence
    assert sentence.startswith("Two folders were given for the ")


def test_training_and_testing_with_nothing_but_folders(convonet: Convonet, tiny: Path) -> None:
    trained = convonet("train", tiny / "train", *QUICK, "--out", tiny / "runs", "--json")
    assert trained.code == 0, trained.err
    run = trained.json()["run"]
    tested = convonet("evaluate", run, tiny / "test", "--json")
    assert (tested.code, tested.json()["images"]) == (0, 12), tested.err
    whole = convonet("evaluate", run, tiny / "train", "--split", "train", "--json")
    assert (whole.code, whole.json()["images"]) == (0, 10), whole.err
    refused = convonet("train", tiny / "train", "--train-dir", tiny / "test", *QUICK)
    assert (refused.code, refused.out) == (2, "")
    assert "Two folders were given" in refused.err
