"""The report of a run, as a job."""

from __future__ import annotations

from typing import ClassVar

from convonet.tasks.main_tasks import Task


class ReportTask(Task):
    """Write a run's report as one HTML file.

    Attributes:
        run: path of the run folder.
        out: the file; None: `report.html` in the run folder.
    """

    kind: ClassVar[str] = "report"
    title: ClassVar[str] = "The report"

    run: str
    out: str | None = None
