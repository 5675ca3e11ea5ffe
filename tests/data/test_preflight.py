"""What a person should know of the images before training: each fault is named, and a sound set is not spoken of."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.data.cache import ImageCache
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.preflight import (
    DataFinding,
    known_images,
    listing_findings,
    own_sentences,
    prepared_findings,
    reduced,
)
from convonet.data.sources import scan
from convonet.data.split import split_rows
from convonet.events import Watch
from convonet.params import DataParams, PixelParams

PIXELS = PixelParams(16, 16, 1)
Damage = Callable[[Path], None]


def _draw(file: Path, seed: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8))
    coarse.resize((16, 16), Image.Resampling.BICUBIC).save(file)


def _sound(folder: Path) -> None:
    """Ten images of two classes for training, three of each for validation and testing; no two are alike."""
    for part, count, start in (("train", 10, 0), ("val", 3, 100), ("test", 3, 200)):
        for kind, name in enumerate(("cat", "dog")):
            for number in range(count):
                _draw(folder / part / name / f"{number}.png", 1000 * kind + start + number)


def _copy(source: str, target: str) -> Damage:
    def damage(folder: Path) -> None:
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / source, folder / target)

    return damage


def _near_copy(folder: Path) -> None:
    pixels = np.asarray(Image.open(folder / "train/cat/1.png")).astype(int)
    Image.fromarray((pixels * 0.97 + 4).astype(np.uint8)).save(folder / "test/cat/near.png")


def _one_set(folder: Path) -> None:
    shutil.rmtree(folder / "test")
    (folder / "test").symlink_to("train")


def _lost_class(folder: Path) -> None:
    (folder / "train/fox").mkdir()
    (folder / "train/fox/1.heic").write_bytes(b"no image type that is read")


def _lost_test_class(folder: Path) -> None:
    (folder / "test/fox").mkdir()
    (folder / "test/fox/1.heic").write_bytes(b"no image type that is read")


def _black(folder: Path) -> None:
    for number in range(3):
        Image.fromarray(np.full((16, 16), number, np.uint8)).save(folder / f"train/cat/black{number}.png")


def _sixteen_bits(folder: Path) -> None:
    Image.fromarray(np.arange(256, dtype=np.uint16).reshape(16, 16)).save(folder / "train/cat/deep.png")


def _letter_case(folder: Path) -> None:
    for part in ("train", "val", "test"):
        _draw(folder / part / "Cat" / "x.png", 7000 + len(part) * 13)


FAULTS: tuple[tuple[str, Damage, str, str], ...] = (
    ("the same file", _copy("train/cat/1.png", "test/cat/9.png"), "leak", "1 test image is identical to"),
    (
        "copy in validation",
        _copy("train/cat/1.png", "val/cat/9.png"),
        "leak",
        "1 validation image is identical",
    ),
    ("near copy", _near_copy, "near_leak", "1 test image looks like a training image"),
    (
        "two labels",
        _copy("train/cat/1.png", "train/dog/9.png"),
        "conflict",
        "1 image (cat/1.png) is in more than one class",
    ),
    ("one folder", _one_set, "one_set", "Training and test images are the same set"),
    ("lost class", _lost_class, "lost", "1 folder has no images that can be read, so it is not a class: fox"),
    (
        "skipped file",
        lambda f: (f / "train/cat/x.txt").touch(),
        "skipped",
        "1 file is skipped: not an image type (1)",
    ),
    (
        "lost test class",
        _lost_test_class,
        "lost",
        "1 folder in the test set has no images that can be read, so it is not a class: fox",
    ),
    (
        "skipped test file",
        lambda f: (f / "test/cat/x.txt").touch(),
        "skipped",
        "1 file in the test set is skipped: not an image type (1)",
    ),
    (
        "black images",
        _black,
        "black",
        "3 images, such as cat/black0.png, look completely black to the network",
    ),
    (
        "16 bits below 256",
        _sixteen_bits,
        "black",
        "1 image (cat/deep.png) looks completely black to the network",
    ),
    ("letter case", _letter_case, "names", "Cat and cat differ only in case"),
)


def _findings(folder: Path) -> list[DataFinding]:
    found = scan(DataParams.of({"train_dir": str(folder)}))
    listings = {"train": found.train, "val": found.val, "test": found.test}
    cache = ImageCache(folder.parent / "cache")
    prepared: dict[str, PreparedSet] = {
        name: prepare(listing, PIXELS, name=name, cache=cache, every_class=False)
        for name, listing in listings.items()
        if listing is not None
    }
    train = prepared.pop("train")
    told = listing_findings({name: listing for name, listing in listings.items() if listing is not None})
    return told + prepared_findings(train, None, prepared, Watch())


def test_a_sound_set_is_not_spoken_of(tmp_path: Path) -> None:
    _sound(tmp_path / "set")
    assert _findings(tmp_path / "set") == []


@pytest.mark.parametrize(("name", "damage", "kind", "words"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_each_fault_is_named(name: str, damage: Damage, kind: str, words: str, tmp_path: Path) -> None:
    _sound(tmp_path / "set")
    damage(tmp_path / "set")
    found = [finding for finding in _findings(tmp_path / "set") if finding.kind == kind]
    assert len(found) == 1
    assert words in found[0].sentence


def test_a_copy_on_both_sides_of_the_held_out_share(tmp_path: Path) -> None:
    _sound(tmp_path / "set")
    for number in range(10):
        shutil.copy(tmp_path / f"set/train/cat/{number}.png", tmp_path / f"set/train/cat/copy{number}.png")
    listing = scan(DataParams.of({"train_dir": str(tmp_path / "set/train")})).train
    train = prepare(listing, PIXELS, cache=ImageCache(tmp_path / "cache"))
    _, held = split_rows(train.labels, 0.3, 0)
    found = prepared_findings(train, held, {}, Watch())
    assert [finding.kind for finding in found] == ["leak"]
    assert "set alike_together (Keep similar images together) to true" in found[0].sentence


@pytest.mark.parametrize(
    ("split", "told"), [("train", "All of these images were used for training"), ("test", None)]
)
def test_images_that_a_model_was_trained_on(split: str, told: str | None, tmp_path: Path) -> None:
    _sound(tmp_path / "set")
    cache = ImageCache(tmp_path / "cache")
    parts = {
        name: prepare(
            scan(DataParams.of({"train_dir": str(tmp_path / "set" / name)})).train, PIXELS, cache=cache
        )
        for name in ("train", "test")
    }
    known = [row.tobytes().hex() for row in parts["train"].hashes]
    found = known_images(parts[split], known)
    assert [told in finding.sentence for finding in found] == ([True] if told else [])


def test_folders_of_the_classes_one_level_deeper(tmp_path: Path) -> None:
    for part in ("a", "b"):
        for kind, name in enumerate(("cat", "dog")):
            _draw(tmp_path / "set" / part / name / "1.png", 10 * kind + ord(part))
    listing = scan(DataParams.of({"train_dir": str(tmp_path / "set")})).train
    assert (
        "a, b contain folders with the same names (cat, dog)"
        in listing_findings({"train": listing})[0].sentence
    )
    prepared = prepare(listing, PIXELS, cache=ImageCache(tmp_path / "cache"))
    assert any("contain folders with the same names" in sentence for sentence in own_sentences(prepared))


@pytest.mark.parametrize(
    "names",
    [
        ("train", "test"),
        ("training_set", "test_set"),
        ("Train", "Valid"),
        ("training data", "testing data"),
        ("trainset", "testset"),
        ("train-images", "val-images"),
    ],
)
def test_folders_of_sets_by_their_usual_names(names: tuple[str, str], tmp_path: Path) -> None:
    for number, part in enumerate(names):
        for kind, name in enumerate(("cat", "dog")):
            _draw(tmp_path / part / name / "1.png", 10 * kind + number)
    found = scan(DataParams.of({"train_dir": str(tmp_path)}))
    assert found.train.classes == ("cat", "dog")
    assert (found.val is None) != (found.test is None)


@pytest.mark.parametrize("shape", [(5, 64, 97, 3), (3, 130, 70, 1)])
def test_images_are_reduced_to_the_means_of_squares(shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    rows = np.array([2, 0])
    side = min(shape[1:3]) // 32
    down, right = shape[1] // side, shape[2] // side
    cut = images[rows, : down * side, : right * side].astype(float)
    means = cut.reshape(2, down, side, right, side, -1).mean(axis=(2, 4))
    np.testing.assert_array_equal(reduced(images, rows), np.floor(means))
