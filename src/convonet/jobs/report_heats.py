"""Which parts of the worst mistakes counted, for the report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from convonet.data.decode import read_image
from convonet.documents.evaluation import EvaluationDocument
from convonet.errors import Cancelled, ConvonetError, DataError, InputError
from convonet.events import StageStarted, Warned, Watch
from convonet.plots.explaining import overlay
from convonet.reports.model_report import tested_root, worst_mistakes
from convonet.reports.pictures import MistakeHeats, array_uri
from convonet.runs import Run
from convonet.tasks import EvaluateTask

_MOST = 6
_SIDE = 160
_METHODS = ("grad_cam", "saliency")
"""Tried in this order: Grad-CAM needs a layer of feature maps, which some networks do not have."""


def mistake_heats(run: Run, watch: Watch) -> MistakeHeats | None:
    """Heat maps for what the model predicted incorrectly; None where there is nothing to explain, or it cannot be.

    Raises:
        Cancelled: the watch says so.
    """
    try:
        tested = EvaluationDocument.best_in(run.folder)
        root = None if tested is None else tested_root(run.read(), tested)
        if tested is None or root is None or not root.is_dir():
            return None
        paths = [one.path for one in worst_mistakes(run, tested, _MOST)]
        return _explained(run, root, paths, watch) if paths else None
    except Cancelled:
        raise
    except ConvonetError as error:
        # A report without heat maps is better than none.
        watch.tell(Warned(message=f"The report has no heat maps: {error.sentence()}", subject="report"))
        return None


def _explained(run: Run, root: Path, paths: list[str], watch: Watch) -> MistakeHeats | None:
    # Explaining loads keras, which a report without mistakes does not need.
    from convonet.explaining import ExplainedModel, explain_images, find_explainer

    watch.tell(StageStarted(stage="explain", title="Explaining the worst mistakes"))
    task = run.task()
    model = (
        ExplainedModel.open(Path(task.model), scaling=task.scaling, classes=task.classes or None, watch=watch)
        if isinstance(task, EvaluateTask)
        else ExplainedModel.open(run.path, watch=watch)
    )
    images = {}
    for path in paths:
        try:
            images[path] = read_image(root / path, model.info.pixels)
        except DataError:
            # It is no longer there; the list of mistakes says so.
            continue
    if not images:
        return None
    pixels = np.stack(list(images.values()))
    for method in _METHODS:
        try:
            found = list(explain_images(model, pixels, list(images), method=method, watch=watch))
        except InputError:
            continue
        pictures = {one.path: array_uri(overlay(one.image, one.heat), _SIDE) for one in found}
        return MistakeHeats(find_explainer(method).title, pictures)
    return None
