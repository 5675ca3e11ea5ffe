"""The values of a model's report: of a training with its test, or of a test alone."""

from __future__ import annotations

from heapq import nlargest
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from convonet.csv_files import csv_rows
from convonet.documents.evaluation import SPLIT_TITLES, EvaluationDocument, SetsTable
from convonet.documents.run_record import RunRecord
from convonet.documents.summary import TrainingSummary, Tried
from convonet.events import RunState, state_label
from convonet.params import DataParams
from convonet.reports.card import model_card
from convonet.reports.card_facts import known_facts
from convonet.reports.figures import calibration_charts, ranking_charts, training_charts
from convonet.reports.images import images_of, root_of
from convonet.reports.page import TemplateValues, between, percent
from convonet.reports.pictures import Pictures, file_uri
from convonet.reports.repeat import repeat_of
from convonet.runs import Run
from convonet.runs.sets_table import sets_table
from convonet.runs.summary import summary_of
from convonet.runs.untested import untested
from convonet.tasks import Split, TrainTask
from convonet.text import counted

_MISTAKES = 40
_MOST_CELLS = 20


class MistakePicture(NamedTuple):
    """An incorrect prediction; `picture` is None where the image is no longer there."""

    path: str
    true: str
    predicted: str
    confidence: float
    picture: str | None = None


def model_page(run: Run) -> TemplateValues:
    """What the template `model.html` needs."""
    record, tested = run.read(), EvaluationDocument.best_in(run.folder)
    history = run.history()
    trained = history.epochs > 0
    # The head of a frozen backbone is fitted at once: its history has one row and no curve.
    fitted = record.plan is not None and history.epochs == 1
    sets = sets_table(record.scores)
    images = images_of(run, record, tested)
    network = run.file("summary.txt")
    outcome = summary_of(run, record) if record.kind == TrainTask.kind else None
    return {
        "kind": record.kind,
        "state": state_words(run, record),
        "started": record.day,
        "summary": _summary(run, record, tested, sets),
        "outcome": outcome,
        "several": outcome is not None and sum(one.state == "done" for one in outcome.tried) > 1,
        "result_of": lambda one: _result_of(one, outcome),
        "images": images,
        "network": network.read_text(encoding="utf-8") if network.is_file() else None,
        "drawing": file_uri(run.file("network.png")),
        "training": [chart.svg() for chart in training_charts(history, record.model_epoch)]
        if trained and not fitted
        else [],
        "trained": trained,
        "fitted": fitted,
        "epochs": history.epochs,
        "record": record,
        "sets": sets,
        "tested": tested,
        "matrix": None if tested is None else _matrix(run, tested),
        "ranking": [] if tested is None else [chart.svg() for chart in ranking_charts(tested)],
        "calibration": [] if tested is None else [chart.svg() for chart in calibration_charts(tested)],
        "mistakes": [] if tested is None else _mistakes(run, record, tested),
        "repeat": repeat_of(record),
        "card": model_card(run.path, known_facts(record, tested, images)),
    }


def state_words(run: Run, record: RunRecord) -> str:
    """How the run ended, where it did not end well; a report is also made just before the end."""
    state = run.state(record)
    return "" if state in (RunState.DONE, RunState.RUNNING) else state_label(state)


def _ending(split: str) -> str:
    return "" if split == "test" else f"_{split}"


def _result_of(one: Tried, outcome: TrainingSummary | None) -> str:
    """What the table says of a candidate; the reason of the choice stands below it once."""
    if outcome is not None and outcome.why and one.result.lower() == outcome.why.lower():
        return "not chosen"
    return one.result if one.state in ("done", "waiting") else f"{one.state}: {one.result}"


def _summary(run: Run, record: RunRecord, tested: EvaluationDocument | None, sets: SetsTable) -> list[str]:
    """Plain sentences, the honest one first."""
    sentences = []
    if tested is not None:
        low, _ = tested.accuracy_interval
        which = SPLIT_TITLES[tested.split]
        sentences.append(
            f"{which.capitalize()} accuracy {percent(tested.accuracy)} on {counted(tested.images, 'image')} "
            f"(95% CI {between(tested.accuracy_interval)}). Always predicting the most common class gives "
            f"{percent(tested.baseline_accuracy)}."
        )
        # The lower bound decides, since an accuracy a little above the baseline may be chance.
        if low <= tested.baseline_accuracy:
            sentences.append("The model is not clearly better than this baseline.")
        if tested.split != "test":
            sentences.append("These are not test images, so the accuracy on new images is probably lower.")
        sentences.append(tested.confidence_sentence)
    else:
        training = record.scores.training
        seen = training.val_accuracy if training else None
        sentences.append("The model was not tested, so its accuracy on new images is not known.")
        if record.kind == TrainTask.kind and (skipped := untested(run, record)):
            sentences.append(f"The test images were not used: {skipped.reason}")
        if seen is not None:
            sentences.append(
                f"{percent(seen)} of the validation images, which were used to choose the model, were predicted "
                "correctly."
            )
    if sets.sentence:
        sentences.append(sets.sentence)
    return sentences


def _matrix(run: Run, tested: EvaluationDocument) -> TemplateValues:
    """The confusion matrix as cells, or as a picture where the cells would be too many to read."""
    classes, counts = tested.classes, tested.confusion_matrix
    if len(classes) > _MOST_CELLS:
        return {"picture": file_uri(run.file(f"confusion_matrix{_ending(tested.split)}.png")), "rows": []}
    rows = [
        (name, [(count, count / max(sum(row), 1), place == column) for column, count in enumerate(row)])
        for place, (name, row) in enumerate(zip(classes, counts, strict=True))
    ]
    return {"picture": None, "rows": rows}


def worst_mistakes(run: Run, tested: EvaluationDocument, most: int) -> list[MistakePicture]:
    """Incorrect predictions without their pictures, highest confidence first; empty where there is no file."""
    file = run.file(f"predictions{_ending(tested.split)}.csv")
    if not file.is_file():
        return []
    with file.open(encoding="utf-8", newline="") as lines:
        _, *rows = csv_rows(lines, len(MistakePicture._fields) - 1)
    mistakes = (
        MistakePicture(path, true, predicted, float(confidence))
        for path, true, predicted, confidence in rows
        if true != predicted
    )
    return nlargest(most, mistakes, key=attrgetter("confidence"))


def tested_root(record: RunRecord, tested: EvaluationDocument) -> Path | None:
    """What the paths of the predictions are relative to; None where the set is no longer there."""
    data = DataParams.of({k: v for k, v in (record.params.data or {}).items() if k != "format_version"})
    return root_of(data, tested.split if tested.split != "val" else _home_of_val(record), record)


def _mistakes(run: Run, record: RunRecord, tested: EvaluationDocument) -> list[MistakePicture]:
    """Incorrect predictions, highest confidence first, each with its picture."""
    worst, root = worst_mistakes(run, tested, _MISTAKES), tested_root(record, tested)
    pictures = None if root is None else Pictures(root)
    return worst if pictures is None else [one._replace(picture=pictures.uri(one.path)) for one in worst]


def _home_of_val(record: RunRecord) -> Split:
    """Held-out validation images lie among the training images."""
    return "train" if record.set_record("val") is None else "val"
