"""The end of a training on one screen: what was tried, the score, and what to do next."""

from __future__ import annotations

from convonet.cli.output import interval_text, note, percent
from convonet.documents.summary import TrainingSummary, Tried
from convonet.events import CandidateEnded
from convonet.text import counted


def print_summary(summary: TrainingSummary) -> None:
    """Print to standard error, so that standard output contains only the run folder."""
    if summary.tried:
        note("\nWhat was tried (accuracy on validation images):")
        width = max(len(one.title) for one in summary.tried)
        for one in summary.tried:
            note(f"  {'→' if one.chosen else ' '} {one.title:<{width}}  {_scores(one)}")
    if summary.why and len([one for one in summary.tried if one.state == "done"]) > 1:
        note(f"  Reason for the choice: {summary.why}.")
    if summary.accuracy is not None and summary.interval is not None:
        note(
            f"\nTest accuracy {percent(summary.accuracy)} on {counted(summary.images, 'image')} "
            f"({interval_text(summary.interval)}); always predicting the most common class gives "
            f"{percent(summary.baseline or 0.0)}."
        )
    if summary.confusion is not None:
        pair = summary.confusion
        note(
            f"Most often confused: {pair.true} mistaken for {pair.predicted}, "
            f"{pair.count:,} of {counted(pair.total, 'image')}."
        )
    if summary.advice:
        note("\nWhat you can do next:")
    for step in summary.advice:
        note(f"  • {step.text}")
        if step.command:
            note(f"      {step.command}")


def candidate_line(event: CandidateEnded) -> str:
    """One line when a candidate has ended."""
    if event.accuracy is None or event.accuracy_interval is None:
        return f"{event.title}: {event.state}, {event.reason}"
    return (
        f"{event.title}: validation accuracy {percent(event.accuracy)} ({interval_text(event.accuracy_interval)}), "
        f"{event.seconds:.0f} s" + (", the best so far" if event.best else "")
    )


def _scores(one: Tried) -> str:
    if one.accuracy is None or one.accuracy_interval is None:
        return f"{one.state}: {one.result}" if one.result else one.state
    epochs = f", {counted(one.epochs, 'epoch')}" if one.epochs else ""
    return f"{percent(one.accuracy)} ({interval_text(one.accuracy_interval)}), {one.seconds:.0f} s{epochs}"
