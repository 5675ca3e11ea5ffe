"""`kernel`, `arithmetic`: the kernel explorer."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image

from convonet.atomic import replacing
from convonet.cli import options as opt
from convonet.cli.given import one_image
from convonet.cli.output import print_json, print_table, say
from convonet.data.decode import read_whole
from convonet.documents.kernels import ExampleDocument, KernelDocument, StackDocument, StackRow, StepRow
from convonet.errors import InputError, OutputError
from convonet.kernels import (
    KernelStep,
    MapSize,
    apply_kernel,
    convolve,
    kernel_of,
    pool,
    steps,
    steps_at,
    through_layers,
)
from convonet.kernels.examples import COLOURS, EDGE_IMAGE, EDGE_KERNEL, POOL_MAP
from convonet.text import counted


class PaddingChoice(StrEnum):
    """Whether zeros are put around the picture."""

    SAME = "same"
    VALID = "valid"


class PoolChoice(StrEnum):
    """Pooling over 2×2."""

    MAX = "max"
    AVERAGE = "average"


class ShowChoice(StrEnum):
    """How a map becomes a picture."""

    CLIP = "clip"
    ABSOLUTE = "absolute"
    MIDDLE = "middle"
    STRETCH = "stretch"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(kernel)
    app.command()(arithmetic)


def kernel(
    image: Annotated[Path, typer.Argument(help="Image file.")],
    kernel: Annotated[
        str,
        typer.Option(
            "--kernel",
            help="A name (edge, blur, sharpen, emboss, vertical_edge, yellow …), rows such as "
            "'-1 0 1 / -1 0 1 / -1 0 1', or color:1,1,-1.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.png", help="The PNG file to write.")],
    stride: Annotated[
        int, typer.Option("--stride", min=1, help="Distance between positions of the kernel, in pixels.")
    ] = 1,
    padding: Annotated[
        PaddingChoice, typer.Option("--padding", help="same adds zeros around the image; valid does not.")
    ] = PaddingChoice.SAME,
    grey: Annotated[bool, typer.Option("--grey", help="Convert the image to grayscale first.")] = False,
    relu: Annotated[bool, typer.Option("--relu", help="Set negative values to 0.")] = False,
    pool: Annotated[
        PoolChoice | None, typer.Option("--pool", help="Then pool over 2×2 values: max or average.")
    ] = None,
    show: Annotated[
        ShowChoice | None,
        typer.Option("--show", help="How values are converted to pixels. The default depends on the kernel."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="ROW,COLUMN", help="Show the calculation of one output value step by step."
        ),
    ] = None,
    json: opt.Json = False,
) -> None:
    """Apply a convolution kernel to an image and save the result."""
    chosen, pixels = kernel_of(kernel), read_whole(one_image(image))
    result = apply_kernel(
        pixels,
        chosen,
        stride=stride,
        padding=padding.value,
        grey=grey,
        relu=relu,
        pooling=pool.value if pool else None,
        show=show.value if show else None,
    )
    document = KernelDocument.of(
        {"kernel": chosen.name, "rows": chosen.rows, "image": str(image), "out": str(out)}
        | {"input_shape": pixels.shape}
        | result.to_dict()
    )
    if at is not None:
        document = document.changed(steps=_steps_at(pixels, chosen, at, stride, padding.value, grey))
    _save(result.picture, out)
    if json:
        print_json(document)
        return
    shape = " × ".join(map(str, document.output_shape))
    say(f"{chosen.about} Output {shape}, values {document.min:g} to {document.max:g}. {out}")
    for step in document.steps:
        say(step.text)


def arithmetic(
    size: Annotated[
        str | None, typer.Argument(metavar="HxWxC", help="The input, such as 28, 28x28 or 32x32x3.")
    ] = None,
    layers: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LAYER",
            help="conv:FILTERS,KERNEL[,sSTRIDE][,same], pool:SIZE, flatten, gap, dense:UNITS.",
        ),
    ] = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example",
            help="Show an example step by step: a 5×5 image and a 3×3 kernel for vertical edges.",
        ),
    ] = False,
    json: opt.Json = False,
) -> None:
    """Calculate output size, parameters and receptive field after each layer of a stack."""
    if example:
        _print_example(json)
        return
    if size is None or not layers:
        raise InputError("Nothing to calculate", expected="a size and layers, or --example")
    rows = tuple(StackRow(**row._asdict()) for row in through_layers(_size(size), layers))
    document = StackDocument(layers=rows, params=sum(row.params for row in rows))
    if json:
        print_json(document)
        return
    columns = ("layer", "output", "parameters", "receptive field", "multiply-adds")
    table = [
        [row.text, " × ".join(map(str, row.output)), row.params, row.receptive_field, row.multiply_adds]
        for row in rows
    ]
    print_table(columns, table)
    say(counted(document.params, "parameter"))


def _print_example(json: bool) -> None:
    detector = kernel_of("yellow").weights
    document = ExampleDocument.of(
        {
            "image": EDGE_IMAGE,
            "kernel": EDGE_KERNEL,
            "steps": [_step_row(step) for step in steps(EDGE_IMAGE, EDGE_KERNEL)],
            "pool": POOL_MAP,
            "pooled": {kind.value: pool(POOL_MAP, 2, kind=kind.value).tolist() for kind in PoolChoice},
            "yellow": {name: convolve([[colour]], detector).item() for name, colour in COLOURS.items()},
        }
    )
    if json:
        print_json(document)
        return
    say(f"Image {_in_rows(EDGE_IMAGE)}; kernel {_in_rows(EDGE_KERNEL)}")
    for step in document.steps:
        say(step.text)
    say(f"\n2×2 pooling of {_in_rows(POOL_MAP)}:")
    for kind, rows in document.pooled.items():
        say(f"{kind} {_in_rows(rows)}")
    say("\nRed plus green minus blue, in floating point (in uint8, yellow would wrap around to 254):")
    say(", ".join(f"{name} {value:g}" for name, value in document.yellow.items()))


def _in_rows(rows: Sequence[Sequence[float]]) -> str:
    return " / ".join(" ".join(f"{value:g}" for value in row) for row in rows)


def _steps_at(pixels: Any, chosen: Any, at: str, stride: int, padding: Any, grey: bool) -> list[StepRow]:
    """The calculation at the requested position, for each channel if the kernel is applied to them separately."""
    try:
        row, column = (int(part) for part in at.split(","))
    except ValueError as error:
        raise InputError("--at needs a position", where="--at", expected="ROW,COLUMN", received=at) from error
    found = steps_at(pixels, chosen, row, column, stride=stride, padding=padding, grey=grey)
    return [_step_row(step) for step in found]


def _step_row(step: KernelStep) -> StepRow:
    return StepRow(
        row=step.row,
        column=step.column,
        window=step.window.tolist(),
        products=step.products.tolist(),
        value=step.value,
        text=step.sentence,
    )


def _size(text: str) -> MapSize:
    parts = text.lower().split("x")
    if not 1 <= len(parts) <= 3 or not all(part.isdecimal() and 0 < int(part) < 10**6 for part in parts):
        raise InputError(
            f'"{text}" is not a size', expected="a size such as 28, 28x28 or 32x32x3", received=text
        )
    sides = [int(part) for part in parts]
    height, width = sides[0], sides[min(1, len(sides) - 1)]
    return MapSize(height, width, sides[2] if len(sides) == 3 else 1)


def _save(picture: Any, out: Path) -> None:
    if out.suffix.lower() != ".png":
        raise OutputError("The name of the output file must end in .png", received=out.name)
    # A picture that was there stays until the new one is whole.
    with replacing(out) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")
