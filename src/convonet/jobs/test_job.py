"""The testing job: read a set with the model's classes and pixels, score it, write the files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.places import place_of
from convonet.data.sources import scan_set
from convonet.data.split import split_rows
from convonet.errors import DataError
from convonet.events import FileSaved, StageStarted, Watch
from convonet.inference.model_info import ModelInfo
from convonet.plots.results import save_confusion
from convonet.runs import RECORD, Run
from convonet.specs import TestTask, TrainTask
from convonet.testing.evaluation import Evaluation
from convonet.testing.models import open_predictor
from convonet.testing.net_testing import evaluate
from convonet.testing.writing import write_evaluation


def work(run: Run, task: TestTask, watch: Watch) -> dict[str, Any]:
    """Evaluate; files go into the run folder `task.into` where given, else into this run's."""
    with _held(Path(task.into) if task.into else run.path, run) as owner:
        return evaluate_into(owner.path, task, watch, run=owner).to_dict() | {"run": str(owner.path)}


def evaluate_into(folder: Path, task: TestTask, watch: Watch, *, run: Run | None = None) -> Evaluation:
    """Evaluate and write the files into `folder`; a run given by `run` also remembers the scores.

    Raises:
        ConvonetError: no such model or set, or they do not belong together.
    """
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    predictor = open_predictor(Path(task.model), scaling=task.scaling, threads=task.threads, watch=watch)
    watch.tell(StageStarted(stage="scan", title="Looking at the folders"))
    prepared = _prepared(task, predictor.info, watch)
    watch.tell(StageStarted(stage="test", title="Testing"))
    result = evaluate(
        predictor,
        prepared,
        split=task.split,
        top_k=task.top_k,
        positive=task.positive,
        threshold=task.threshold,
        watch=watch,
    )
    for path in write_evaluation(folder, result):
        watch.tell(FileSaved(path=path.name, title="Result"))
    picture = folder / (
        "confusion_matrix.png" if task.split == "test" else f"confusion_matrix_{task.split}.png"
    )
    save_confusion(picture, result.confusion_matrix, result.classes)
    watch.tell(FileSaved(path=picture.name, title="Confusion matrix"))
    if run is not None:
        run.update(scores=run.read()["scores"] | {task.split: _scores(result)})
    return result


@contextlib.contextmanager
def _held(folder: Path, run: Run) -> Iterator[Run]:
    """The run in a folder, held while its files are written; `run` itself is held by whoever runs it."""
    if folder == run.path:
        yield run
        return
    owner = Run.open(folder)
    with owner.lock():
        yield owner


def _prepared(task: TestTask, info: ModelInfo, watch: Watch) -> PreparedSet:
    """The asked set in the model's classes and pixels. Held-out images are found again by the split's seed."""
    own = task.data
    held_out = task.split != "test" and place_of(own, "val") is None
    if not held_out:
        listing = scan_set(own, task.split, classes=info.classes or None, watch=watch)
        return prepare(listing, info.pixels, name=task.split, watch=watch)
    listing = scan_set(own, "train", classes=info.classes or None, watch=watch)
    prepared = prepare(listing, info.pixels, name="train", watch=watch)
    if _trained_on_all(task):
        if task.split == "val":
            raise DataError(
                "No image was held out: this model was trained on all of them",
                where=own.train_dir,
                hint="Give a validation folder, or test on other images",
            )
        return prepared
    kept, held_rows = split_rows(prepared.labels, own.validation_share, own.split_seed)
    return prepared.select(held_rows if task.split == "val" else kept)


def _trained_on_all(task: TestTask) -> bool:
    """Whether the model comes from a run on these images that held none out."""
    if not (Path(task.model) / RECORD).is_file():
        return False
    job = Run(Path(task.model)).task()
    return isinstance(job, TrainTask) and not job.validation and job.data.train_dir == task.data.train_dir


def _scores(result: Evaluation) -> dict[str, object]:
    keys = (
        "accuracy",
        "accuracy_interval",
        "baseline_accuracy",
        "loss",
        "macro_f1",
        "auc",
        "images",
        "threshold",
    )
    values = result.to_dict()
    return {key: values[key] for key in keys}
