"""The report of a run: asked for by name, and left beside the results of every run that ends well."""

from __future__ import annotations

from pathlib import Path

from convonet.documents.drawings import ReportDocument
from convonet.errors import ConvonetError
from convonet.events import FileSaved, StageStarted, Warned, Watch
from convonet.jobs.report_heats import mistake_heats
from convonet.reports.run_report import REPORT, write_report
from convonet.runs import Run
from convonet.tasks import ReportTask


def work(run: Run, task: ReportTask, watch: Watch) -> ReportDocument:
    """Write the report; the answer names it.

    Raises:
        RunNotFoundError: there is no run in that folder.
        InputError: a run of a kind that has no report.
    """
    reported = Run.open(Path(task.run))
    heats = mistake_heats(reported, watch) if task.explain else None
    watch.tell(StageStarted(stage="report", title="Writing the report"))
    out = Path(task.out) if task.out else None
    path = write_report(reported, out, heading=task.heading, heats=heats)
    watch.tell(FileSaved(path=str(path), title="Report"))
    return ReportDocument(path=str(path), bytes=path.stat().st_size)


def leave_report(run: Run, watch: Watch) -> None:
    """Write the report into the run folder; a run does not fail for it."""
    try:
        write_report(run)
    except ConvonetError as error:
        watch.tell(Warned(message=f"No report was made: {error.sentence()}", subject="report"))
    else:
        watch.tell(FileSaved(path=REPORT, title="Report"))
