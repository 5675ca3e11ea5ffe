"""The picture that excites a channel, beside what test images reach."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.atomic import write_bytes
from convonet.data.data_prep import prepare
from convonet.data.sources import has_set, scan_set
from convonet.documents.explanation import DreamDocument, DreamedChannel
from convonet.errors import DataError, InputError
from convonet.events import FileSaved, StageStarted, Watch
from convonet.explaining.dream import STAGE, Dream, channel_names, dream
from convonet.explaining.explained_model import ExplainedModel
from convonet.nets.backend import set_threads
from convonet.nets.net_model import NetModel
from convonet.params import DataParams
from convonet.plots.figures import FINE_DPI, save_figure
from convonet.plots.layers import dream_figure
from convonet.runs import RECORD, Run
from convonet.tasks import Split, TrainTask
from convonet.tasks.explain_tasks import DreamTask
from convonet.text import counted

_COMPARED = 100
_SIDE_BY_SIDE = 12


def work(run: Run, task: DreamTask, watch: Watch) -> DreamDocument:
    """Dream; the answer names the pictures and what each reached."""
    if task.threads is not None:
        set_threads(task.threads)
    if task.steps < 1:
        raise InputError(
            "The number of steps is too small", where="steps", expected="1 or more", received=task.steps
        )
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    model = ExplainedModel.open(Path(task.model), scaling=task.scaling, watch=watch).network
    called = channel_names(model, task.layer)
    channels = list(range(min(len(called), _SIDE_BY_SIDE))) if task.channel is None else [task.channel]
    images = _test_images(task, model, watch)
    watch.tell(StageStarted(stage=STAGE, title="Generating the image"))
    dreams = dream(model, task.layer, channels, steps=task.steps, seed=task.seed, images=images, watch=watch)
    path = Path(task.out) if task.out else run.file("dream.png")
    names = [_sentence(one, called[one.channel]) for one in dreams]
    title = _title(dreams[0].layer, 0 if images is None else len(images))
    figure = dream_figure(np.stack([one.pixels for one in dreams]), names, title=title)
    save_figure(figure, path, FINE_DPI)
    watch.tell(FileSaved(path=str(path), title="What activates a channel"))
    return DreamDocument(
        path=str(path),
        layer=dreams[0].layer,
        channels=len(called),
        compared=0 if images is None else len(images),
        seed=task.seed,
        dreams=tuple(_saved(one, called[one.channel], path) for one in dreams),
    )


def _test_images(task: DreamTask, model: NetModel, watch: Watch) -> NDArray[np.uint8] | None:
    """Up to a hundred test images, evenly from all of them; None where there are none to be had."""
    data = task.data or _trained_on(Path(task.model))
    if data is None:
        return None
    split: Split = "test" if has_set(data, "test") else "train"
    try:
        listing = scan_set(data, split, watch=watch)
        rows = np.linspace(0, len(listing) - 1, min(_COMPARED, len(listing))).astype(np.int64)
        some = listing.select(rows)
        return np.asarray(prepare(some, model.info.pixels, name=split, every_class=False, watch=watch).images)
    except DataError:
        # A model outlives its images: without them there is only nothing to compare with.
        if task.data is not None:
            raise
        return None


def _trained_on(path: Path) -> DataParams | None:
    task = Run.open(path).task() if (path / RECORD).is_file() else None
    return task.data if isinstance(task, TrainTask) else None


def _title(layer: str, compared: int) -> str:
    said = f"What activates {layer}: mean activation"
    return f"{said}, compared with the best of {counted(compared, 'image')}" if compared else said


def _sentence(one: Dream, name: str) -> str:
    said = f"{name}: {one.reached:.3g}"
    return said if one.best is None else f"{said} ({one.best:.3g})"


def _saved(one: Dream, name: str, path: Path) -> DreamedChannel:
    """The picture alone, as the network takes it, in a file of its own; its row of the document."""
    file = path.with_name(f"{path.stem}_{one.channel}{path.suffix or '.png'}")
    content = io.BytesIO()
    Image.fromarray(one.pixels[:, :, 0] if one.pixels.shape[2] == 1 else one.pixels).save(content, "PNG")
    write_bytes(file, content.getvalue())
    return DreamedChannel(
        channel=one.channel,
        name=name,
        file=str(file),
        start=one.start,
        reached=one.reached,
        best_image=one.best,
    )
