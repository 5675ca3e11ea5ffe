"""Jobs: a task done in a run folder. What a worker process runs, and what `api` runs in place."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from convonet.atomic import write_json
from convonet.events import Watch
from convonet.runs import Run
from convonet.runs.documents import RESULT
from convonet.specs import Task

_HOMES = {
    "train": "convonet.jobs.train_job",
    "tune": "convonet.jobs.tune_job",
    "study": "convonet.jobs.study_job",
    "evaluate": "convonet.jobs.test_job",
    "predict": "convonet.jobs.predict_job",
    "summary": "convonet.jobs.summary_job",
    "export": "convonet.jobs.export_job",
    "find_rate": "convonet.jobs.find_rate_job",
    "augment": "convonet.jobs.augment_job",
    "inspect": "convonet.jobs.inspect_job",
    "explain": "convonet.jobs.explain_job",
    "layers": "convonet.jobs.layers_job",
    "dream": "convonet.jobs.dream_job",
    "verify": "convonet.jobs.verify_job",
    "report": "convonet.jobs.report_job",
    "suspects": "convonet.jobs.suspects_job",
}
"""Loaded late: a job that needs no keras must not pay for its import."""

_REPORTED = ("train", "tune", "study")


def job_for(task: Task, **more: Any) -> Callable[[Run, Watch], None]:
    """The function that does a task in a run's folder and leaves its answer in `result.json`.

    Args:
        more: what a task on paper cannot hold, such as `callbacks` of a training in this process.
    """

    def job(run: Run, watch: Watch) -> None:
        work: Callable[..., dict[str, Any]] = importlib.import_module(_HOMES[task.kind]).work
        write_json(run.file(RESULT), work(run, task, watch, **more))
        if task.kind in _REPORTED:
            importlib.import_module(_HOMES["report"]).leave_report(run, watch)

    return job
