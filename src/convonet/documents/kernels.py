"""What the kernel bench prints: a kernel slid over a picture, and the arithmetic of a stack of layers."""

from __future__ import annotations

from convonet.documents.document import Document

Grid = tuple[tuple[int | float, ...], ...]
"""Rows of numbers."""

Numbers = list[object]
"""Numbers in lists as deep as the array that they come from."""


class StepRow(Document):
    """One position of the window: what lies below it, the products with the kernel, and their sum (`value`)."""

    row: int
    column: int
    window: Numbers
    products: Numbers
    value: float
    text: str


class KernelDocument(Document):
    """What `kernel` prints.

    Attributes:
        rows: the weights.
        input_shape, output_shape: of the picture and of what came out.
        min, max, mean: of what came out.
        steps: of the position that was asked for, one for each channel that the kernel slides over by itself.
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
    """What `arithmetic --example` prints.

    Attributes:
        pooled: the map `pool`, pooled in each way.
        yellow: what the color detector for yellow gives for each color.
    """

    image: Grid
    kernel: Grid
    steps: tuple[StepRow, ...]
    pool: Grid
    pooled: dict[str, Grid]
    yellow: dict[str, float]


class StackRow(Document):
    """What one layer of a stack makes of its input.

    Attributes:
        output: height, width and channels.
        receptive_field, jump: in pixels; None where a value depends on the whole image.
    """

    text: str
    output: tuple[int, ...]
    params: int
    receptive_field: int | None
    jump: int | None
    multiply_adds: int


class StackDocument(Document):
    """What `arithmetic` prints: a row for each layer, and the parameters of all of them."""

    layers: tuple[StackRow, ...]
    params: int
