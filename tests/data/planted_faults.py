"""A set with planted faults, made from real photographs, and how well each check finds them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from convonet.data.inspection import Inspection

BORDERED = "truck"


class PatternMatches(NamedTuple):
    """How well one check did."""

    check: str
    planted: int
    found: int
    recall: float
    precision: float


@dataclass
class Planted:
    """What was planted: pairs of paths, or single paths, relative to the set's root."""

    exact: set[frozenset[str]] = field(default_factory=set)
    near: set[frozenset[str]] = field(default_factory=set)
    leaks: set[str] = field(default_factory=set)
    conflicts: set[frozenset[str]] = field(default_factory=set)
    blurred: set[str] = field(default_factory=set)
    dark: set[str] = field(default_factory=set)


def plant(source: Path, folder: Path) -> Planted:
    """Copy train and test to `folder` and plant faults in the training images.

    300 exact and 300 near copies, 50 leaks, 20 conflicts, 30 blurred and 30 black images, and a white border around
    every image of one class.
    """
    shutil.copytree(source, folder)
    train, test, rng = folder / "train", folder / "test", np.random.default_rng(0)
    for path in sorted((train / BORDERED).iterdir()):
        with Image.open(path) as image:
            framed = ImageOps.expand(image.convert("RGB").crop((2, 2, 30, 30)), 2, "white")
        framed.save(path, quality=95)
    files = sorted(path.relative_to(train).as_posix() for path in train.rglob("*.jpg"))
    chosen = iter(rng.permutation(files).tolist())
    classes = sorted(path.name for path in train.iterdir())
    planted = Planted()
    for number in range(30):
        planted.blurred.add(_changed(train / (path := next(chosen)), "blur") and path)
        planted.dark.add(_changed(train / (path := next(chosen)), "black", number) and path)
    for number in range(300):
        path = next(chosen)
        planted.exact.add(_copied(train, path, f"{Path(path).parent}/exact_{number}.jpg"))
        path = next(chosen)
        planted.near.add(_near(train, path, number))
    for number in range(50):
        path = next(chosen)
        shutil.copy(train / path, test / Path(path).parent / f"leak_{number}.jpg")
        planted.leaks.add(f"{Path(path).parent}/leak_{number}.jpg")
    for number in range(20):
        path = next(chosen)
        other = classes[(classes.index(Path(path).parent.name) + 1 + number % 8) % len(classes)]
        planted.conflicts.add(_copied(train, path, f"{other}/conflict_{number}.jpg"))
    return planted


def _copied(root: Path, path: str, target: str) -> frozenset[str]:
    shutil.copy(root / path, root / target)
    return frozenset((path, target))


def _near(root: Path, path: str, number: int) -> frozenset[str]:
    """The same picture encoded again, in another size, or a little brighter."""
    target = f"{Path(path).parent}/near_{number}"
    with Image.open(root / path) as opened:
        image = opened.convert("RGB")
    if number % 3 == 0:
        target += ".jpg"
        image.save(root / target, quality=60)
    elif number % 3 == 1:
        target += ".png"
        image.resize((48, 48), Image.Resampling.BICUBIC).save(root / target)
    else:
        target += ".png"
        image.point(lambda value: min(255, int(1.06 * value + 3))).save(root / target)
    return frozenset((path, target))


def _changed(path: Path, how: str, number: int = 0) -> bool:
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    if how == "blur":
        image = image.filter(ImageFilter.GaussianBlur(2.5))
    else:
        noise = np.random.default_rng(number).integers(0, 12, (32, 32, 3), dtype=np.uint8)
        image = Image.fromarray(noise)
    image.save(path, quality=95)
    return True


def table(planted: Planted, found: Inspection, clean: Inspection) -> list[PatternMatches]:
    """Recall and precision of every check; what the clean set has already is neither planted nor wrong."""
    assert found.test is not None
    exact = planted.exact | planted.conflicts
    leaks = {leak.test for leak in found.leaks} - {leak.test for leak in clean.leaks}
    quality, before = found.quality, clean.quality
    return [
        _scored("exact duplicates", exact, _pairs(found.exact_duplicates) - _pairs(clean.exact_duplicates)),
        _scored(
            "near copies", planted.near, _pairs(quality.near_duplicates) - _pairs(before.near_duplicates)
        ),
        _scored("leaks", planted.leaks, leaks),
        _scored("conflicts", planted.conflicts, _pairs(found.conflicts) - _pairs(clean.conflicts)),
        _scored("blurred", planted.blurred, set(quality.blurred) - set(before.blurred)),
        _scored("dark", planted.dark, set(quality.dark) - set(before.dark)),
    ]


def _pairs(groups: Iterable[Sequence[str]]) -> set[frozenset[str]]:
    """A group as its first image with each other one."""
    return {
        frozenset((one, other))
        for group in groups
        for place, one in enumerate(group)
        for other in group[place + 1 :]
    }


def _scored(check: str, planted: set[object] | set[str] | set[frozenset[str]], found: set) -> PatternMatches:  # type: ignore[type-arg]
    hits = len(set(planted) & found)
    return PatternMatches(check, len(planted), len(found), hits / len(planted), hits / max(len(found), 1))
