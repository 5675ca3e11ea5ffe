from __future__ import annotations

import pytest

from convonet.errors import ParamError
from convonet.inference.decision import Decision, decide
from convonet.inference.model_info import ModelInfo
from convonet.params.data_params import PixelParams

TWO = ("NORMAL", "PNEUMONIA")
THREE = ("a", "b", "c")


def info(
    classes: tuple[str, ...] = TWO, positive: str | None = None, threshold: float | None = None
) -> ModelInfo:
    return ModelInfo(classes, PixelParams(28, 28, 1), positive=positive, threshold=threshold)


@pytest.mark.parametrize(
    ("model", "positive", "threshold", "expected"),
    [
        (info(), None, None, Decision(1, None)),
        (info(), None, 0.3, Decision(1, 0.3)),
        (info(), "NORMAL", None, Decision(0, None)),
        (info(), "NORMAL", 0.0, Decision(0, 0.0)),
        (info(threshold=0.4), None, None, Decision(1, 0.4)),
        (info(positive="NORMAL", threshold=0.4), None, None, Decision(0, 0.4)),
        (info(positive="NORMAL", threshold=0.4), None, 0.6, Decision(0, 0.6)),
        (info(positive="NORMAL", threshold=0.4), "PNEUMONIA", None, Decision(1, None)),
    ],
)
def test_what_is_asked_for_comes_before_what_the_model_carries(
    model: ModelInfo, positive: str | None, threshold: float | None, expected: Decision
) -> None:
    assert decide(TWO, model, positive, threshold) == expected


def test_more_classes_have_no_positive() -> None:
    assert decide(THREE, info(THREE)) == Decision(None, None)


@pytest.mark.parametrize(
    ("classes", "positive", "threshold", "parts"),
    [
        (TWO, "PNEUMONA", None, ["did you mean PNEUMONIA", "NORMAL"]),
        (TWO, None, 1.5, ["0 to 1", "1.5"]),
        (TWO, "x", float("nan"), ["'x'", "nan"]),
        (
            THREE,
            "a",
            0.5,
            ["positive: a positive class needs two classes", "threshold: a threshold needs two"],
        ),
    ],
)
def test_faults_are_told_together(
    classes: tuple[str, ...], positive: str | None, threshold: float | None, parts: list[str]
) -> None:
    with pytest.raises(ParamError) as caught:
        decide(classes, info(classes), positive, threshold)
    for part in parts:
        assert part in str(caught.value)
