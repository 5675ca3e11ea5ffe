"""The learning-rate finder, and the samples of augmented images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convonet.errors import Cancelled, ParamError
from convonet.events import Event, Progressed, Watch
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.augmented import augmented_rows
from convonet.training.image_rows import ImageRows
from convonet.training.rate_finder import find_rate, rate_curve, smoothed

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]
SMALL = HyperParams.of({"family": "dense", "hidden_units": [8], "batch_size": 8})


def test_a_valley_gives_its_steepest_slope() -> None:
    """A logistic fall around 1e-3, then an explosion."""
    rates = np.geomspace(1e-6, 1, 200)
    place = np.log10(rates)
    losses = 2.3 - 2 / (1 + np.exp(-4 * (place + 3))) + np.where(place > -1, 50 * (place + 1) ** 2, 0)
    found = rate_curve(rates, losses).suggested
    assert found is not None
    assert 3e-4 < found < 1e-2


@pytest.mark.parametrize("losses", [[2.3] * 50, list(np.linspace(2, 5, 50)), [2.0, 1.0]])
def test_a_loss_that_never_falls_suggests_nothing(losses: list[float]) -> None:
    assert rate_curve(np.geomspace(1e-6, 1, len(losses)), losses).suggested is None


def test_what_is_no_number_ends_the_curve() -> None:
    curve = rate_curve([1e-3, 1e-2, 1e-1], [1.0, 0.5, np.nan])
    assert len(curve.rates) == len(curve.losses) == 2


def test_smoothing_is_the_corrected_running_mean() -> None:
    assert smoothed([2.0, 2.0, 2.0]).tolist() == pytest.approx([2, 2, 2])
    assert smoothed([1.0, 0.0])[1] == pytest.approx(0.09 / 0.19)


def test_the_finder_tries_rising_rates_and_can_be_stopped(create: Create, rows: Rows) -> None:
    told: list[Event] = []
    curve = find_rate(create(SMALL), SMALL, rows[0], Watch(told.append), low=1e-5, high=10, steps=40)
    assert 10 <= len(curve.rates) <= 40
    assert list(curve.rates) == sorted(curve.rates)
    assert curve.rates[0] == pytest.approx(1e-5)
    assert np.isfinite(curve.losses).all()
    done = [event.done for event in told if isinstance(event, Progressed)]
    assert done[: len(curve.rates)] == list(range(1, len(curve.rates) + 1))
    with pytest.raises(Cancelled):
        find_rate(create(SMALL), SMALL, rows[0], Watch(should_stop=lambda: True))


@pytest.mark.parametrize("wrong", [{"low": 1.0, "high": 0.1}, {"low": 0.0}, {"steps": 3}])
def test_wrong_rates_are_refused(create: Create, rows: Rows, wrong: dict[str, float]) -> None:
    with pytest.raises(ParamError, match="low < high"):
        find_rate(create(SMALL), SMALL, rows[0], **wrong)  # type: ignore[arg-type]


def test_a_page_shows_each_image_then_what_training_will_see(rows: Rows) -> None:
    hyper = SMALL.changed(rotation=30, brightness=0.3)
    places = np.array([3, 8])
    made = augmented_rows(rows[0], places, hyper, 4)
    assert made.shape == (10, 8, 8, 1)
    np.testing.assert_array_equal(made[[0, 5]], rows[0].take(places)[0])
    assert len({image.tobytes() for image in made}) == 10
