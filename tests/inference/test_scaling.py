"""One factor and one offset a channel, whatever the scaling is called."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.errors import ParamError
from convonet.inference.scaling import IMAGENET_DEVIATION, IMAGENET_MEAN, scale_of, scaled

PIXELS = np.array([0, 128, 255], np.uint8).reshape(1, 1, 1, 3)


def test_none_leaves_pixels_alone() -> None:
    assert scale_of("none", 3) is None
    assert scaled(PIXELS, None).ravel().tolist() == [0, 128, 255]


def test_unit_and_symmetric() -> None:
    np.testing.assert_allclose(scaled(PIXELS, scale_of("unit", 3)).ravel(), [0, 128 / 255, 1], atol=1e-7)
    np.testing.assert_allclose(
        scaled(PIXELS, scale_of("symmetric", 3)).ravel(), [-1, 128 / 127.5 - 1, 1], atol=1e-6
    )


def test_imagenet_is_the_published_mean_and_deviation() -> None:
    expected = (PIXELS / 255 - IMAGENET_MEAN) / IMAGENET_DEVIATION
    np.testing.assert_allclose(scaled(PIXELS, scale_of("imagenet", 3)), expected, atol=1e-5)


def test_grey_takes_the_mean_of_imagenets_channels() -> None:
    scale = scale_of("imagenet", 1)
    assert scale is not None
    assert scale.factor == pytest.approx((1 / (255 * np.mean(IMAGENET_DEVIATION)),))
    assert len(scale.offset) == 1


@pytest.mark.parametrize(("mean", "deviation"), [((0.5,), (0.25,)), ((0.5,), (0.25, 0.25, 0.25))])
def test_standard_takes_one_number_or_one_a_channel(
    mean: tuple[float, ...], deviation: tuple[float, ...]
) -> None:
    made = scaled(PIXELS, scale_of("standard", 3, mean, deviation))
    np.testing.assert_allclose(made, (PIXELS / 255 - 0.5) / 0.25, atol=1e-6)


def test_all_that_standard_lacks_is_named_at_once() -> None:
    with pytest.raises(ParamError) as caught:
        scale_of("standard", 3, None, (0.1, 0.2))
    assert set(caught.value.faults) == {"mean", "deviation"}
    expects = "standard scaling expects one number or 3, one per channel"
    assert caught.value.faults["mean"] == f"mean (Mean): {expects}, received none"
    assert caught.value.faults["deviation"] == f"deviation (Standard deviation): {expects}, received 2"
