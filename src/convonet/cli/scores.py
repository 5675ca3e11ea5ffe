"""Prints the scores of an evaluation for people."""

from __future__ import annotations

from collections.abc import Iterator

from convonet.cli.output import interval_text, percent, print_table, say
from convonet.documents.document import IntervalBounds
from convonet.documents.evaluation import (
    SCORES,
    SPLIT_TITLES,
    ChosenDecision,
    EvaluateDocument,
    EvaluationDocument,
    ScoreField,
    SetsTable,
    UnknownScores,
)
from convonet.text import counted

_MOST_SKIPPED = 10


def print_scores(result: EvaluateDocument) -> None:
    """The scores with their intervals, the table of classes, the other sets, and the skipped files."""
    say(
        f"Accuracy {percent(result.accuracy)} on {counted(result.images, 'image')} "
        f"({interval_text(result.accuracy_interval)}); baseline {percent(result.baseline_accuracy)}"
    )
    print_table(("score", "value", "95% CI"), list(_score_rows(result)))
    if result.threshold is not None:
        say(f"{result.positive} is predicted at p ≥ {result.threshold:g}")
    if result.chosen is not None:
        _print_chosen(result, result.chosen)
    say(result.confidence_sentence)
    if result.unknown is not None:
        _print_unknown(result.unknown, SPLIT_TITLES[result.split] + " images")
    rows = [[row.class_, row.precision, row.recall, row.f1, row.support] for row in result.per_class]
    print_table(("class", "precision", "recall", "f1", "support"), rows)
    _print_sets(result.sets)
    for item in result.skipped[:_MOST_SKIPPED]:
        say(f"Skipped {item.path}: {item.reason}")
    if len(result.skipped) > _MOST_SKIPPED:
        say(f"… and {counted(len(result.skipped) - _MOST_SKIPPED, 'more skipped file')}")
    say(f"Files: {result.run}")


def _score_rows(result: EvaluationDocument) -> Iterator[tuple[str, str, str]]:
    """A row for each score that was measured and is not in the sentence above."""
    for score in SCORES[2:]:
        value, interval = result[score.name], result.intervals.get(score.name)
        if value is not None:
            between = "" if interval is None else _interval(score, interval)
            yield score.label, percent(value) if score.percent else f"{value:.4f}", between


def _interval(score: ScoreField, interval: IntervalBounds) -> str:
    low, high = interval
    return f"{100 * low:.1f}–{100 * high:.1f}%" if score.percent else f"{low:.4f}–{high:.4f}"


def _print_sets(sets: SetsTable) -> None:
    """Print training, validation and test side by side if more than one is known."""
    if len(sets.rows) > 1:
        rows = [
            [
                row.set,
                row.images,
                row.accuracy,
                row.loss,
                "with the final model" if row.evaluated else "during training",
            ]
            for row in sets.rows
        ]
        print_table(("set", "images", "accuracy", "loss", "measured"), rows)
    if sets.sentence:
        say(sets.sentence)


def _print_chosen(result: EvaluationDocument, chosen: ChosenDecision) -> None:
    """Print what was chosen on validation images, and its scores on these images."""
    parts = []
    # With a note, no temperature could be fitted, which is stored as 1.
    if chosen.temperature is not None and not chosen.note:
        parts.append(f"temperature {chosen.temperature:.4g}")
    if chosen.threshold is not None:
        parts.append(f"threshold {chosen.threshold:.4g} for {chosen.positive}")
    if parts:
        say(f"Chosen on {counted(chosen.images, 'validation image')}: {', '.join(parts)}")
    if chosen.threshold is not None:
        say(
            f"On the {SPLIT_TITLES[result.split]} images: sensitivity {percent(result.sensitivity or 0)}, "
            f"specificity {percent(result.specificity or 0)}"
        )
    if chosen.note:
        say(chosen.note)
    if chosen.ece_uncalibrated is not None and not chosen.note:
        say(f"Without the temperature, the calibration error is {chosen.ece_uncalibrated:.4f}")


def _print_unknown(unknown: UnknownScores, known: str) -> None:
    """Print how many images of known classes, such as test images, are rejected, and how many others."""
    rejected = percent(unknown.false_alarms)
    line = f"Unknown images: {rejected} of the {known} are wrongly classified as unknown"
    if unknown.auroc is None:
        say(
            f"{line}; to measure how well images that belong to none of the classes are detected, "
            "add such images with --outside"
        )
        return
    outside = counted(unknown.outside_images or 0, "unknown image is", "unknown images are")
    say(
        f"{line}, and {percent(unknown.found or 0)} of {outside} detected "
        f"(AUC {unknown.auroc:.4f}, false positive rate {percent(unknown.false_alarms_at_95_recall or 0)} "
        "at 95% recall)"
    )
