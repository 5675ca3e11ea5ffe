"""The report of a run, as a job."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from convonet.tasks.task import Task


class ReportTask(Task):
    """Write a run's report as one HTML file.

    Attributes:
        run: path of the run folder.
        out: the file; None: `report.html` in the run folder.
        heading: the title at the top; None: the run's name.
        explain: show which parts of the worst mistakes counted. Opens the network, which takes a few seconds.
    """

    kind: ClassVar[str] = "report"
    title: ClassVar[str] = "Creating the report"

    run: str
    out: str | None = None
    heading: str | None = Field(None, max_length=200)
    explain: bool = True
