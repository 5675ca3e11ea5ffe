"""The learning-rate finder on the training images."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from convonet.documents.drawings import RateCurveDocument
from convonet.events import FileSaved, StageStarted, Watch
from convonet.inference.net_input import NetInput
from convonet.jobs.training_images import training_images
from convonet.nets.backend import set_threads
from convonet.nets.registry import create_model
from convonet.plots.figures import save_figure
from convonet.plots.rates import finder_figure
from convonet.runs import Run
from convonet.tasks.technique_tasks import FindRateTask
from convonet.training.rate_finder import STAGE, find_rate


def work(run: Run, task: FindRateTask, watch: Watch) -> RateCurveDocument:
    """Try the rates and draw the curve; the answer is the curve and the suggestion."""
    if task.threads is not None:
        set_threads(task.threads)
    given = training_images(task.data, watch)
    model = create_model(task.hyper, NetInput.of(task.data, given.pixels, given.prepared.classes))
    watch.tell(StageStarted(stage=STAGE, title="Trying learning rates"))
    curve = find_rate(model, task.hyper, given.rows, watch, low=task.low, high=task.high, steps=task.steps)
    path = Path(task.out) if task.out else run.file("rate_finder.png")
    save_figure(finder_figure(curve.rates, curve.losses, curve.suggested), path)
    watch.tell(FileSaved(path=str(path), title="Loss at increasing learning rates"))
    return RateCurveDocument(**asdict(curve), path=str(path))
