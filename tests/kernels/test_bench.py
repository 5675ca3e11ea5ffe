"""Named kernels on pictures."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import convolve as nd_convolve

from convonet.errors import DataError, ParamError
from convonet.kernels import KERNELS, apply_kernel, kernel_of, shown_as_picture
from convonet.kernels.examples import COLOURS

PICTURE = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", KERNELS)
def test_every_kernel_is_finite_and_keeps_the_size(name: str) -> None:
    kernel = kernel_of(name)
    assert kernel is KERNELS[name]
    assert kernel.about.endswith(".")
    result = apply_kernel(PICTURE, kernel)
    assert result.values.shape == (PICTURE.shape[:2] if kernel.detector else PICTURE.shape)
    assert result.picture.dtype == np.uint8
    if not kernel.detector:
        expected = nd_convolve(PICTURE[..., 1].astype(float), kernel.weights[::-1, ::-1], mode="constant")
        np.testing.assert_allclose(result.values[..., 1], expected, atol=1e-9)


@pytest.mark.parametrize("name", ["blur", "box_blur_5", "gaussian_blur", "sharpen", "emboss", "identity"])
def test_kernels_that_keep_the_brightness(name: str) -> None:
    even = np.full((9, 9), 100, np.uint8)
    assert apply_kernel(even, kernel_of(name), padding="valid").values == pytest.approx(100)


@pytest.mark.parametrize(
    "name", ["edge", "laplacian", "vertical_edge", "horizontal_edge", "sobel_x", "sobel_y"]
)
def test_edges_are_nothing_on_even_ground(name: str) -> None:
    even = np.full((9, 9), 100, np.uint8)
    assert not apply_kernel(even, kernel_of(name), padding="valid").values.any()


def test_yellow_is_the_brightest_of_the_colours() -> None:
    row = np.array([list(COLOURS.values())], np.uint8)
    result = apply_kernel(row, kernel_of("yellow"))
    assert result.values[0].tolist() == [510, 255, 241, 0, -204]
    assert result.picture[0].tolist() == [255, 128, 120, 0, 0]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("-1 0 1 / -1 0 1 / -1 0 1", ((-1, 0, 1),) * 3),
        ("1,2;3,4", ((1, 2), (3, 4))),
        ("1/9 1/9\n1/9 1/9", ((1 / 9, 1 / 9),) * 2),
        ("color:1,1,-1", ((1, 1, -1),)),
    ],
)
def test_own_rows(text: str, rows: tuple[tuple[float, ...], ...]) -> None:
    assert kernel_of(text).rows == rows


def test_own_rows_that_sum_to_nothing_are_shown_without_their_sign() -> None:
    assert kernel_of("-1 1").show == "absolute"
    assert kernel_of("1 1").show == "clip"
    assert kernel_of("vertical-edge").name == "vertical_edge"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("egde", "edge"),
        ("1 2 / 3", "different lengths"),
        ("1 x", "cannot be read"),
        ("1/0", "cannot be read"),
        ("1e999", "cannot be read"),
        ("color:1,1", "three weights"),
        ("", "no such kernel"),
    ],
)
def test_kernels_that_cannot_be(text: str, said: str) -> None:
    with pytest.raises(ParamError) as caught:
        kernel_of(text)
    assert said in caught.value.sentence()


def test_grey_relu_and_pooling() -> None:
    grey = apply_kernel(PICTURE, kernel_of("identity"), grey=True)
    np.testing.assert_allclose(grey.values, PICTURE @ np.array([0.299, 0.587, 0.114]))
    above = apply_kernel(PICTURE, kernel_of("edge"), relu=True, pooling="max")
    assert above.values.shape == (6, 8, 3)
    assert above.values.min() >= 0
    assert above.to_dict()["output_shape"] == [6, 8, 3]


def test_a_detector_needs_colour() -> None:
    with pytest.raises(DataError, match="color image"):
        apply_kernel(PICTURE[..., 0], kernel_of("yellow"))


def test_ways_of_showing() -> None:
    values = np.array([[-300.0, -10.0, 0.0, 100.4, 400.0]])
    assert shown_as_picture(values, "clip").tolist() == [[0, 0, 0, 100, 255]]
    assert shown_as_picture(values, "absolute").tolist() == [[255, 10, 0, 100, 255]]
    assert shown_as_picture(values, "middle").tolist() == [[0, 118, 128, 228, 255]]
    assert shown_as_picture(values, "stretch").tolist() == [[0, 0, 0, 64, 255]]
