"""Checks before training: the layer table, augmented images, learning rates, and kernels applied to an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from convonet.api.execution import answer_of
from convonet.api.html import html_table
from convonet.api.image_inputs import Images, named_images
from convonet.api.inputs import (
    Data,
    Hyper,
    Listener,
    Model,
    PathLike,
    data_of,
    hyper_of,
    model_path,
    optional_path,
)
from convonet.errors import InputError
from convonet.kernels import KernelResult, apply_kernel, kernel_of
from convonet.tasks import SummaryTask
from convonet.tasks.technique_tasks import AugmentTask, FindRateTask
from convonet.text import counted


class LayerTable(dict[str, Any]):
    """The layers of a network: the document that `convonet summary --json` prints. `print` shows the table."""

    @property
    def params(self) -> int:
        """Number of weights."""
        return int(self["params"])

    @property
    def layers(self) -> list[dict[str, Any]]:
        """A row for each layer."""
        return list(self["layers"])

    def __str__(self) -> str:
        return str(self["text"])

    def __repr__(self) -> str:
        return f"<LayerTable: {counted(len(self.layers), 'layer')}, {counted(self.params, 'parameter')}>"

    def _repr_html_(self) -> str:
        """How a notebook shows it."""
        columns = ("name", "type", "output_shape", "params", "receptive_field")
        rows = [{**row, "output_shape": _sides(row["output_shape"])} for row in self.layers]
        return html_table(
            [name.replace("_", " ") for name in columns], [[row[name] for name in columns] for row in rows]
        )


def _sides(shape: Sequence[int | None]) -> str:
    """Such as 8×8×16, without the batch axis."""
    return "×".join(str(side) for side in shape[1:])


def summary(
    model: Model | None = None,
    *,
    data: Data | None = None,
    hyper: Hyper = None,
    out: PathLike | None = None,
) -> LayerTable:
    """Describe the layers of a saved network, or of the one that the parameters describe.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        data: without a model: the images, or `num_classes`, `image_size` and `channels`.
        hyper: without a model: the hyperparameters of the network.
        out: a PNG file for a drawing of the network.

    Raises:
        InputError: both or neither of model and data are given.
    """
    if (model is None) == (data is None):
        raise InputError(
            "Specify either a model or data, not both", expected="summary(model) or summary(data=…, hyper=…)"
        )
    task = SummaryTask(
        model=None if model is None else str(model_path(model)),
        data=None if data is None else data_of(data),
        hyper=None if model is not None else hyper_of(hyper),
        out=optional_path(out),
    )
    return LayerTable(answer_of(task, None))


def augment(
    data: Data,
    hyper: Hyper,
    *,
    images: int = 6,
    copies: int = 7,
    out: PathLike,
    into: PathLike | None = None,
) -> dict[str, Any]:
    """Draw a page of augmented training images.

    Args:
        data: the images, as in `train`.
        hyper: hyperparameters with augmentation, such as `{"rotation": 10}`.
        images: number of images, each shown in a row with its variations.
        copies: number of variations of each image.
        out: the PNG file to write.
        into: a folder to which variations of every training image are written, in one folder per class; None:
            no folder.

    Returns:
        The document that `convonet augment --json` prints.

    Raises:
        InputError: the hyperparameters contain no augmentation.
    """
    task = AugmentTask(
        data=data_of(data),
        hyper=hyper_of(hyper),
        images=images,
        copies=copies,
        out=optional_path(out),
        into=optional_path(into),
    )
    return answer_of(task, None)


def find_rate(
    data: Data,
    hyper: Hyper = None,
    *,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 100,
    out: PathLike | None = None,
    listen: Listener = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Find a good learning rate by increasing it from batch to batch.

    Args:
        data: the images, as in `train`.
        hyper: the network and its optimizer.
        low: the first learning rate, above 0.
        high: the last learning rate, above `low`.
        steps: number of batches, one for each rate, 10 or more.
        out: a PNG file for the curve; None: no file.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The document that `convonet find-rate --json` prints: `rates`, `losses`, `suggested` …

    Raises:
        InputError: the parameters or images cannot be used.
    """
    task = FindRateTask(
        data=data_of(data),
        hyper=hyper_of(hyper),
        low=low,
        high=high,
        steps=steps,
        out=optional_path(out),
    )
    return answer_of(task, listen, progress)


def kernel(
    image: Images,
    kernel: str,
    *,
    stride: int = 1,
    padding: Literal["same", "valid"] = "same",
    grey: bool = False,
    relu: bool = False,
    pool: Literal["max", "average"] | None = None,
) -> KernelResult:
    """Apply a convolution kernel to an image.

    Args:
        image: one image: a path, or an array H×W or H×W×3 of uint8 pixels.
        kernel: a name such as `edge`, `blur` or `sharpen`, or rows such as `-1 0 1 / -1 0 1 / -1 0 1`.
        stride: pixels from one position to the next, 1 or more.
        padding: `same` adds zeros around the image; `valid` does not.
        grey: convert the image to grayscale first.
        relu: set negative values to 0.
        pool: then pool over 2 × 2 values.

    Returns:
        `values`, the feature map, and `picture`, the feature map as uint8 pixels.

    Raises:
        InputError: the kernel does not exist, or `image` is not a single image.
    """
    given = named_images(image)
    if len(given) != 1:
        raise InputError("A kernel is applied to one image at a time", received=counted(len(given), "image"))
    return apply_kernel(
        given[0].whole(),
        kernel_of(kernel),
        stride=stride,
        padding=padding,
        grey=grey,
        relu=relu,
        pooling=pool,
    )
