from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from convonet.data import samples
from convonet.data.samples import SampleSet, sample_names, write_samples
from convonet.data.sources import scan
from convonet.errors import Cancelled, InputError, OutputError
from convonet.events import Watch
from convonet.params import DataParams


def test_the_digits_are_scikit_learns_each_once(tmp_path: Path) -> None:
    written = write_samples("digits", tmp_path / "digits")
    sets = scan(DataParams(train_dir=str(tmp_path / "digits"), num_classes=10))
    assert sets.test is not None
    assert (len(sets.train), len(sets.test)) == (written.train_images, written.test_images) == (1438, 359)
    assert min(sets.test.counts().values()) >= 34
    found = {
        (listing.classes[label], np.asarray(Image.open(listing.root / path)).tobytes())
        for listing in (sets.train, sets.test)
        for path, label in zip(listing.paths, listing.labels, strict=True)
    }
    digits = load_digits()
    scaled = (digits.images * 255 // 16).astype(np.uint8)
    assert found == {
        (str(label), image.tobytes()) for label, image in zip(digits.target, scaled, strict=True)
    }
    assert written.to_dict()["train_dir"] == str(tmp_path / "digits" / "train")
    assert "1,438 training and 359 test images of 10 classes" in written.sentence()


def test_an_unknown_name_is_refused_with_the_near_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean cifar10"):
        write_samples("cifar_10", tmp_path / "x")
    assert sample_names() == ("digits", "mnist", "fashion_mnist", "cifar10", "cifar100")


def tiny() -> SampleSet:
    images = np.zeros((70, 4, 4, 3), np.uint8)
    return SampleSet(("no", "yes"), (images, np.arange(70) % 2), (images[:2], np.arange(2)))


@pytest.fixture
def tiny_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "_SETS", {"tiny": tiny})


@pytest.mark.usefixtures("tiny_set")
def test_class_folders_with_names_that_sort(tmp_path: Path) -> None:
    write_samples("tiny", tmp_path / "a" / "set")
    assert sorted(path.name for path in (tmp_path / "a" / "set" / "train" / "yes").iterdir())[:2] == [
        "01.png",
        "03.png",
    ]
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["set"]


@pytest.mark.usefixtures("tiny_set")
def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="new or empty folder"):
        write_samples("tiny", tmp_path)
    with pytest.raises(OutputError):
        write_samples("tiny", tmp_path / "mine.txt" / "below")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.usefixtures("tiny_set")
def test_a_wish_to_stop_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        write_samples("tiny", tmp_path / "set", watch=Watch(None, lambda: True))
    assert list(tmp_path.iterdir()) == []
