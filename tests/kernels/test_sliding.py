"""Convolution and pooling: the worked examples, scipy's numbers, and shapes that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import correlate as nd_correlate
from scipy.signal import correlate

from convonet.errors import ParamError
from convonet.kernels import convolve, pool, same_padding, step_at, steps
from convonet.kernels.examples import COLOURS, EDGE_IMAGE, EDGE_KERNEL, POOL_MAP


def test_the_worked_example_of_the_vertical_edge() -> None:
    assert convolve(EDGE_IMAGE, EDGE_KERNEL).tolist() == [[0, 0, 0], [1, 0, -1], [-1, 1, 1]]


def test_steps_show_window_products_and_sum() -> None:
    found = list(steps(EDGE_IMAGE, EDGE_KERNEL))
    assert [(step.row, step.column) for step in found] == [(r, c) for r in range(3) for c in range(3)]
    assert [step.value for step in found] == [0, 0, 0, 1, 0, -1, -1, 1, 1]
    first = found[0]
    assert first.window.tolist() == [[1, 0, 1], [0, 1, 1], [1, 1, 0]]
    assert first.products.tolist() == [[-1, 0, 1], [0, 0, 1], [-1, 0, 0]]
    assert first.sentence == "row 0, column 0: 1·(-1) + 1·1 + 0·(-1) + 1·1 + 1·(-1) + 0·1 = 0"
    assert step_at(EDGE_IMAGE, EDGE_KERNEL, 1, 2).value == -1


def test_the_worked_example_of_pooling() -> None:
    assert pool(POOL_MAP, 2).tolist() == [[20, 14], [13, 22]]
    assert pool(POOL_MAP, 2, kind="average").tolist() == [[13.75, 10], [7.75, 15.25]]


@pytest.mark.parametrize(
    ("colour", "expected"), [("yellow", 510), ("white", 255), ("pink", 241), ("black", 0), ("blue", -204)]
)
def test_the_detector_of_yellow(colour: str, expected: float) -> None:
    pixel = np.array(COLOURS[colour], np.uint8).reshape(1, 1, 3)
    assert convolve(pixel, np.array([1, 1, -1]).reshape(1, 1, 3)).item() == expected


def test_uint8_would_wrap() -> None:
    red, green, blue = np.array(COLOURS["yellow"], np.uint8)
    with np.errstate(over="ignore"):
        assert red + green - blue == 254


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(3, 3), (2, 5), (1, 1), (4, 4)])
def test_valid_is_scipys(stride: int, kernel: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    image, weights = rng.normal(size=(11, 9, 3)), rng.normal(size=(*kernel, 3))
    expected = correlate(image, weights, mode="valid")[::stride, ::stride, 0]
    np.testing.assert_allclose(convolve(image, weights, stride=stride, bias=0.5), expected + 0.5)


def test_same_is_scipys_where_the_kernel_is_odd() -> None:
    rng = np.random.default_rng(1)
    image, weights = rng.normal(size=(7, 10)), rng.normal(size=(3, 5))
    expected = nd_correlate(image, weights, mode="constant")
    np.testing.assert_allclose(convolve(image, weights, padding="same"), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("side", "kernel", "stride"), [(28, 3, 1), (28, 3, 2), (7, 4, 3), (5, 2, 1), (6, 1, 4)]
)
def test_same_gives_the_side_by_the_stride_rounded_up(side: int, kernel: int, stride: int) -> None:
    made = convolve(np.ones((side, side)), np.ones((kernel, kernel)), stride=stride, padding="same")
    assert made.shape == (-(-side // stride),) * 2
    before, behind = same_padding(side, kernel, stride)
    assert 0 <= behind - before <= 1


def test_four_filters_over_six_channels_give_four_maps() -> None:
    rng = np.random.default_rng(2)
    image, weights = rng.normal(size=(8, 8, 6)), rng.normal(size=(3, 3, 6, 4))
    maps = convolve(image, weights)
    assert maps.shape == (6, 6, 4)
    np.testing.assert_allclose(maps[..., 2], correlate(image, weights[..., 2], mode="valid")[..., 0])


def test_pooling_drops_what_is_left_over_and_pools_channels_apart() -> None:
    image = np.arange(5 * 7 * 2).reshape(5, 7, 2)
    assert pool(image, 2).shape == (2, 3, 2)
    assert pool(image, 3, stride=2).shape == (2, 3, 2)
    assert pool(image, 2)[0, 0].tolist() == [image[:2, :2, 0].max(), image[:2, :2, 1].max()]


@pytest.mark.parametrize(
    ("image", "weights"),
    [
        (np.ones((2, 2)), np.ones((3, 3))),
        (np.ones((5, 5, 3)), np.ones((3, 3))),
        (np.ones(5), np.ones((3, 3))),
        (np.ones((5, 5)), np.ones(3)),
        (np.ones((0, 5)), np.ones((3, 3))),
    ],
)
def test_what_does_not_fit_is_refused(image: np.ndarray, weights: np.ndarray) -> None:
    with pytest.raises(ParamError):
        convolve(image, weights)


def test_a_place_outside_is_refused() -> None:
    with pytest.raises(ParamError, match="rows 0 to 2"):
        step_at(EDGE_IMAGE, EDGE_KERNEL, 3, 0)
