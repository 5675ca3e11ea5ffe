"""A drawing of a network from its layer table: maps as slabs, as high as they are and as deep as they are many.

It needs no Graphviz. Layers that change no shape are written onto the one before them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from convonet.documents.network import LayerRow
from convonet.plots.figures import BLUE, GREEN, INK, LIGHT_BLUE, LIGHT_ORANGE, MUTED, ORANGE, new_figure
from convonet.plots.registry import register
from convonet.text import counted

MAX_SLABS = 40
_A_LINE = 10
_KINDS = {
    "convolution": ("Conv2D", "DepthwiseConv2D", "SeparableConv2D"),
    "pooling": ("MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"),
    "dense": ("Dense",),
    "sum": ("Add", "Concatenate", "Multiply"),
}
_COLORS = {
    "convolution": LIGHT_BLUE,
    "pooling": LIGHT_ORANGE,
    "dense": GREEN,
    "sum": ORANGE,
    "network": BLUE,
    "other": "#C9CED6",
}
_WRITTEN_ON = {
    "BatchNormalization": "norm",
    "Dropout": "drop",
    "SpatialDropout2D": "drop",
    "LeakyReLU": "leaky_relu",
    "ReLU": "relu",
    "Softmax": "softmax",
    "Activation": "",
}
_LEFT_OUT = ("InputLayer", "ZeroPadding2D")


class Slab(NamedTuple):
    """One body of the drawing.

    Attributes:
        kind: convolution, pooling, dense, sum, network (a nested one, drawn as one) or other.
        title: what it is, such as `Conv 3×3`.
        shape: of its output: (height, width, maps), or (units,).
        notes: what follows it without a shape of its own, such as `relu` and `norm`.
        params: of it and of what is written onto it.
        layers: how many rows of the table it stands for.
    """

    kind: str
    title: str
    shape: tuple[int, ...]
    notes: tuple[str, ...]
    params: int
    layers: int


def slabs_of(layers: Sequence[LayerRow]) -> list[Slab]:
    """The bodies of a drawing.

    Args:
        layers: the rows of a layer table, in their order. A nested network becomes one body where the whole would be
            more than 40.

    Returns:
        At least one body a kind of row; at most 40, what is in the middle being left out.
    """
    slabs = _merged(layers, fold=False)
    if len(slabs) > MAX_SLABS:
        slabs = _merged(layers, fold=True)
    if len(slabs) > MAX_SLABS:
        half = MAX_SLABS // 2
        middle = slabs[half - 1 : -half]
        params, count = sum(slab.params for slab in middle), sum(slab.layers for slab in middle)
        rest = Slab("other", counted(count, "more layer"), middle[-1].shape, (), params, count)
        slabs = [*slabs[: half - 1], rest, *slabs[-half:]]
    return slabs


def _merged(layers: Sequence[LayerRow], *, fold: bool) -> list[Slab]:
    """One body for each row that changes the shape.

    Args:
        fold: each nested network becomes one body.
    """
    slabs: list[Slab] = []
    before = ""
    for row in layers:
        outer, nested, _ = row.name.partition("/")
        network = outer if fold and nested else ""
        if network and network == before:
            slabs[-1] = _grown(slabs[-1], row)
        elif network:
            slabs.append(_network(network, row))
        elif row.type in _WRITTEN_ON and slabs:
            note = _WRITTEN_ON[row.type] or row.activation
            slabs[-1] = _noted(slabs[-1], note, row.params)
        elif row.type not in _LEFT_OUT:
            slabs.append(_slab(row))
        before = network
    return slabs


def _network(name: str, row: LayerRow) -> Slab:
    """A nested network, by its first row."""
    return Slab("network", name, _shape(row), (), row.params, 1)


def _grown(slab: Slab, row: LayerRow) -> Slab:
    """The body of a nested network with one more of its rows."""
    return slab._replace(shape=_shape(row), params=slab.params + row.params, layers=slab.layers + 1)


def _noted(slab: Slab, note: str | None, params: int) -> Slab:
    """A body with what is written onto it."""
    notes = (*slab.notes, note) if note and note not in slab.notes else slab.notes
    return slab._replace(notes=notes, params=slab.params + params, layers=slab.layers + 1)


def _slab(row: LayerRow) -> Slab:
    kind = next((kind for kind, types in _KINDS.items() if row.type in types), "other")
    notes = (row.activation,) if row.activation and row.activation != "linear" else ()
    return Slab(kind, _title(row), _shape(row), notes, row.params, 1)


def _shape(row: LayerRow) -> tuple[int, ...]:
    return tuple(side or 0 for side in row.output)


def _title(row: LayerRow) -> str:
    name = row.type.replace("2D", "").replace("Pooling", " pool")
    name = {"GlobalAverage pool": "Global average", "GlobalMax pool": "Global max"}.get(name, name)
    if row.kernel is None:
        return name
    text = f"{name} {row.kernel[0]}×{row.kernel[1]}"
    return text if row.stride is None or row.stride == (1, 1) else f"{text} /{row.stride[0]}"


@register("network", "Drawing of the network", "network.png")
def network_figure(layers: Sequence[LayerRow], title: str = "") -> Figure:
    """The drawing, read from left to right and line by line.

    Args:
        layers: as for `slabs_of`.
        title: above it.

    Raises:
        ValueError: no layers.
    """
    slabs = slabs_of(layers)
    if not slabs:
        raise ValueError("layers: expected at least one row.")
    lines = -(-len(slabs) // _A_LINE)
    columns = -(-len(slabs) // lines)
    figure = new_figure(1.25 * columns + 0.6, 2.5 * lines + (0.4 if title else 0.0))
    if title:
        figure.suptitle(title, x=0.02, ha="left", fontsize=12, color=INK)
    largest = max((side for slab in slabs for side in slab.shape[:-1]), default=1)
    for line, ax in enumerate(figure.subplots(lines, 1, squeeze=False).flat):
        part = slabs[line * columns : (line + 1) * columns]
        ax.set_axis_off()
        ax.set_xlim(-0.55, columns - 0.35)
        ax.set_ylim(-1.0, 1.3)
        for place, slab in enumerate(part):
            draw_slab(ax, slab, place, largest)
    return figure


def draw_slab(ax: Axes, slab: Slab, place: float, largest: int) -> None:
    """Draw one body at `place`, with its words below; `largest` is the side of the highest maps."""
    height, width, depth = _size(slab, largest)
    left, bottom = place - (width + depth) / 2, 0.55 - height / 2
    right, top = left + width, bottom + height
    shade = depth * 0.6
    face = _COLORS[slab.kind]
    sides = (
        ([(left, bottom), (right, bottom), (right, top), (left, top)], 1.0),
        ([(left, top), (right, top), (right + depth, top + shade), (left + depth, top + shade)], 0.55),
        (
            [(right, bottom), (right, top), (right + depth, top + shade), (right + depth, bottom + shade)],
            0.75,
        ),
    )
    for corners, alpha in sides:
        # White below the color, since the sides are translucent and the body behind would show through.
        ax.add_patch(Polygon(corners, closed=True, facecolor="white", edgecolor="none"))
        ax.add_patch(Polygon(corners, closed=True, facecolor=face, alpha=alpha, edgecolor=INK, linewidth=0.6))
    for line, text in enumerate(_words(slab)):
        ax.text(place, -0.22 - 0.18 * line, text, ha="center", fontsize=6.5, color=MUTED if line else INK)


def _words(slab: Slab) -> list[str]:
    """What stands below a body, line by line."""
    notes = counted(slab.layers, "layer") if slab.kind == "network" else " ".join(slab.notes)
    params = counted(slab.params, "parameter") if slab.params else ""
    return [word for word in (slab.title, "×".join(map(str, slab.shape)), notes, params) if word]


def _size(slab: Slab, largest: int) -> tuple[float, float, float]:
    """Height, width and depth in the drawing: roots, so that 7×7 maps beside 224×224 ones are still seen."""
    if len(slab.shape) == 1:
        return min(1.0, 0.12 * math.log2(slab.shape[0] + 1)), 0.1, 0.03
    high = 0.1 + 0.75 * math.sqrt(slab.shape[0] / largest)
    return (
        high,
        min(0.4, 0.04 * math.log2(slab.shape[-1] + 1)),
        0.05 + 0.15 * math.sqrt(slab.shape[1] / largest),
    )
