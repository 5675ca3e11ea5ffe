"""Jobs: a task done in a run folder. What a worker process runs, and what `api` runs in place."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convonet.atomic import check_place, write_json
from convonet.documents.document import Document
from convonet.events import Watch
from convonet.json_values import JsonObject
from convonet.packages import require
from convonet.runs import Run
from convonet.runs.documents import RESULT
from convonet.tasks import ReportTask, Task
from convonet.trackers.following import tracked


def job_for(task: Task, **more: Any) -> Callable[[Run, Watch], None]:
    """The function that does a task in a run's folder and leaves its answer in `result.json`.

    Args:
        more: what a task on paper cannot hold, such as `callbacks` of a training in this process.
    """

    def job(run: Run, watch: Watch) -> None:
        _check_places(task)
        if task.reported:
            # The report is written last; hours of work must not end in an error that was known before.
            require("jinja2")
        work: Callable[..., Document | JsonObject] = job_module(task).work
        with tracked(run, watch) as watch:
            write_json(run.file(RESULT), work(run, task, watch, **more))
            if task.reported:
                job_module(ReportTask).leave_report(run, watch)

    return job


def _check_places(task: Task) -> None:
    """Minutes of work must not end at a place that cannot be written to."""
    for name in ("out", "into"):
        place = getattr(task, name, None)
        if place is not None:
            check_place(Path(place))


def job_module(task: Task | type[Task]) -> Any:
    """The module that does a task. Loaded late: a job that needs no keras must not pay for its import."""
    return importlib.import_module(f"{__name__}.{task.job}")
