"""The values of a search's or a study's report: the table, what cannot be told apart, and the pictures."""

from __future__ import annotations

from collections.abc import Sequence

from convonet.documents.search import SearchDocument, Setting
from convonet.documents.study import StudyDocument, StudyResult
from convonet.params.labels import label_of, settings_text, value_text
from convonet.reports.model_report import state_words
from convonet.reports.page import TemplateValues
from convonet.reports.pictures import file_uri
from convonet.reports.repeat import repeat_of
from convonet.runs import Run
from convonet.runs.documents import run_document
from convonet.text import counted

_PICTURES = {
    "importance.png": "Importance of parameters",
    "parallel_coordinates.png": "Parallel coordinates",
    "search_history.png": "Progress of the search",
    "accuracy_and_seconds.png": "Score and training time",
    "study.png": "Epochs to reach each target",
}
_MOST_ROWS = 200


def search_page(run: Run) -> TemplateValues:
    """What the template `search.html` needs."""
    record, document = run.read(), run_document(run)
    # For the type checker: only searches and studies are sent here.
    assert isinstance(document, SearchDocument | StudyDocument)
    results: Sequence[Setting | StudyResult] = document.results
    names = document.varied()
    return {
        "kind": record.kind,
        "state": state_words(run, record),
        "started": record.day,
        "summary": _search_summary(document)
        if isinstance(document, SearchDocument)
        else _study_summary(document),
        "labels": [label_of(name) for name in names],
        "rows": [
            (row, [value_text(name, row.params.get(name)) for name in names]) for row in results[:_MOST_ROWS]
        ],
        "left_out": max(0, len(results) - _MOST_ROWS),
        "document": document,
        "pictures": [
            (title, uri) for name, title in _PICTURES.items() if (uri := file_uri(run.file(name))) is not None
        ],
        "record": record,
        "repeat": repeat_of(record),
    }


def _study_summary(document: StudyDocument) -> list[str]:
    targets = ", ".join(f"{100 * target:g}%" for target in document.targets)
    where = "validation images" if document.metric == "val_accuracy" else "training images"
    return [f"Epochs that each setting needed to reach {targets} accuracy on {where}."]


def _search_summary(document: SearchDocument) -> list[str]:
    best = document.best
    if best is None or best.mean_accuracy is None:
        return ["No setting has finished."]
    values = settings_text(best.params)
    spread = f" ± {100 * best.std:.2f}" if best.std is not None else ""
    settings = counted(document.trials, "setting")
    said = [
        f"The best of {settings} is {values}: accuracy {100 * best.mean_accuracy:.2f}%{spread} on the "
        "held-out images."
    ]
    tied = [row for row in document.results if row.tied and row.params != best.params]
    if tied:
        said.append(
            f"{counted(len(tied), 'other setting is', 'other settings are')} not measurably worse, given the noise "
            "between folds, so a cheaper or simpler one is just as good a choice."
        )
    said.append(
        "The score of the best setting is slightly too high, because the setting was chosen by this score. For a "
        "reliable score, train a model with this setting and test it."
    )
    return said
