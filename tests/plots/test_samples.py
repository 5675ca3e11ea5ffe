from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure

from convonet.plots.samples import mistakes_figure, pick_samples, samples_figure

Clipped = Callable[[Figure], list[str]]


def images(count: int, height: int = 8, width: int = 6, channels: int = 1) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (count, height, width, channels), dtype=np.uint8)


@pytest.mark.parametrize("count", [1, 5, 10, 17, 99])
def test_samples_take_the_classes_in_turn(count: int) -> None:
    labels = np.repeat(np.arange(5), [40, 1, 10, 3, 6])
    rows = pick_samples(labels, count)

    assert len(rows) == len(set(rows.tolist())) == min(count, 60)
    numbers = np.bincount(labels[rows], minlength=5)
    most = numbers.max()
    for own, total in zip(numbers, (40, 1, 10, 3, 6), strict=True):
        assert own == total or own >= most - 1
    assert (np.diff(labels[rows]) >= 0).all()


def test_the_same_seed_picks_the_same() -> None:
    labels = np.arange(300) % 7
    assert pick_samples(labels, 10, seed=3).tolist() == pick_samples(labels, 10, seed=3).tolist()
    assert pick_samples(labels, 10, seed=3).tolist() != pick_samples(labels, 10, seed=4).tolist()


@pytest.mark.parametrize(
    ("count", "channels", "title"),
    [(1, 1, ""), (1, 3, "One of 6,400 images"), (3, 1, "Three"), (5, 3, ""), (7, 1, "Seven"), (25, 3, "25")],
)
def test_a_page_shows_every_image_with_its_name(
    clipped: Clipped, count: int, channels: int, title: str
) -> None:
    pixels = images(count, channels=channels)
    names = [f"é{i}" for i in range(count)]
    figure = samples_figure(pixels, names, title=title)

    assert clipped(figure) == []
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == names
    for ax, image in zip(shown, pixels, strict=True):
        assert (np.asarray(ax.images[0].get_array()).reshape(image.shape) == image).all()
        assert ax.images[0].get_clim() == (0, 255)


@pytest.mark.parametrize(("height", "width"), [(80, 60), (60, 80), (28, 280), (280, 28)])
def test_long_titles_are_broken_not_cut(clipped: Clipped, height: int, width: int) -> None:
    titles = [f"adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib not normal{i} ($99.{i} %$)" for i in range(6)]
    figure = mistakes_figure(images(6, height, width), titles)
    assert clipped(figure) == []
    assert all("\n" in ax.get_title() for ax in figure.axes if ax.images)


@pytest.mark.parametrize(("count", "names"), [(0, 0), (2, 3), (201, 201)])
def test_too_few_or_too_many_are_refused(count: int, names: int) -> None:
    with pytest.raises(ValueError, match=f"received {count} and {names} names"):
        samples_figure(images(count), ["x"] * names)
