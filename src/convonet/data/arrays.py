"""Images in an .npz file: `x_train`, `y_train`, `x_test`, `y_test` … or `images` and `labels`."""

from __future__ import annotations

import io
import lzma
import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.data.listing import ImageListing
from convonet.data.names import natural_key
from convonet.errors import DataError
from convonet.file_stats import file_stats
from convonet.text import counted
from convonet.text import name as compared

ARRAY_SUFFIX = ".npz"
EXPECTED = "x_train and y_train (also x_val, x_test …), or images and labels"
_PAIRS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "train": (("x_train", "y_train"), ("train_images", "train_labels")),
    "val": (("x_val", "y_val"), ("val_images", "val_labels"), ("x_valid", "y_valid")),
    "test": (("x_test", "y_test"), ("test_images", "test_labels")),
    "all": (("images", "labels"), ("x", "y")),
}

MAX_ROWS = 5_000_000
MAX_TEXT_BYTES = 4096
_UNREADABLE = (
    OSError,
    EOFError,
    LookupError,
    MemoryError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    zlib.error,
)

Split = Literal["train", "val", "test"]


class ArrayPair(NamedTuple):
    """Names of the two arrays of one set."""

    images: str
    labels: str


def array_pair(file: Path, split: Split, *, alone: bool) -> ArrayPair | None:
    """Which arrays of an .npz file are a set, or None.

    Args:
        alone: the file was given for this set, so `images` and `labels` are it.

    Raises:
        DataError: not an .npz file.
    """
    names = _names(file)
    # In a file that stands for all sets, `images` alone would be training, validation and test at once.
    pairs = _PAIRS[split] + (_PAIRS["all"] if alone else ())
    return next((ArrayPair(*pair) for pair in pairs if names.issuperset(pair)), None)


def _names(file: Path) -> set[str]:
    try:
        with zipfile.ZipFile(file) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except _UNREADABLE as error:
        raise DataError("The file is not an .npz file", where=file, expected=EXPECTED) from error


def is_arrays(root: Path) -> bool:
    """Whether a listing's root is an .npz file, not a folder."""
    return root.suffix.lower() == ARRAY_SUFFIX and root.is_file()


def address_of(path: str) -> tuple[str, int]:
    """Array and row of a listing's path: `digits.npz#x_train/17` → `("x_train", 17)`."""
    name, _, row = path.rpartition("#")[2].rpartition("/")
    return name, int(row)


def list_arrays(file: Path, pair: ArrayPair) -> ImageListing:
    """The rows of one set. The labels and the shape of the images are read, not the images.

    Raises:
        DataError: another shape or kind of numbers than N×H×W or N×H×W×C of uint8, and N labels.
    """
    shape, kind = image_shape(file, pair.images)
    if kind != np.uint8 or len(shape) not in (3, 4) or (len(shape) == 4 and shape[3] not in (1, 3, 4)):
        raise DataError(
            f"The array {pair.images} does not hold images",
            where=file,
            expected="N×H×W or N×H×W×C whole numbers 0..255 (uint8), where C is 1, 3 or 4",
            received=f"{'×'.join(map(str, shape))} of {kind}",
        )
    if shape[0] > MAX_ROWS:
        raise DataError(
            f"The array {pair.images} holds too many images",
            where=file,
            expected=f"at most {MAX_ROWS:,}",
            received=f"{shape[0]:,}",
        )
    label_shape, label_kind = image_shape(file, pair.labels)
    if label_shape not in ((shape[0],), (shape[0], 1)) or label_kind.itemsize > MAX_TEXT_BYTES:
        raise DataError(
            f"The array {pair.labels} does not hold one label per image",
            where=file,
            expected=counted(shape[0], "label"),
            received=f"{'×'.join(map(str, label_shape))} of {label_kind}",
        )
    labels = load_array(file, pair.labels)
    classes, indices = _named(file, pair.labels, labels.reshape(-1))
    info = file.stat()
    return ImageListing(
        file,
        classes,
        tuple([f"{file.name}#{pair.images}/{row}" for row in range(shape[0])]),
        indices,
        np.tile(np.array(file_stats(info), np.int64), (shape[0], 1)),
    )


def _named(file: Path, name: str, labels: npt.NDArray[Any]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Class names and places. Numbers are places in `class_names`, where the file has it."""
    if labels.dtype.kind == "U":
        named = [compared(label) for label in labels.tolist()]
        classes = sorted(set(named), key=natural_key)
        label_of = {label: index for index, label in enumerate(classes)}
        return tuple(classes), np.array([label_of[label] for label in named], np.int64)
    if labels.dtype.kind not in "iu":
        raise DataError(
            f"The array {name} does not hold labels",
            where=file,
            expected="whole numbers or names",
            received=str(labels.dtype),
        )
    if "class_names" not in _names(file):
        # Labels of strangers may begin at 1, or have gaps; their order is kept.
        numbers, indices = np.unique(labels, return_inverse=True)
        return tuple(map(str, numbers.tolist())), indices.astype(np.int64)
    names_shape, names_kind = image_shape(file, "class_names")
    if len(names_shape) != 1 or names_shape[0] > MAX_ROWS or names_kind.itemsize > MAX_TEXT_BYTES:
        raise DataError(
            "The array class_names is not a list of names",
            where=file,
            received=f"{'×'.join(map(str, names_shape))} of {names_kind}",
        )
    classes = [compared(text) for text in load_array(file, "class_names").astype(str).tolist()]
    if len(labels) and not 0 <= labels.min() <= labels.max() < len(classes):
        raise DataError(
            f"The array {name} holds labels that have no name",
            where=file,
            expected=f"0 to {len(classes) - 1}, since class_names holds {len(classes)}",
            received=f"{labels.min()} to {labels.max()}",
        )
    return tuple(classes), labels.astype(np.int64)


def image_shape(file: Path, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and kind of number from an array's header; nothing else of it is read.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open(f"{name}.npy") as stream:
            shape, _, kind = _header(stream)
            return shape, kind
    except _UNREADABLE as error:
        raise DataError(f"The array {name} cannot be read: {error}", where=file) from error


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether numbers stand column by column, and kind; the stream then stands before the numbers."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    header: tuple[tuple[int, ...], bool, np.dtype[Any]] = read(stream)
    return header


def load_array(file: Path, name: str) -> npt.NDArray[Any]:
    """One array of an .npz file; objects in it are refused.

    Raises:
        DataError: it cannot be read.
    """
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            array: npt.NDArray[Any] = arrays[name]
            return array
    except _UNREADABLE as error:
        raise DataError(f"The array {name} cannot be read: {error}", where=file) from error


def load_row(file: Path, name: str, row: int) -> npt.NDArray[np.uint8]:
    """One image of an array, without the others in memory; what stands before it is unpacked and passed over.

    Raises:
        DataError: it cannot be read, or there is no such row.
    """
    try:
        with zipfile.ZipFile(file) as archive, archive.open(f"{name}.npy") as stream:
            shape, by_columns, kind = _header(stream)
            size = math.prod(shape[1:])
            if by_columns or kind != np.uint8 or not 0 <= row < shape[0]:
                raise ValueError(f"no image in row {row}")
            stream.seek(row * size, io.SEEK_CUR)
            return np.frombuffer(stream.read(size), np.uint8).reshape(shape[1:])
    except _UNREADABLE as error:
        raise DataError(f"The array {name} cannot be read: {error}", where=file) from error
