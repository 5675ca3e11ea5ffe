"""Prepared images for your own code, as arrays, a PyTorch dataset or a Keras dataset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from convonet.api.array_sets import ArrayData, held_as_files
from convonet.api.inputs import Data, Listener, data_of
from convonet.api.progress import following
from convonet.data.data_prep import PreparedSet
from convonet.data.grouping import held_out_rows
from convonet.data.sources import scan
from convonet.jobs.preparing import prepare as decode

if TYPE_CHECKING:
    import keras
    import torch


@dataclass(frozen=True)
class ImageSet:
    """The images of one set, decoded and resized to the same size.

    Attributes:
        images: (N, H, W, C) uint8, read-only if they are mapped from the cache.
        labels: (N,) int64, indices into `classes`.
        classes: class names.
        paths: paths of the files, relative to the set's folder.
    """

    images: NDArray[np.uint8] = field(repr=False)
    labels: NDArray[np.int64] = field(repr=False)
    classes: tuple[str, ...]
    paths: tuple[str, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], int]:
        """An image (H, W, C) uint8 and its label."""
        # A copy, since the images may be mapped read-only and the caller's may be changed.
        return np.array(self.images[index]), int(self.labels[index])

    def to_torch(self, transform: Callable[[Any], Any] | None = None) -> torch.utils.data.Dataset[Any]:
        """The set as a PyTorch `Dataset` of (image, label), for a `DataLoader`.

        Args:
            transform: a function applied to each image, a tensor (C, H, W) float32 in 0..1, as in `torchvision`.
        """
        # Whoever wants arrays waits for neither PyTorch nor Keras.
        from convonet.api.torch_dataset import TorchImages

        return TorchImages(self, transform)

    def to_keras(
        self, batch_size: int = 32, *, shuffle: bool = False, seed: int = 0, **options: Any
    ) -> keras.utils.PyDataset:
        """The set as a Keras `PyDataset` of batches, for `fit`, `evaluate` and `predict`.

        Images are (B, H, W, C) float32 in 0..255 and labels (B,) class indices, as in
        `image_dataset_from_directory`.

        Args:
            batch_size: number of images per batch, 1 or more.
            shuffle: whether to use a different order in each epoch, derived from the seed.
            seed: seed of the order, 0 or more.
            options: options of `keras.utils.PyDataset`, such as `workers`.
        """
        # Whoever wants arrays waits for neither PyTorch nor Keras.
        from convonet.api.keras_dataset import KerasImages

        return KerasImages(self, batch_size, shuffle, seed, **options)


@dataclass(frozen=True)
class PreparedData:
    """All sets of the data parameters.

    Attributes:
        train: the training images.
        val: the validation images, held out from the training images if there is no validation folder; None without
            validation.
        test: the test images; None if there are none.
    """

    train: ImageSet
    val: ImageSet | None
    test: ImageSet | None

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names of the training images, in the order of the labels of all sets."""
        return self.train.classes


def prepare(
    data: Data | ArrayData,
    *,
    validation: bool = True,
    image_size: int | tuple[int, int] | None = None,
    classes: Sequence[str] = (),
    max_value: float | None = None,
    accept_class_map: bool = False,
    listen: Listener = None,
    progress: bool | None = None,
) -> PreparedData:
    """Decode images once and split them as `train` does, for your own training loop.

    With the same data parameters, the sets contain exactly the images that `train` uses.

    Args:
        data: the images, as in `train`.
        validation: whether to use the validation folder or, if there is none, hold out a fraction of the training
            images.
        image_size: size in pixels to which images are resized, one number or (height, width); None: the size
            in `data`.
        classes: class names for numeric labels, in the order of the labels.
        max_value: the value of white in floating-point arrays: 1 for pixels 0..1, 255 for pixels 0..255.
        accept_class_map: if class names of the test or validation images differ from those of the training
            images and each has one likely match, treat the matches as the same classes.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The sets `train`, `val` and `test`, each with `images`, `labels`, `classes` and `paths`.

    Raises:
        InputError: the images cannot be used.
    """
    with (
        held_as_files(data, max_value=max_value, names=classes) as where,
        following(listen, progress) as watch,
    ):
        values = data_of(where)
        values = values if image_size is None else values.changed(image_size=image_size)
        found = scan(values, accept_class_map=accept_class_map, watch=watch)
        if found.test_error is not None:
            raise found.test_error
        listings = {"train": found.train}
        listings |= {"val": found.val} if found.val is not None and validation else {}
        listings |= {"test": found.test} if found.test is not None else {}
        sets = dict(decode(None, values, listings, watch).sets)
        if validation and "val" not in sets:
            kept, held = held_out_rows(sets["train"], values, watch)
            sets |= {"train": sets["train"].select(kept), "val": sets["train"].select(held)}
        views = {name: _view(prepared) for name, prepared in sets.items()}
    return PreparedData(views["train"], views.get("val"), views.get("test"))


def _view(prepared: PreparedSet) -> ImageSet:
    return ImageSet(prepared.images, prepared.labels, prepared.classes, prepared.paths)
