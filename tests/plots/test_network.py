from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.figure import Figure

from convonet.documents.network import LayerRow
from convonet.plots.network import MAX_SLABS, network_figure, slabs_of

Clipped = Callable[[Figure], list[str]]


def row(kind: str, shape: tuple[int, ...], params: int = 0, **more: Any) -> LayerRow:
    values = {"name": kind.lower(), "type": kind, "output_shape": (None, *shape), "params": params}
    return LayerRow(**(values | more))


def conv(side: int, maps: int, params: int = 10, **more: Any) -> LayerRow:
    return row("Conv2D", (side, side, maps), params, kernel=(3, 3), stride=(1, 1), **more)


SMALL = [
    row("Rescaling", (28, 28, 1)),
    conv(28, 32, 320, activation="linear"),
    row("BatchNormalization", (28, 28, 32), 128),
    row("Activation", (28, 28, 32), activation="relu"),
    row("MaxPooling2D", (14, 14, 32), kernel=(2, 2), stride=(2, 2)),
    row("Dropout", (14, 14, 32)),
    row("Flatten", (6272,)),
    row("Dense", (10,), 62_730, activation="softmax"),
]


def test_rows_without_a_shape_of_their_own_are_written_on_the_one_before() -> None:
    slabs = slabs_of(SMALL)
    assert [(slab.kind, slab.title, slab.notes) for slab in slabs] == [
        ("other", "Rescaling", ()),
        ("convolution", "Conv 3×3", ("norm", "relu")),
        ("pooling", "Max pool 2×2 /2", ("drop",)),
        ("other", "Flatten", ()),
        ("dense", "Dense", ("softmax",)),
    ]
    assert [slab.shape for slab in slabs] == [(28, 28, 1), (28, 28, 32), (14, 14, 32), (6272,), (10,)]
    assert sum(slab.params for slab in slabs) == 320 + 128 + 62_730
    assert sum(slab.layers for slab in slabs) == len(SMALL)


def test_a_large_nested_network_is_one_body() -> None:
    inside = [conv(8, 4, 5, name=f"base/conv_{place}") for place in range(60)]
    last = row("Dense", (3,), 7)
    few = slabs_of([*inside[:10], last])
    assert len(few) == 11
    many = slabs_of([*inside, last])
    assert [(slab.kind, slab.title, slab.params, slab.layers) for slab in many] == [
        ("network", "base", 300, 60),
        ("dense", "Dense", 7, 1),
    ]


def test_a_deep_network_that_is_not_nested_loses_its_middle_in_words() -> None:
    slabs = slabs_of([conv(8, 4, 1) for _ in range(100)])
    assert len(slabs) == MAX_SLABS
    assert sum(slab.layers for slab in slabs) == sum(slab.params for slab in slabs) == 100
    assert "more layers" in slabs[MAX_SLABS // 2 - 1].title


@pytest.mark.parametrize("count", [1, 10, 11, 33])
def test_no_word_leaves_the_page_or_the_place_of_its_body(clipped: Clipped, count: int) -> None:
    figure = network_figure([conv(224, 512, 2_359_808, activation="leaky_relu") for _ in range(count)])
    assert not clipped(figure)
    lines = -(-count // 10)
    assert len(figure.axes) == lines
    assert sum(len(ax.texts) for ax in figure.axes) == 4 * count


def test_nothing_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="at least one"):
        network_figure([])
