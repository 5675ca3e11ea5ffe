"""The report of a run: what a person who was not there needs to judge the model, or the search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from convonet.errors import InputError
from convonet.reports.model_report import model_page
from convonet.reports.page import TemplateValues, write_page
from convonet.reports.pictures import MistakeHeats
from convonet.reports.search_report import search_page
from convonet.runs import Run
from convonet.runs.naming import title_of
from convonet.tasks import EvaluateTask, StudyTask, Task, TrainTask, TuneTask, traits_of

REPORT = "report.html"
"""Its name in the run folder."""

_PAGES: dict[type[Task], tuple[str, Callable[[Run], TemplateValues]]] = {
    TrainTask: ("model.html", model_page),
    EvaluateTask: ("model.html", model_page),
    TuneTask: ("search.html", search_page),
    StudyTask: ("search.html", search_page),
}


def write_report(
    run: Run, out: Path | None = None, *, heading: str | None = None, heats: MistakeHeats | None = None
) -> Path:
    """Write the report of a training, a test, a search or a study as one HTML file.

    Everything is taken from the run folder and, for pictures of images, from where they lie; what is not there is
    left out.

    Args:
        out: the file; None: `report.html` in the run folder.
        heading: the title at the top; None: the run's name.
        heats: heat maps over the worst mistakes, where they were made.

    Raises:
        InputError: a run of another kind.
        OutputError: the file cannot be written there.
    """
    kind = run.read().kind
    # A kind that only a later version knows gives `Task`, which has no page.
    found = _PAGES.get(traits_of(kind))
    if found is None:
        known = ", ".join(task.kind for task in _PAGES)
        raise InputError(
            "There is no report for this kind of run", where=run.path, expected=known, received=kind
        )
    template, page = found
    values = page(run) | {"title": heading or title_of(run), "run_id": run.id, "heats": heats}
    return write_page(out or run.file(REPORT), template, **values)
