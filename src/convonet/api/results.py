"""What trainings and searches give back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from convonet.documents.summary import TrainingSummary
from convonet.params import HyperParams
from convonet.runs import Run
from convonet.runs.summary_html import summary_html


@dataclass(frozen=True)
class TrainedRun:
    """What a training gave. The folder `path` holds everything else.

    Attributes:
        history: score name → one value an epoch.
        model: path of the `.keras` file, which plain Keras loads.
        test: scores on the test images (`accuracy`, `accuracy_interval`, `loss` …); None where it was not tested.
        plan: what the recipe planned and what came of it, as in `run.json`; None for the recipe `none`.
        summary: what was tried, the score, and what can be done next.
    """

    path: Path
    state: str
    history: dict[str, list[float]]
    images_per_second: float
    test: dict[str, Any] | None = None
    plan: dict[str, Any] | None = None
    summary: TrainingSummary | None = None

    @property
    def model(self) -> Path:
        """The trained network."""
        return self.path / "model.keras"

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should know of the images, as it was found before training."""
        return _findings(self.path)

    def _repr_html_(self) -> str:
        """How a notebook shows it: the plan, what was tried, the scores, and what can be done next."""
        head = f"<b>{escape(self.path.name)}</b>: {self.state}{_findings_html(self.findings)}"
        if self.summary is not None and self.summary.tried:
            return head + summary_html(self.summary)
        cells = "".join(f"<tr><td>{k}</td><td>{v[-1]:.4f}</td></tr>" for k, v in self.history.items() if v)
        return f"{head}<table>{cells}</table>" + ("" if self.summary is None else summary_html(self.summary))


@dataclass(frozen=True)
class TunedRun:
    """What a search gave. The folder `path` holds everything else.

    Attributes:
        results: one row a setting, the best first: `params`, `mean_accuracy` (0..1), `std` …
        best: the first of them that is done, or None.
        best_hyper: all hyper parameters of the best setting, ready for `train`; None where none is done.
    """

    path: Path
    state: str
    results: list[dict[str, Any]]
    best: dict[str, Any] | None
    best_hyper: HyperParams | None

    @property
    def findings(self) -> tuple[str, ...]:
        """What a person should know of the images, as it was found before the search."""
        return _findings(self.path)

    def _repr_html_(self) -> str:
        """How a notebook shows it: the table, the best row first."""
        rows = [
            f"<tr><td>{escape(str(row['params']))}</td><td>{100 * row['mean_accuracy']:.2f} %</td></tr>"
            for row in self.results
            if row["mean_accuracy"] is not None
        ]
        head = f"<b>{escape(self.path.name)}</b>: {self.state}{_findings_html(self.findings)}"
        return f"{head}<table>{''.join(rows)}</table>"


def _findings(run: Path) -> tuple[str, ...]:
    return tuple(finding.sentence for finding in Run(run).read().findings or ())


def _findings_html(findings: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in findings)}</ul>" if findings else ""
