"""Explanations of images: pictures and raw maps in a folder, and a document that names them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.atomic import write_bytes
from convonet.data.decode import read_image
from convonet.data.pool import Meter
from convonet.data.sources import scan_images
from convonet.documents.explanation import (
    ExplainDocument,
    ExplainedImage,
    ExplanationFiles,
    ExplanationRow,
    FaithfulnessCheck,
)
from convonet.documents.predictions import UnreadableImage
from convonet.errors import Cancelled, DataError
from convonet.events import FileSaved, StageStarted, Watch
from convonet.explaining import (
    ExplainedModel,
    Explainer,
    ExplainSettings,
    Explanation,
    explain_images,
    find_explainer,
)
from convonet.explaining.base import BATCH_SIZE
from convonet.nets.backend import set_threads
from convonet.params.data_params import PixelParams
from convonet.plots.explaining import DeletionCurves, heat_figure, overlay
from convonet.plots.figures import save_figure
from convonet.runs import Run
from convonet.tasks.explain_tasks import ExplainTask

STAGE = "explain"
DOCUMENT = "explanations.json"


def work(run: Run, task: ExplainTask, watch: Watch) -> ExplainDocument:
    """Explain every image; the answer names the files, which lie in `folder`."""
    explainer = find_explainer(task.method)
    if task.threads is not None:
        set_threads(task.threads)
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    model = ExplainedModel.open(
        Path(task.model),
        scaling=task.scaling,
        classes=task.classes or None,
        threads=task.threads,
        watch=watch,
    )
    paths = scan_images([Path(path) for path in task.paths]).paths
    folder = Path(task.out) if task.out else run.file("explanations")
    watch.tell(StageStarted(stage=STAGE, title=f"Explaining with {explainer.title}"))
    rows: list[ExplanationRow] = []
    try:
        _explain_all(model, task, paths, folder, rows, watch)
    except Cancelled:
        _keep(folder, explainer, rows, watch)
        raise
    return _keep(folder, explainer, rows, watch)


def _explain_all(
    model: ExplainedModel,
    task: ExplainTask,
    paths: tuple[Path, ...],
    folder: Path,
    rows: list[ExplanationRow],
    watch: Watch,
) -> None:
    """Append the row of each image, in their order; those of a batch that was stopped are left out."""
    meter = Meter(watch, STAGE, len(paths))
    for start in range(0, len(paths), BATCH_SIZE):
        rows += _some(model, task, paths[start : start + BATCH_SIZE], start, folder, watch)
        meter.tell(len(rows))


def _keep(
    folder: Path, explainer: Explainer, rows: Sequence[ExplanationRow], watch: Watch
) -> ExplainDocument:
    """Write the document of what is explained by now."""
    answer = ExplainDocument(
        method=explainer.name,
        title=explainer.title,
        meaning=explainer.meaning,
        folder=str(folder.resolve()),
        explanations=tuple(rows),
    )
    answer.write(folder / DOCUMENT)
    watch.tell(FileSaved(path=str(folder / DOCUMENT), title="Explanations"))
    return answer


def _some(
    model: ExplainedModel, task: ExplainTask, paths: tuple[Path, ...], start: int, folder: Path, watch: Watch
) -> list[ExplanationRow]:
    """The rows of a few images."""
    read = [_read(path, model.info.pixels) for path in paths]
    known = [index for index, pixels in enumerate(read) if not isinstance(pixels, str)]
    rows: dict[int, ExplanationRow] = {
        index: UnreadableImage(path=str(paths[index]), error=pixels)
        for index, pixels in enumerate(read)
        if isinstance(pixels, str)
    }
    if not known:
        return list(rows.values())
    found = explain_images(
        model,
        np.stack([read[index] for index in known]),
        [str(paths[index]) for index in known],
        method=task.method,
        label=task.label,
        settings=ExplainSettings(task.layer, task.patch, task.stride),
        faithful=task.faithful,
        seed=task.seed,
        watch=watch,
    )
    for index, explanation in zip(known, found, strict=True):
        name = f"{start + index + 1:04d}_{_plain(paths[index].stem)}_{task.method}"
        rows[index] = _row(explanation, _save(explanation, task, folder, name))
    return [rows[index] for index in range(len(paths))]


def _read(path: Path, pixels: PixelParams) -> NDArray[np.uint8] | str:
    """An image as the network sees it, or why it cannot be had."""
    try:
        return read_image(path, pixels)
    except DataError as error:
        return error.what


def _plain(stem: str) -> str:
    """A file's name without what file systems dislike, in at most 60 letters."""
    return re.sub(r"[^\w.-]+", "_", stem)[:60]


def _save(explanation: Explanation, task: ExplainTask, folder: Path, name: str) -> ExplanationFiles:
    """Write the pictures and the raw map; their names."""
    files = ExplanationFiles(
        picture=f"{name}.png",
        overlay=f"{name}_overlay.png",
        heat=f"{name}_heat.png",
        image=f"{name}_image.png",
        values=f"{name}.npy",
    )
    explainer, checked = find_explainer(task.method), explanation.faithful
    figure = heat_figure(
        explanation.image,
        explanation.heat,
        answer=f"{explanation.predicted} ({100 * explanation.confidence:.1f}%)",
        title=f"{explainer.title} for {explanation.label} ({100 * explanation.probability:.1f}%)",
        meaning="" if explanation.layer is None else f"maps of {explanation.layer}",
        alpha=task.alpha,
        deletion=None
        if checked is None
        else DeletionCurves(checked.deletion.shares, checked.deletion.curve, checked.deletion.random_curve),
        sentence="" if checked is None else checked.sentence,
    )
    save_figure(figure, folder / files.picture)
    _save_pixels(folder / files.overlay, overlay(explanation.image, explanation.heat, task.alpha))
    _save_pixels(folder / files.heat, np.round(255 * explanation.heat).astype(np.uint8))
    _save_pixels(folder / files.image, explanation.image)
    values = io.BytesIO()
    np.save(values, explanation.values)
    write_bytes(folder / files.values, values.getvalue())
    return files


def _save_pixels(path: Path, pixels: NDArray[np.uint8]) -> None:
    content = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels).save(content, "PNG")
    write_bytes(path, content.getvalue())


def _row(explanation: Explanation, files: ExplanationFiles) -> ExplainedImage:
    checked = explanation.faithful
    return ExplainedImage(
        path=explanation.path,
        predicted=explanation.predicted,
        confidence=explanation.confidence,
        class_=explanation.label,
        probability=explanation.probability,
        layer=explanation.layer,
        faithful=None if checked is None else FaithfulnessCheck.of(asdict(checked)),
        files=files,
    )
