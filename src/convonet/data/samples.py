"""Sample sets written as class folders: digits without a download, four known sets through Keras."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import urllib.error
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from convonet.atomic import storage_error
from convonet.data.pool import Meter
from convonet.data.split import split_rows
from convonet.errors import DataError, InputError, OutputError, nearest
from convonet.events import Watch
from convonet.json_values import JsonObject
from convonet.text import counted

_DIGITS_TEST_SHARE = 0.2
_FASHION = (
    "t-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_CIFAR100 = tuple(
    "apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can "
    "castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin "
    "elephant flatfish forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard "
    "lobster man maple_tree motorcycle mountain mouse mushroom oak_tree orange orchid otter palm_tree pear "
    "pickup_truck pine_tree plain plate poppy porcupine possum rabbit raccoon ray road rocket rose sea seal shark "
    "shrew skunk skyscraper snail snake spider squirrel streetcar sunflower sweet_pepper table tank telephone "
    "television tiger tractor train trout tulip turtle wardrobe whale willow_tree wolf woman worm".split()
)
_DIGIT_NAMES = tuple("0123456789")


class SampleSet(NamedTuple):
    """Images and labels of both parts, in memory."""

    classes: Sequence[str]
    train: tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]
    test: tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]


class WrittenSamples(NamedTuple):
    """Where a sample set was written, with its classes and counts."""

    name: str
    train_dir: Path
    test_dir: Path
    classes: tuple[str, ...]
    train_images: int
    test_images: int

    def to_dict(self) -> JsonObject:
        """As JSON; `train_dir` and `test_dir` are keys of the data parameters."""
        return self._asdict() | {"train_dir": str(self.train_dir), "test_dir": str(self.test_dir)}

    def sentence(self) -> str:
        """One line for a terminal."""
        return (
            f"{self.name}: {self.train_images:,} training and {counted(self.test_images, 'test image')} of "
            f"{counted(len(self.classes), 'class', 'classes')} in {self.train_dir.parent}"
        )


def sample_names() -> tuple[str, ...]:
    """The sets that `write_samples` knows."""
    return tuple(_SETS)


def write_samples(name: str, folder: str | os.PathLike[str], *, watch: Watch | None = None) -> WrittenSamples:
    """Write a sample set as `folder/train/CLASS/*.png` and `folder/test/CLASS/*.png`, whole or not at all.

    Args:
        name: `digits` (8×8, no download), `mnist`, `fashion_mnist`, `cifar10` or `cifar100` (fetched by Keras).
        folder: is made; must be empty if it is there.

    Raises:
        InputError: an unknown name.
        DataError: the set cannot be fetched.
        OutputError: the folder is not empty or cannot be written to.
    """
    if name not in _SETS:
        near = nearest(name, _SETS)
        hint = f"Did you mean {near}?" if near else None
        raise InputError("There is no such sample set", expected=", ".join(_SETS), received=name, hint=hint)
    folder = Path(os.path.abspath(folder))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("The samples need a new or empty folder", where=folder)
    watch = watch or Watch()
    samples = _SETS[name]()
    _write(samples, folder, watch)
    counts = len(samples.train[1]), len(samples.test[1])
    return WrittenSamples(name, folder / "train", folder / "test", tuple(samples.classes), *counts)


def _write(samples: SampleSet, folder: Path, watch: Watch) -> None:
    """Write both parts into a folder beside the wanted one, then rename it."""
    part = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        part.chmod(0o755)
        total = len(samples.train[1]) + len(samples.test[1])
        meter = Meter(watch, "samples", total)
        for done, (path, image) in enumerate(_files(samples), start=1):
            if done % 64 == 0:
                watch.check()
                meter.tell(done)
            file = part / path
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(file)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as error:
        raise storage_error(error, folder) from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)


def _files(samples: SampleSet) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    for part, (images, labels) in (("train", samples.train), ("test", samples.test)):
        width = len(str(len(labels) - 1))
        for row, label in enumerate(labels.tolist()):
            yield f"{part}/{samples.classes[label]}/{row:0{width}}.png", images[row]


def _digits() -> SampleSet:
    """The 1,797 digits that scikit-learn has too (UCI, Alpaydin and Kaynak 1998), 0..16 scaled to 0..255."""
    with np.load(Path(__file__).with_name("digits.npz")) as found:
        images = (found["images"].astype(np.int64) * 255 // 16).astype(np.uint8)
        labels = found["labels"].astype(np.int64)
    train, test = split_rows(labels, _DIGITS_TEST_SHARE, seed=0)
    return SampleSet(_DIGIT_NAMES, (images[train], labels[train]), (images[test], labels[test]))


def _fetched(name: str, classes: Sequence[str]) -> Callable[[], SampleSet]:
    def fetch() -> SampleSet:
        os.environ.setdefault("KERAS_BACKEND", "torch")
        # Only the sets that Keras fetches need it.
        from keras import datasets

        try:
            with contextlib.redirect_stdout(sys.stderr):  # Keras draws its progress where results belong
                parts = getattr(datasets, name).load_data()
        except Exception as error:
            if not isinstance(error.__context__, (urllib.error.URLError, OSError)):
                raise
            raise DataError(
                f"The sample set {name} could not be downloaded",
                reason=str(error.__context__),
                hint="The set is downloaded on first use; `digits` needs no download",
            ) from error
        train, test = ((images, labels.reshape(-1).astype(np.int64)) for images, labels in parts)
        return SampleSet(classes, train, test)

    return fetch


_SETS: Mapping[str, Callable[[], SampleSet]] = {
    "digits": _digits,
    "mnist": _fetched("mnist", _DIGIT_NAMES),
    "fashion_mnist": _fetched("fashion_mnist", _FASHION),
    "cifar10": _fetched("cifar10", _CIFAR10),
    "cifar100": _fetched("cifar100", _CIFAR100),
}
