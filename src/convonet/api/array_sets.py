"""Images in memory (arrays, PyTorch datasets and Keras PyDatasets), saved as files in a known format.

A run can be resumed, verified and reported only if its images can be read again, so they are written once, beside the
runs, under a name that follows from their content.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.api.image_inputs import named_images
from convonet.api.inputs import Data, data_of
from convonet.api.new_files import NewFiles
from convonet.atomic import replacing, storage_error
from convonet.data.pixels import Pixels
from convonet.errors import DataError, InputError
from convonet.params import DataParams
from convonet.scratch import Scratch
from convonet.text import absolute, counted, file_names

ArrayData: TypeAlias = Any
"""`(X, y)`, a PyTorch `Dataset` of (image, label), or a Keras `PyDataset` of batches."""

_EXPECTED = "a path, data parameters, arrays (X, y), a PyTorch Dataset or a Keras PyDataset"


class LabelledImages(NamedTuple):
    """Images (H, W) or (H, W, C) uint8 with their class names."""

    images: list[Pixels]
    labels: list[str]


def is_array_data(data: object) -> bool:
    """Whether `data` contains the images themselves rather than their location."""
    if isinstance(data, (str, DataParams, Mapping)) or hasattr(data, "__fspath__"):
        return False
    return isinstance(data, tuple) or (hasattr(data, "__getitem__") and hasattr(data, "__len__"))


def kept_as_files(
    data: Data | ArrayData,
    test_data: ArrayData | None,
    files: NewFiles,
    *,
    max_value: float | None,
    names: Sequence[str],
) -> DataParams:
    """The data parameters. Images in memory are written to `files`, only once for the same content.

    Raises:
        DataError: these are not images with one label each.
    """
    if not is_array_data(data):
        if test_data is not None:
            raise InputError(
                "Test images can only be arrays if the training images are arrays",
                hint="Give test_dir in the data parameters instead",
            )
        return data_of(data)
    sets = {"train": labelled(data, max_value, names)}
    if test_data is not None:
        sets["test"] = labelled(test_data, max_value, names)
    return DataParams.of({"train_dir": absolute(_written(sets, files))})


@contextmanager
def held_as_files(
    data: Data | ArrayData | None, *, max_value: float | None, names: Sequence[str]
) -> Iterator[Any]:
    """The data; within the block, images in memory are a folder or file."""
    if data is None or not is_array_data(data):
        yield data
        return
    with Scratch() as folder:
        written = _written({"all": labelled(data, max_value, names)}, NewFiles(folder))
        yield str(written / "all" if written.is_dir() else written)


def labelled(data: ArrayData, max_value: float | None, names: Sequence[str]) -> LabelledImages:
    """Every image with the name of its class.

    Args:
        data: `ArrayData`.
        max_value: the value of white in floating-point pixels.
        names: class names for numeric labels, in the order of the labels.

    Raises:
        DataError: these are not images with one label each.
    """
    found = LabelledImages([], [])
    # Datasets of torchvision carry the names of their classes.
    known = list(names or getattr(data, "classes", ()))
    for images, labels in _parts(data):
        pixels = [image.whole() for image in named_images(images, max_value=max_value)]
        values = _label_values(labels)
        if len(pixels) != len(values):
            raise DataError(
                "The images and labels do not match",
                expected="one label for each image",
                received=f"{counted(len(pixels), 'image')} and {counted(len(values), 'label')}",
            )
        found.images.extend(pixels)
        found.labels.extend(values)
    if not found.images:
        raise DataError("No images were given", expected=_EXPECTED)
    return LabelledImages(found.images, _named(found.labels, known))


def _parts(data: ArrayData) -> Iterator[tuple[Any, Any]]:
    """Images with their labels, in batches of the size that the object returns."""
    if isinstance(data, tuple):
        if len(data) != 2:
            raise DataError(
                "The data is not a pair of arrays", expected="(X, y)", received=counted(len(data), "value")
            )
        yield data[0], data[1]
        return
    for index in range(len(data)):
        item = data[index]
        if not isinstance(item, (tuple, list)) or len(item) < 2:
            raise DataError(
                "The dataset does not return images with labels",
                where=f"item {index}",
                expected="(image, label), or a batch of both",
                received=type(item).__name__,
            )
        yield item[0], item[1]


def _label_values(labels: Any) -> list[Any]:
    """Names or integers; for one-hot rows, the index of the one."""
    # A tensor of torch, asked for without loading torch.
    array = np.asarray(labels.detach().cpu() if hasattr(labels, "detach") else labels)
    if array.ndim == 2 and array.shape[1] > 1:
        array = array.argmax(axis=1)
    array = array.reshape(-1)
    # Labels read from a CSV file are often 0.0 and 1.0.
    if array.dtype.kind == "f" and np.all(array == np.rint(array)):
        array = array.astype(np.int64)
    if array.dtype.kind not in "iubUO":
        raise DataError("These are not labels", expected="whole numbers or names", received=str(array.dtype))
    return [value if isinstance(value, str) else int(value) for value in array.tolist()]


def _named(values: Sequence[Any], names: Sequence[str]) -> list[str]:
    """Labels as class names. A number that is itself a class name stands for that class, otherwise for an index."""
    texts = [str(value) for value in values]
    # Digits are both: the class 7 of digits is called 7.
    if not names or set(texts) <= set(names) or any(isinstance(value, str) for value in values):
        return texts
    low, high = min(values), max(values)
    if low < 0 or high >= len(names):
        raise DataError(
            "The labels hold numbers that have no class name",
            expected=f"0 to {len(names) - 1}, since there are {counted(len(names), 'class', 'classes')}",
            received=f"{low} to {high}",
        )
    return [str(names[value]) for value in values]


def _written(sets: Mapping[str, LabelledImages], files: NewFiles) -> Path:
    """An `.npz` file if all images have the same shape, otherwise class folders of PNG files; named by the content."""
    stem = f"arrays-{_digest(sets)}"
    same_shape = len({image.shape for found in sets.values() for image in found.images}) <= 1
    name = f"{stem}.npz" if same_shape else stem
    path = files.new(name)
    # The name is a hash of the content, so what is there is the right one.
    if path is None:
        return files.folder / name
    (_write_arrays if same_shape else _write_folders)(sets, path)
    return path


def _write_arrays(sets: Mapping[str, LabelledImages], file: Path) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for split, found in sets.items():
        ending = "" if split == "all" else f"_{split}"
        arrays |= {f"x{ending}": np.stack(found.images), f"y{ending}": np.array(found.labels)}
    with replacing(file) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)  # type: ignore[arg-type]  # numpy declares its own flag among the names


def _write_folders(sets: Mapping[str, LabelledImages], root: Path) -> None:
    # Written beside and renamed, so that a folder of that name is always whole.
    part = root.with_name(f".{root.name}-{os.getpid()}")
    try:
        for split, found in sets.items():
            names = file_names(sorted(set(found.labels)))
            for index, (pixels, label) in enumerate(zip(found.images, found.labels, strict=True)):
                folder = part / split / names[label]
                folder.mkdir(parents=True, exist_ok=True)
                # Pillow takes grayscale pixels only without an axis of channels.
                plain = pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels
                Image.fromarray(plain).save(folder / f"{index:06d}.png")
        part.rename(root)
    except OSError as error:
        raise storage_error(error, root) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _digest(sets: Mapping[str, LabelledImages]) -> str:
    content = hashlib.sha256()
    for split, found in sets.items():
        # Zero bytes keep the parts apart, so that other names cannot add up to the same text.
        content.update(f"{split}\0{len(found.images)}\0".encode())
        for image, label in zip(found.images, found.labels, strict=True):
            # The shape too: the same bytes may be images of 2×8 or 4×4 pixels.
            content.update(f"{image.shape}\0{label}\0".encode())
            content.update(image.tobytes())
    return content.hexdigest()[:12]
