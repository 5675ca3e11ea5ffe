"""Convolution arithmetic against the published layer tables."""

from __future__ import annotations

import pytest

from convonet.errors import ParamError
from convonet.kernels import MapSize, conv_params, output_side, through_layers

LENET = [
    "conv:6,5",
    "pool:2,average",
    "conv:16,5",
    "pool:2,average",
    "conv:120,5",
    "flatten",
    "dense:84",
    "dense:10",
]
ALEXNET = [
    "conv:96,11,s4",
    "pool:3,s2",
    "conv:256,5,same",
    "pool:3,s2",
    "conv:384,3,same",
    "conv:384,3,same",
    "conv:256,3,same",
    "pool:3,s2",
    "flatten",
    "dense:4096",
    "dense:4096",
    "dense:1000",
]
FLOW = ["conv:32,3", "pool:2", "conv:64,3", "pool:2", "flatten", "dense:128", "dense:10"]
THREE = ["conv:16,3", "pool:2", "conv:32,3", "pool:2", "conv:64,3", "pool:4"]


@pytest.mark.parametrize(
    ("image", "layers", "outputs", "params", "field"),
    [
        (
            MapSize(32, 32, 1),
            LENET,
            [(28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (1, 1, 120)],
            61_706,
            32,
        ),
        (
            MapSize(32, 32, 3),
            FLOW,
            [(30, 30, 32), (15, 15, 32), (13, 13, 64), (6, 6, 64), (1, 1, 2304)],
            315_722,
            10,
        ),
        (
            MapSize(227, 227, 3),
            ALEXNET,
            [(55, 55, 96), (27, 27, 96), (27, 27, 256), (13, 13, 256), (13, 13, 384)],
            62_378_344,
            195,
        ),
    ],
)
def test_published_tables(
    image: MapSize, layers: list[str], outputs: list[tuple[int, int, int]], params: int, field: int
) -> None:
    rows = through_layers(image, layers)
    assert [tuple(row.output) for row in rows[: len(outputs)]] == outputs
    assert sum(row.params for row in rows) == params
    assert [row.receptive_field for row in rows if row.receptive_field is not None][-1] == field


def test_receptive_field_of_three_blocks() -> None:
    assert through_layers(MapSize(80, 60, 1), THREE)[-1].receptive_field == 30


def test_parameters_of_a_filter() -> None:
    assert conv_params((3, 3), 3, 1, bias=False) == 27
    assert conv_params((3, 3), 6, 4) == (3 * 3 * 6 + 1) * 4
    by_flatten = through_layers(MapSize(7, 7, 512), ["flatten", "dense:256"])[-1]
    by_mean = through_layers(MapSize(7, 7, 512), ["gap", "dense:256"])[-1]
    assert (by_flatten.multiply_adds, by_mean.multiply_adds) == (25_088 * 256, 131_072)


def test_multiply_adds_count_each_weight_at_each_place() -> None:
    (row,) = through_layers(MapSize(32, 32, 3), ["conv:32,3"])
    assert row.multiply_adds == 27 * 32 * 30 * 30


@pytest.mark.parametrize(
    ("side", "kernel", "stride", "padding", "expected"),
    [
        (28, 3, 1, "valid", 26),
        (227, 11, 4, "valid", 55),
        (13, 2, 2, "valid", 6),
        (13, 2, 2, "same", 7),
        (5, 3, 2, "same", 3),
    ],
)
def test_output_side(side: int, kernel: int, stride: int, padding: str, expected: int) -> None:
    assert output_side(side, kernel, stride, padding) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (["cnov:3,3"], "Did you mean conv"),
        (["conv:3"], "cannot be read"),
        (["conv:3,3,fast"], "cannot be read"),
        (["conv:0,3"], "cannot be read"),
        (["conv:8,40"], "the side length of the input"),
        (["dense:10"], "flatten"),
        (["flatten", "conv:3,3"], "layer 2"),
    ],
)
def test_wrong_layers_are_named(layers: list[str], said: str) -> None:
    with pytest.raises(ParamError) as caught:
        through_layers(MapSize(28, 28, 1), layers)
    assert said in caught.value.sentence()


def test_a_side_below_one_is_refused() -> None:
    with pytest.raises(ParamError, match=r"side.*stride"):
        output_side(0, 3, 0)
