"""The sentences below the tables of an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convonet.cli.scores import print_scores
from convonet.documents.evaluation import EvaluateDocument
from made_scores import made_document

_UNKNOWN = {
    "threshold": 1.0,
    "rate": 0.05,
    "measured_on": "val",
    "false_alarms": 0.04,
    "false_alarms_interval": (0.01, 0.1),
}


def printed(capsys: pytest.CaptureFixture[str], **changes: Any) -> str:
    """What is printed of a test of two classes."""
    made = made_document(Path("run"), ("well", "ill"), ((9, 1), (2, 8)), **changes)
    print_scores(EvaluateDocument.of(made.to_dict() | {"run": "run", "sets": {"rows": (), "sentence": None}}))
    return capsys.readouterr().out


def test_a_temperature_that_could_not_be_fitted_is_not_called_chosen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    fitted = {"on": "val", "images": 20, "temperature": 1.5, "ece_uncalibrated": 0.1}
    assert "Chosen on 20 validation images: temperature 1.5" in printed(capsys, chosen=fitted)
    text = printed(capsys, chosen=fitted | {"temperature": 1.0, "note": "No temperature is used"})
    assert "Chosen" not in text
    assert "No temperature is used" in text
    assert "Without the temperature" not in text


def test_unknown_images_are_counted_beside_the_set_that_was_evaluated(
    capsys: pytest.CaptureFixture[str],
) -> None:
    measured = {"outside_images": 1, "found": 1.0, "auroc": 1.0, "false_alarms_at_95_recall": 0.0}
    text = printed(capsys, split="val", unknown=_UNKNOWN | measured)
    assert "4.0% of the validation images are wrongly classified as unknown" in text
    assert "100.0% of 1 unknown image is detected" in text
