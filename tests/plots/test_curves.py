from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from matplotlib.figure import Figure

from convonet.plots.curves import combined_figure, curves_figure, curves_of

Clipped = Callable[[Figure], list[str]]
HISTORY = {
    "loss": [1.0, 0.5, 0.3],
    "accuracy": [0.5, 0.8, 0.9],
    "val_loss": [1.1, 0.7, 0.8],
    "val_accuracy": [0.4, 0.7, 0.68],
}


def legend_of(figure: Figure) -> list[list[str]]:
    return [[text.get_text() for text in ax.get_legend().get_texts()] for ax in figure.axes]


def test_the_numbers_are_those_of_the_history() -> None:
    got = curves_of(HISTORY, kept=2)
    assert got == ((1, 2, 3), *(tuple(HISTORY[name]) for name in got._fields[1:5]), 2)


def test_the_last_epoch_needs_no_mark() -> None:
    assert curves_of(HISTORY, kept=3).kept is None


@pytest.mark.parametrize("absent", [None, [], [None, None, None], [math.nan] * 3])
def test_what_was_not_measured_is_empty(absent: list[float | None] | None) -> None:
    history = HISTORY | ({"val_loss": absent} if absent is not None else {})
    if absent is None:
        del history["val_loss"]
    assert curves_of(history).val_loss == ()


def test_holes_and_infinities_are_gaps() -> None:
    loss = curves_of({"loss": [1.0, None, math.inf, 0.5]}).loss
    assert (loss[0], loss[3]) == (1.0, 0.5)
    assert all(map(math.isnan, loss[1:3]))


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[2, 3\]"):
        curves_of(HISTORY | {"loss": [1.0, 0.5]})


def test_both_scores_show_training_beside_validation(clipped: Clipped) -> None:
    figure = curves_figure(curves_of(HISTORY))
    left, right = figure.axes

    assert [left.get_title(loc="left"), right.get_title(loc="left")] == ["Accuracy", "Loss"]
    assert legend_of(figure) == [["training", "validation"]] * 2
    for ax, name in ((left, "accuracy"), (right, "loss")):
        assert ax.lines[0].get_ydata().tolist() == HISTORY[name]
        assert ax.lines[1].get_ydata().tolist() == HISTORY[f"val_{name}"]
        assert ax.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert clipped(figure) == []


def test_training_alone_has_one_line() -> None:
    figure = curves_figure(curves_of({"loss": [1.0, 0.5], "accuracy": [0.5, 0.7]}))
    assert legend_of(figure) == [["training"]] * 2


@pytest.mark.parametrize("epochs", [1, 2, 7, 40, 1000])
def test_epochs_are_whole_numbers_and_all_in_view(clipped: Clipped, epochs: int) -> None:
    history = {"loss": [1 / (i + 1) for i in range(epochs)], "accuracy": [0.5] * epochs}
    figure = curves_figure(curves_of(history))
    figure.canvas.draw()
    ax = figure.axes[0]
    low, high = ax.get_xlim()

    assert low < 1 <= epochs < high
    shown = [place for place in ax.get_xticks() if low <= place <= high]
    assert shown
    assert all(place == int(place) for place in shown)
    assert clipped(figure) == []


def test_nothing_measured_is_said(clipped: Clipped) -> None:
    figure = curves_figure(curves_of({}))
    assert [ax.texts[0].get_text() for ax in figure.axes] == ["no data"] * 2
    assert clipped(figure) == []


def test_the_kept_epoch_is_marked() -> None:
    figure = curves_figure(curves_of(HISTORY, kept=2))
    assert legend_of(figure) == [["training", "validation", "kept: epoch 2"]] * 2
    assert figure.axes[0].lines[2].get_xdata() == [2, 2]


def test_one_figure_has_both_axes_and_the_target(clipped: Clipped) -> None:
    figure = combined_figure(curves_of(HISTORY, kept=2), target=0.85, title="32 units, 85%")
    left, right = figure.axes

    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "accuracy, training",
        "accuracy, validation",
        "loss, training",
        "loss, validation",
        "kept: epoch 2",
        "target 85%",
    ]
    assert (left.get_ylabel(), right.get_ylabel()) == ("Accuracy", "Loss")
    assert left.lines[-1].get_ydata() == [0.85, 0.85]
    assert left.get_title(loc="left") == "32 units, 85%"
    assert clipped(figure) == []


def test_a_combined_figure_of_nothing_has_no_legend() -> None:
    assert combined_figure(curves_of({})).legends == []
