"""The report of a run, as a job."""

from __future__ import annotations

from dataclasses import dataclass

from convonet.specs.tasks import Task


@dataclass(frozen=True, kw_only=True)
class ReportTask(Task):
    """Write a run's report as one HTML file.

    Attributes:
        run: path of the run folder.
        out: the file; None: `report.html` in the run folder.
    """

    kind = "report"
    run: str
    out: str | None = None
