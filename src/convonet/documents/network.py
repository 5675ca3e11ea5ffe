"""The layer table of a network, as `summary` answers it."""

from __future__ import annotations

from convonet.documents.document import Document

Pair = tuple[int, int]


class LayerRow(Document):
    """One layer.

    Attributes:
        name: as in the network; layers of a nested network are written `network/layer`.
        output_shape: the first item, the batch, is None.
        kernel, stride: (height, width) of a convolution or pooling, else None.
        padding: `same`, `valid` or None.
        activation: its name, None where the layer has none.
        receptive_field: side of the part of the image that one output depends on, in pixels; (height, width)
            where they differ; None once there are no positions.
        macs: multiply-adds for one image.
        bytes: memory of the layer's output for one image.
    """

    name: str
    type: str
    output_shape: tuple[int | None, ...]
    params: int
    kernel: Pair | None
    stride: Pair | None
    padding: str | None
    activation: str | None
    receptive_field: int | Pair | None
    macs: int
    bytes: int


class NetworkSummary(Document):
    """The table and its totals; `bytes` is the memory of all parameters, `text` the table for a terminal."""

    sparse = True

    layers: tuple[LayerRow, ...]
    params: int
    trainable: int
    non_trainable: int
    bytes: int
    macs: int
    text: str = ""
