"""A collapsed training is noticed; a healthy one, a slow start and a set with one large class are not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.errors import Cancelled
from convonet.events import Event, Warned, Watch
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.collapse import Collapse, CollapseGuard, PredictionCounts, guess_loss
from convonet.training.net_training import ImageRows, NetTraining

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]

TEN = np.full(10, 100)
DEAD = PredictionCounts((200, *[0] * 9), 0.1, 0.0)
ONE_CLASS = PredictionCounts((198, 2, *[0] * 8), 0.1, 0.05)
GUESSING = PredictionCounts(tuple([20] * 10), 0.1, 0.05)


def _guard(**values: Any) -> CollapseGuard:
    own = {"classes": [f"c{place}" for place in range(10)], "train": TEN, "val": TEN // 5}
    own |= {"guess_loss": guess_loss(TEN), "steps": 50, "epochs": 10, "rate": 0.2, "usual_rate": 0.02}
    return CollapseGuard(**(own | values))


def _row(loss: float, accuracy: float = 0.1, val_accuracy: float = 0.1) -> dict[str, float]:
    return {"loss": loss, "accuracy": accuracy, "val_accuracy": val_accuracy}


def _seen(
    guard: CollapseGuard, rows: list[dict[str, float]], predictions: PredictionCounts | None
) -> list[Collapse | None]:
    return [guard.update(rows[: place + 1], predictions) for place in range(len(rows))]


def _first(found: list[Collapse | None]) -> Collapse:
    return next(collapse for collapse in found if collapse is not None)


@pytest.mark.parametrize(
    ("losses", "predictions", "values", "epoch", "cause", "words"),
    [
        ([2.31] * 6, DEAD, {}, 3, "rate_too_high", "dead ReLU units"),
        ([2.31] * 6, DEAD, {"steps": 5}, 3, "rate_too_high", "from 0.2 to 0.02"),
        ([2.31] * 6, DEAD, {"warm_up": 1.5}, 5, "rate_too_high", "100.0% of the validation images"),
        ([9.0] * 6, ONE_CLASS, {}, 3, "rate_too_high", "no lower than with random guessing (2.3"),
        ([9.0] * 6, ONE_CLASS, {"steps": 25}, 4, "rate_too_high", "predicts c0 for 99.0%"),
        ([2.31] * 8, GUESSING, {}, 3, "rate_too_high", "the validation accuracy after epoch 3 is 10.0%"),
        ([2.31] * 8, GUESSING, {"epochs": 20}, 6, "rate_too_high", "the most common class has 10.0%"),
        ([2.31] * 8, GUESSING, {"rate": 2e-4}, 3, "rate_too_low", "raise it from 0.0002 to 0.002"),
        ([2.31] * 8, GUESSING, {"rate": 0.02}, 3, "unknown", "class folders"),
        ([2.31] * 8, DEAD, {"raw_pixels": True}, 3, "raw_pixels", "set scaling to unit"),
        ([2.31] * 8, None, {"val": None}, 3, "rate_too_high", "the training accuracy after epoch 3 is 10.0%"),
        ([2.54] * 8, ONE_CLASS, {"rate": 2e-4}, 3, "rate_too_low", "has learned nothing"),
        ([2.4, 2.31, 2.32, 9.0, 9.0], GUESSING, {"rate": 2e-3}, 4, "rate_too_high", "from 0.002 to 0.0002"),
    ],
)
def test_a_collapse_is_named_with_its_likely_cause(
    losses: list[float],
    predictions: PredictionCounts | None,
    values: dict[str, Any],
    epoch: int,
    cause: str,
    words: str,
) -> None:
    collapse = _first(_seen(_guard(**values), [_row(loss) for loss in losses], predictions))
    assert (collapse.epoch, collapse.cause) == (epoch, cause)
    assert words in collapse.text()
    assert "larger network" not in collapse.text()
    assert str(epoch) in collapse.reason()


LARGE = {"classes": ["ill", "well"], "train": np.array([750, 250]), "val": np.array([75, 25])}
HEALTHY = PredictionCounts((70, 30), 0.8, 0.3)
ALL_ILL = PredictionCounts((100, 0), 0.5, 0.02)
RAISED = np.linspace(2.35, 2.2, 10)


@pytest.mark.parametrize(
    ("rows", "predictions", "values"),
    [
        # Falling steadily, though every image is still answered with one class.
        ([_row(loss) for loss in RAISED], ONE_CLASS, {"rate": 0.001}),
        ([_row(loss + 0.3) for loss in RAISED], ONE_CLASS, {"rate": 0.001}),
        # Batch normalisation, another kind of images: validation alone is bad.
        ([_row(0.3, 0.9, 0.1)] * 8, ONE_CLASS, {}),
        # The network knows more than training accuracy tells: heavy augmentation.
        ([_row(2.31, 0.1, 0.3)] * 8, PredictionCounts(tuple([20] * 10), 0.3, 0.2), {}),
        # One large class: below its share, and yet both classes are found.
        ([_row(0.69, 0.72, 0.72)] * 8, HEALTHY, LARGE | {"guess_loss": guess_loss(LARGE["train"])}),
        # One large class: nobody is well yet, but the probabilities tell already.
        ([_row(0.50, 0.75, 0.75)] * 8, ALL_ILL, LARGE | {"guess_loss": guess_loss(LARGE["train"])}),
        # Too early to say.
        ([_row(9.0)] * 2, DEAD, {}),
        ([_row(2.31)] * 9, ONE_CLASS, {"steps": 10, "epochs": 9}),
    ],
)
def test_nothing_is_said_of_a_slow_start_or_a_network_that_has_learnt(
    rows: list[dict[str, float]], predictions: PredictionCounts, values: dict[str, Any]
) -> None:
    assert _seen(_guard(**values), rows, predictions) == [None] * len(rows)


def test_one_good_epoch_ends_a_collapse_and_a_bad_one_begins_none() -> None:
    rows = [_row(2.31)] * 5 + [_row(2.0, 0.3, 0.3)] + [_row(2.31)] * 2
    found = _seen(_guard(), rows, GUESSING)
    assert [collapse is not None for collapse in found] == [False] * 2 + [True] * 3 + [False] * 3


def test_the_loss_of_guessing_is_that_of_the_best_constant() -> None:
    counts = np.array([300, 100, 0])
    assert guess_loss(TEN) == pytest.approx(np.log(10))
    assert guess_loss(counts) == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    balanced = np.array([400 / 600, 2.0, 0.0], np.float32)
    assert guess_loss(counts[:2], balanced[:2]) == pytest.approx(np.log(2))
    p = np.linspace(0.01, 0.99, 999)
    focal = 0.75 * (1 - p) ** 2 * -np.log(p) + 0.25 * p**2 * -np.log(1 - p)
    assert guess_loss(counts, gamma=2.0) == pytest.approx(focal.min(), rel=1e-2)


def test_predictions_are_counted() -> None:
    probabilities = np.array([[0.6, 0.4, 0], [0.7, 0.3, 0], [0.2, 0.8, 0], [0.9, 0.1, 0]], np.float32)
    found = PredictionCounts.of(probabilities, np.array([0, 0, 1, 1]))
    assert found.counts == (3, 1, 0)
    assert found.balanced_accuracy == 0.75
    assert found.deviation == pytest.approx(np.array([0.6, 0.7, 0.2, 0.9]).std())


def test_the_deviation_of_many_classes_is_the_largest_of_all() -> None:
    probabilities = np.random.default_rng(0).dirichlet(np.ones(70), size=50).astype(np.float32)
    found = PredictionCounts.of(probabilities, np.zeros(50, np.int64))
    assert found.deviation == probabilities.std(axis=0, dtype=np.float64).max()


BROKEN = {"init_rate": 50.0, "nan_guard": False, "schedule": "constant", "epochs": 6}


def _hyper(**values: Any) -> HyperParams:
    own = {"num_filters": 4, "num_units": 8, "batch_size": 8, "drop_out": 0.0}
    return HyperParams.of(own | values)


def _warnings(told: list[Event]) -> list[str]:
    return [event.message for event in told if isinstance(event, Warned) and event.subject == "collapse"]


def test_training_warns_once_and_goes_on(create: Create, rows: Rows) -> None:
    told: list[Event] = []
    hyper = _hyper(**BROKEN)
    result = NetTraining(create(hyper), hyper).train_val(*rows, Watch(told.append))
    assert (len(result.history), result.stopped) == (6, "")
    assert len(_warnings(told)) == 1
    assert "too high" in _warnings(told)[0]
    assert result.collapse is not None
    assert result.collapse.epoch == 6


@pytest.mark.parametrize(
    "values", [{"epochs": 10}, {"epochs": 10, "family": "logistic"}, {"init_rate": 2e-4}]
)
def test_a_healthy_training_says_nothing(create: Create, rows: Rows, values: dict[str, Any]) -> None:
    told: list[Event] = []
    result = NetTraining(create(_hyper(**values)), _hyper(**values)).train_val(*rows, Watch(told.append))
    assert _warnings(told) == []
    assert result.collapse is None


def test_a_caller_may_end_training_and_a_resumed_one_ends_alike(
    create: Create, rows: Rows, tmp_path: Path, stopping: Callable[[int], Watch]
) -> None:
    hyper, seen = _hyper(**BROKEN), []

    def train(watch: Watch | None = None, file: CheckpointFile | None = None) -> Any:
        training = NetTraining(
            create(hyper), hyper, file, on_collapse=lambda it: seen.append(it) or len(seen) > 1
        )
        return training.train_val(*rows, watch)

    expected = train()
    assert expected.stopped == expected.collapse.reason()
    assert [collapse.epoch for collapse in seen] == [len(expected.history) - 1, len(expected.history)]
    file = CheckpointFile(tmp_path / "checkpoint.npz")
    # Stopped in the epoch after the first warning, which is not repeated.
    seen.clear()
    told: list[Event] = []
    with pytest.raises(Cancelled):
        train(stopping(8 * seen_epochs(expected) + 3), file)
    for _ in range(2):
        result = train(Watch(told.append), file)
        assert (result.stopped, result.collapse) == (expected.stopped, expected.collapse)
        assert result.history.rows == expected.history.rows
    assert _warnings(told) == []


def seen_epochs(result: Any) -> int:
    """Epochs before the one in which training ended."""
    return len(result.history) - 1
