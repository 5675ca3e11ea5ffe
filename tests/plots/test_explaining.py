"""Heat over images, and pages of small pictures: the pixels that are drawn."""

from __future__ import annotations

import numpy as np
import pytest

from convonet.plots.explaining import DeletionCurves, coloured, heat_figure, overlay
from convonet.plots.layers import dream_figure, filters_figure, maps_figure, mosaic


def test_cold_places_stay_as_they_are_and_hot_ones_take_the_heats_colour() -> None:
    image = np.full((4, 8, 1), 100, np.uint8)
    heat = np.zeros((4, 8), np.float32)
    heat[:, 4:] = 1
    drawn = overlay(image, heat, alpha=1.0)
    assert drawn.shape == (256, 512, 3)
    assert (drawn[:, :128] == 100).all()
    assert (drawn[:, -128:] == coloured(heat)[0, -1]).all()
    assert (overlay(image, heat, alpha=0.0) == 100).all()


def test_large_images_are_not_enlarged() -> None:
    image = np.zeros((300, 280, 3), np.uint8)
    assert overlay(image, np.zeros((300, 280)), 0.5).shape == image.shape


@pytest.mark.parametrize("checked", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.usefixtures("chinese_font")
def test_the_page_shows_image_heat_and_check(checked: bool, channels: int) -> None:
    image = np.zeros((12, 10, channels), np.uint8)
    curves = DeletionCurves((0.0, 0.5, 1.0), (1.0, 0.2, 0.1), (1.0, 0.8, 0.1))
    figure = heat_figure(
        image,
        np.ones((12, 10)),
        answer="东 $ (98.3 %)",
        title="Grad-CAM for 东",
        deletion=curves if checked else None,
        sentence="The map is faithful." if checked else "",
    )
    figure.canvas.draw()
    pictures = [ax for ax in figure.axes if ax.images and ax.get_title()]
    assert [ax.get_title() for ax in pictures] == ["东 $ (98.3 %)", "Grad-CAM for 东"]
    drawn = [ax for ax in figure.axes if ax.lines]
    assert len(drawn) == int(checked)
    if checked:
        np.testing.assert_array_equal(drawn[0].lines[0].get_ydata(), curves.curve)


def test_tiles_lie_row_by_row_with_gaps() -> None:
    tiles = np.arange(3)[:, None, None] * np.ones((3, 2, 4))
    page = mosaic(tiles, 2)
    assert page.shape == (5, 9)
    assert (page[:2, :4] == 0).all()
    assert (page[:2, 5:] == 1).all()
    assert (page[3:, :4] == 2).all()
    assert np.isnan(page[2]).all()
    assert np.isnan(page[3:, 5:]).all()


@pytest.mark.usefixtures("chinese_font")
def test_pages_of_filters_maps_and_dreams() -> None:
    rng = np.random.default_rng(0)
    many = filters_figure(rng.uniform(-1, 1, (300, 3, 3)), title="Filters", note="weights")
    assert "the first 256" in many.axes[0].get_xlabel()
    coloured_filters = filters_figure(rng.uniform(-1, 1, (4, 3, 3, 3)), title="Filters")
    with_gaps = coloured_filters.axes[0].images[0].get_array()
    assert with_gaps is not None
    assert with_gaps.shape[2] == 4
    maps = maps_figure(np.zeros((200, 150, 5)), title="After a silent layer", note="5 maps")
    assert max(maps.axes[0].images[0].get_array().shape) < 800  # type: ignore[union-attr]
    page = dream_figure(np.zeros((5, 6, 7, 1), np.uint8), [f"channel {n}" for n in range(5)], title="东")
    for figure in (many, coloured_filters, maps, page):
        figure.canvas.draw()
    assert [ax.get_xlabel() for ax in page.axes if ax.images][-1] == "channel 4"
