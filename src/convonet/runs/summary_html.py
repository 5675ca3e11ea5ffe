"""The summary of a training as a few lines of HTML, for a notebook."""

from __future__ import annotations

from html import escape

from convonet.documents.summary import TrainingSummary, Tried
from convonet.text import counted

_TITLES = ("Candidate", "Validation accuracy", "95% CI", "Epochs", "Seconds", "")


def summary_html(summary: TrainingSummary) -> str:
    """The plan's sentence, a row for each candidate, the test's score, and the next steps."""
    parts = [f"<p>{escape(summary.sentence)}</p>"] if summary.sentence else []
    if summary.tried:
        head = "".join(f"<th>{title}</th>" for title in _TITLES)
        rows = "".join(map(_row, summary.tried))
        parts.append(f"<table><tr>{head}</tr>{rows}</table>")
    if summary.accuracy is not None and summary.interval is not None:
        parts.append(
            f"<p>Test accuracy <b>{_percent(summary.accuracy)}</b> on {counted(summary.images, 'image')} "
            f"(95% CI {_interval(summary.interval)}); always predicting the most common class gives "
            f"{_percent(summary.baseline or 0.0)}.</p>"
        )
    if summary.advice:
        parts.append("<ul>" + "".join(f"<li>{escape(step.text)}</li>" for step in summary.advice) + "</ul>")
    return "".join(parts)


def _row(one: Tried) -> str:
    cells = (
        escape(one.title),
        "–" if one.accuracy is None else _percent(one.accuracy),
        "–" if one.accuracy_interval is None else _interval(one.accuracy_interval),
        "–" if one.epochs is None else str(one.epochs),
        f"{one.seconds:.0f}",
        escape(one.result),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def _interval(interval: tuple[float, float]) -> str:
    low, high = interval
    return f"{100 * low:.1f}–{100 * high:.1f}%"
