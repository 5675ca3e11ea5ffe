"""Prediction of new images and folders of images."""

from __future__ import annotations

from pathlib import Path

from convonet.data.sources import scan_images
from convonet.documents.predictions import PredictionRow
from convonet.evaluation.models import open_predictor
from convonet.evaluation.prediction import predict_files
from convonet.events import StageStarted, Watch
from convonet.runs import Run
from convonet.tasks import PredictTask


def work(run: Run, task: PredictTask, watch: Watch) -> dict[str, list[PredictionRow]]:
    """Predict; the answer is the list of predictions, in the order of the paths."""
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    predictor = open_predictor(
        Path(task.model),
        scaling=task.scaling,
        classes=task.classes or None,
        threads=task.threads,
        watch=watch,
    )
    files = scan_images([Path(path) for path in task.paths])
    watch.tell(StageStarted(stage="predict", title="Predicting"))
    predictions = predict_files(predictor, files, top=task.top, unsure_below=task.unsure_below, watch=watch)
    return {"predictions": predictions}
