"""Plots of learning rates draw the numbers that they are given."""

from __future__ import annotations

import numpy as np

from convonet.plots.rates import finder_figure, rates_figure


def test_the_finder_draws_its_curve_and_the_suggestion() -> None:
    figure = finder_figure([1e-4, 1e-3, 1e-2], [2.0, 1.0, 3.0], 1e-3)
    (ax,) = figure.axes
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [2, 1, 3])
    np.testing.assert_allclose(ax.lines[1].get_xdata(), [1e-3, 1e-3])
    assert len(finder_figure([1e-4], [2.0]).axes[0].lines) == 1


def test_rates_are_drawn_over_epochs() -> None:
    (ax,) = rates_figure([0.1, 0.2, 0.1, 0.05], steps=2).axes
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0.5, 1, 1.5, 2])
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [0.1, 0.2, 0.1, 0.05])
    assert ax.get_xlabel() == "Epoch"
