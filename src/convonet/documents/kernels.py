"""The results of the kernel explorer: a kernel applied to a picture, and the arithmetic of a stack of layers."""

from __future__ import annotations

from convonet.documents.document import Document

Grid = tuple[tuple[int | float, ...], ...]
"""Rows of numbers."""

Numbers = list[object]
"""Numbers in lists as deep as the array that they come from."""


class StepRow(Document):
    """One position of the kernel: the values under it, the products with the kernel, and their sum (`value`)."""

    row: int
    column: int
    window: Numbers
    products: Numbers
    value: float
    text: str


class KernelDocument(Document):
    """The result of `kernel`.

    Attributes:
        rows: the weights.
        input_shape, output_shape: of the image and of the output.
        min, max, mean: of the output.
        steps: the calculation at the requested position, one for each channel that is convolved separately.
    """

    sparse = True

    kernel: str
    rows: Grid
    image: str
    out: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    min: float
    max: float
    mean: float
    steps: tuple[StepRow, ...] = ()


class ExampleDocument(Document):
    """The result of `arithmetic --example`.

    Attributes:
        pooled: the map `pool` after each type of pooling.
        yellow: the output of the yellow detector for each color.
    """

    image: Grid
    kernel: Grid
    steps: tuple[StepRow, ...]
    pool: Grid
    pooled: dict[str, Grid]
    yellow: dict[str, float]


class StackRow(Document):
    """The output of one layer of a stack.

    Attributes:
        output: height, width and channels.
        receptive_field, jump: in pixels; None if a value depends on the whole image.
    """

    text: str
    output: tuple[int, ...]
    params: int
    receptive_field: int | None
    jump: int | None
    multiply_adds: int


class StackDocument(Document):
    """The result of `arithmetic`: a row for each layer, and the parameters of all layers together."""

    layers: tuple[StackRow, ...]
    params: int
