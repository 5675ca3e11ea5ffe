"""A threshold and a temperature chosen on validation images, to be reported on others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convonet import metrics
from convonet.documents.evaluation import ChosenDecision
from convonet.errors import DataError, ParamError
from convonet.inference.decide import positive_label
from convonet.inference.model_info import ModelInfo

_AT_THE_END = 1.001
_NOT_TOLD = (
    "No temperature is used: there are too few images, all predictions are correct, or the model is no better "
    "than chance"
)


@dataclass(frozen=True)
class ThresholdRequest:
    """What shall be chosen on validation.

    Attributes:
        min_recall: the threshold shall find this share of the positives, 0..1.
        costs: of a false alarm and of a miss, in one unit; the threshold shall make the sum least.
        calibrate: fit a temperature.
    """

    min_recall: float | None = None
    costs: tuple[float, float] | None = None
    calibrate: bool = False

    def __bool__(self) -> bool:
        return self.min_recall is not None or self.costs is not None or self.calibrate

    def check(self, threshold: float | None, num_classes: int) -> None:
        """Refuse what cannot be wished for.

        Raises:
            ParamError: numbers out of range, two rules for one threshold, not two classes; all at once.
        """
        rules = {"threshold": threshold, "min_recall": self.min_recall, "costs": self.costs}
        given = [name for name, value in rules.items() if value is not None]
        faults = {}
        if len(given) > 1:
            faults[given[1]] = (
                f"{given[1]}: specify only one way to set the threshold, received {' and '.join(given)}"
            )
        if self.min_recall is not None and not 0 < self.min_recall <= 1:
            faults["min_recall"] = (
                f"min_recall: expected a number above 0 and at most 1, received {self.min_recall:g}"
            )
        if self.costs is not None and not (min(self.costs) >= 0 < max(self.costs) < np.inf):
            faults["costs"] = f"costs: expected two costs of 0 or more, not both 0, received {self.costs}"
        for name in ("min_recall", "costs"):
            if rules[name] is not None and num_classes != 2:
                # A range that is wrong as well is the nearer reason.
                faults.setdefault(
                    name, f"{name}: a threshold needs two classes, but the model has {num_classes}"
                )
        if faults:
            raise ParamError.of(faults)


@dataclass(frozen=True)
class Chosen:
    """What validation images told.

    Attributes:
        temperature: by which the model's present probabilities are cooled; 1 changes nothing.
        threshold: of the positive class, for the probabilities so cooled; None where none was asked for.
        positive: the positive of two classes.
        report: the same in words and numbers, for the document.
    """

    temperature: float = 1.0
    threshold: float | None = None
    positive: str | None = None
    report: ChosenDecision | None = None


def choose(
    request: ThresholdRequest,
    y_true: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    *,
    classes: tuple[str, ...],
    positive: str | None = None,
) -> Chosen:
    """Choose by validation images.

    Args:
        request: checked.
        y_true: class indices, shape (n,).
        probabilities: the model's, shape (n, classes).
        classes: names; the index is the label.
        positive: the positive of two classes; the second when None.

    Raises:
        DataError: a recall is asked for and no image of the positive class is there.
    """
    report = ChosenDecision(on="val", images=len(y_true))
    temperature, cooled = 1.0, probabilities
    if request.calibrate:
        # Logarithms of probabilities are logits but for a constant, which softmax does not see.
        fitted = metrics.fit_temperature(metrics.log_probabilities(probabilities), y_true)
        # At the end of its range the fit ran away: the likelihood has no maximum on these images.
        temperature = fitted if _is_inside(fitted) else 1.0
        cooled = cool(probabilities, temperature)
        report = report.changed(
            temperature=temperature,
            note=None if _is_inside(fitted) else _NOT_TOLD,
            ece_before=_calibration_error(y_true, probabilities),
            ece_after=_calibration_error(y_true, cooled),
        )
    if request.min_recall is None and request.costs is None:
        return Chosen(temperature, None, positive, report)
    index = positive_label(classes, positive)
    threshold = _threshold(request, y_true == index, cooled[:, index], classes[index])
    rates = metrics.sensitivity_specificity(
        y_true == index, metrics.predict_with_threshold(cooled[:, index], threshold)
    )
    report = report.changed(
        min_recall=request.min_recall,
        costs=request.costs,
        threshold=threshold,
        positive=classes[index],
        **rates._asdict(),
    )
    return Chosen(temperature, threshold, classes[index], report)


def cool(probabilities: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Probabilities as a model with this temperature more would give them, shape (n, classes)."""
    if temperature == 1:
        return probabilities
    return metrics.apply_temperature(probabilities, temperature).astype(np.float32)


def cooled_info(info: ModelInfo, temperature: float) -> ModelInfo:
    """The description whose threshold, if it has one, gives the same answers after cooling."""
    if temperature == 1 or info.threshold is None:
        return info
    # Cooling keeps the order of probabilities, so the threshold moves with them and no answer changes.
    pair = np.array([[1 - info.threshold, info.threshold]])
    return info.changed(threshold=float(metrics.apply_temperature(pair, temperature)[0, 1]))


def _is_inside(temperature: float) -> bool:
    low, high = metrics.TEMPERATURE_RANGE
    return low * _AT_THE_END < temperature < high / _AT_THE_END


def _calibration_error(y_true: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float:
    return metrics.expected_calibration_error(*metrics.confidence_of(y_true, probabilities))


def _threshold(
    request: ThresholdRequest, is_positive: NDArray[np.bool_], p_positive: NDArray[np.float32], positive: str
) -> float:
    if request.costs is not None:
        return metrics.threshold_for_costs(is_positive, p_positive, *request.costs)
    if not is_positive.any():
        raise DataError(
            f"There are no validation images of {positive}, so no threshold can be chosen for its recall"
        )
    assert request.min_recall is not None
    return metrics.threshold_for_recall(is_positive, p_positive, request.min_recall)
