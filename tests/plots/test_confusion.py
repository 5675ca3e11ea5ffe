from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn import metrics as reference

from convonet.plots.confusion import matrix_cells, matrix_figure
from convonet.plots.fonts import find_fonts

Clipped = Callable[[Figure], list[str]]
HANZI = tuple(
    "东主人从众出口吗吠哭啖因囡国大天太夫女妈山川工日明月朋木本林森水火炎牛犬玉王白竹羊美羔肉肤舟虎虫门闪问闲马鱼鸟"
)
LUNG = (
    "adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib",
    "large.cell.carcinoma_left.hilum_T2_N2_M0_IIIa",
    "normal",
    "squamous.cell.carcinoma_left.hilum_T1_N2_M0_IIIa",
)


def random_matrix(classes: int, images: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    y_true = rng.integers(0, classes, images)
    y_pred = np.where(rng.random(images) < 0.8, y_true, rng.integers(0, classes, images))
    return reference.confusion_matrix(y_true, y_pred, labels=range(classes))


def test_shares_are_of_the_true_class() -> None:
    got = matrix_cells([[8, 2, 0], [0, 0, 0], [1, 1, 2]], ("a", "b", "c"))
    assert got.shares.tolist() == [[0.8, 0.2, 0], [0, 0, 0], [0.25, 0.25, 0.5]]
    assert got.title == "Confusion matrix: 10 of 14 correct"


@pytest.mark.parametrize(
    ("as_shares", "texts", "unit"),
    [
        (False, (("8", "2", ""), ("3", "0", ""), ("", "", "")), "images"),
        (True, (("80", "20", ""), ("100", "0", ""), ("", "", "")), "% of the row"),
    ],
)
def test_only_what_is_to_be_read_stands_in_a_cell(
    as_shares: bool, texts: tuple[tuple[str, ...], ...], unit: str
) -> None:
    got = matrix_cells([[8, 2, 0], [3, 0, 0], [0, 0, 0]], ("a", "b", "c"), as_shares=as_shares)
    assert (got.texts, got.unit) == (texts, unit)


def test_shares_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    y_true, y_pred = rng.integers(0, 4, 50), rng.integers(0, 4, 50)
    counts = reference.confusion_matrix(y_true, y_pred)
    expected = reference.confusion_matrix(y_true, y_pred, normalize="true")
    np.testing.assert_allclose(matrix_cells(counts, "abcd").shares, expected)


def test_a_matrix_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"3 rows and columns, received shape \(2, 2\)"):
        matrix_cells([[1, 0], [0, 1]], ("a", "b", "c"))


@pytest.mark.parametrize(
    "classes",
    [
        ("NORMAL", "PNEUMONIA"),
        LUNG,
        tuple("0123456789"),
        HANZI,
        ("$cash$", "a,b", "two\nlines", "_hidden"),
        tuple(f"class_{i}" for i in range(100)),
    ],
    ids=["two", "long", "digits", "hanzi", "awkward", "hundred"],
)
def test_names_stand_on_both_axes_and_nothing_is_cut(clipped: Clipped, classes: tuple[str, ...]) -> None:
    counts = random_matrix(len(classes), 5000)
    figure = matrix_figure(counts, classes)
    (ax,) = figure.axes
    labels = find_fonts(classes).labels(classes)

    assert clipped(figure) == []
    shown = [text.get_text() for text in ax.get_xticklabels()]
    assert shown == [text.get_text() for text in ax.get_yticklabels()]
    assert shown == [labels[int(place)] for place in ax.get_xticks()]
    assert len(shown) == len(classes) or len(classes) > 80
    cells = matrix_cells(counts, classes)
    drawn = sorted(text.get_text() for text in ax.texts)
    readable = sorted(text for row in cells.texts for text in row if text)
    assert drawn == (readable if len(classes) <= 80 else [])


def test_a_set_without_images_is_an_empty_matrix(clipped: Clipped) -> None:
    figure = matrix_figure(np.zeros((3, 3), dtype=int), "abc")
    assert len(figure.axes[0].texts) == 0
    assert clipped(figure) == []


@pytest.mark.parametrize("classes", [2, 4, 10, 30, 80, 150])
def test_names_do_not_overlap(classes: int) -> None:
    names = [f"class number {i}" for i in range(classes)]
    figure = matrix_figure(random_matrix(classes, 1000), names)
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].get_yticklabels()]
    assert all(upper.y0 >= lower.y1 - 2 for upper, lower in itertools.pairwise(boxes))


@pytest.mark.parametrize("count", [9, 99_999, 12_345_678])
def test_numbers_fit_their_cells(count: int) -> None:
    figure = matrix_figure(np.full((10, 10), count), tuple("0123456789"))
    figure.canvas.draw()
    (ax,) = figure.axes
    renderer = figure.canvas.get_renderer()
    cell = ax.transData.transform((1, 0))[0] - ax.transData.transform((0, 0))[0]
    assert max(text.get_window_extent(renderer).width for text in ax.texts) <= cell


def test_the_drawn_cell_is_the_computed_one() -> None:
    counts = random_matrix(5, 200)
    figure = matrix_figure(counts, "abcde", as_shares=True)
    (ax,) = figure.axes
    np.testing.assert_allclose(ax.images[0].get_array(), counts / counts.sum(axis=1, keepdims=True))
    assert ax.get_xlabel() == "Predicted (% of the row)"
    for text in ax.texts:
        column, row = text.get_position()
        assert text.get_text() == f"{100 * counts[row, column] / counts[row].sum():.0f}"
