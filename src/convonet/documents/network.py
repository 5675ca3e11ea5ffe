"""The layer table of a network, as `summary` prints it."""

from __future__ import annotations

from convonet.documents.document import Document

Sides = tuple[int, int]
"""Height and width."""

_HEAD = (
    "layer",
    "type",
    "output",
    "parameters",
    "kernel",
    "stride",
    "padding",
    "activation",
    "field",
    "multiply-adds",
)
_NUMBERS = (3, 8, 9)


class LayerRow(Document):
    """One layer.

    Attributes:
        name: as in the network; layers of a nested network are written `network/layer`.
        output_shape: the first item, the batch, is None.
        kernel, stride: of a convolution or pooling, otherwise None.
        padding: `same`, `valid` or None.
        activation: its name, None if the layer has none.
        receptive_field: side of the part of the image that one output depends on, in pixels; (height, width) if
            they differ; None from the first layer that discards positions, such as flatten, onward.
        macs: multiply-adds for one image.
        bytes: memory of the layer's output for one image.
    """

    name: str
    type: str
    output_shape: tuple[int | None, ...]
    params: int
    kernel: Sides | None = None
    stride: Sides | None = None
    padding: str | None = None
    activation: str | None = None
    receptive_field: int | Sides | None = None
    macs: int = 0
    bytes: int = 0

    @property
    def output(self) -> tuple[int | None, ...]:
        """The shape of the output for one image."""
        return self.output_shape[1:]


class NetworkSummary(Document):
    """The table and its totals; `bytes` is the memory of all parameters."""

    layers: tuple[LayerRow, ...]
    params: int
    trainable: int
    non_trainable: int
    bytes: int
    macs: int

    def as_text(self) -> str:
        """The table as plain text, one line per layer, ending with a newline."""
        lines = [_HEAD, *(_cells(row) for row in self.layers)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(_HEAD))]
        table = [
            "  ".join(
                cell.rjust(width) if i in _NUMBERS else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        table.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
        totals = (
            f"parameters {self.params:,} (trainable {self.trainable:,}, non-trainable {self.non_trainable:,})"
            f", {self.bytes / 2**20:.2f} MiB; {self.macs:,} multiply-adds per image"
        )
        return "\n".join([*table, "", totals]) + "\n"


class SummaryDocument(NetworkSummary):
    """The result of `summary`: the table, and the same table as plain text."""

    text: str

    def table(self) -> NetworkSummary:
        """The table alone."""
        return NetworkSummary.of({key: value for key, value in self.to_dict().items() if key != "text"})


def _cells(row: LayerRow) -> tuple[str, ...]:
    return (
        row.name,
        row.type,
        "×".join(str(side) for side in row.output),
        f"{row.params:,}",
        _sides(row.kernel),
        _sides(row.stride),
        row.padding or "",
        row.activation or "",
        _sides(row.receptive_field),
        f"{row.macs:,}" if row.macs else "",
    )


def _sides(value: int | Sides | None) -> str:
    if isinstance(value, tuple):
        return f"{value[0]}×{value[1]}"
    return "" if value is None else str(value)
