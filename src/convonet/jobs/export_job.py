"""A model in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convonet.evaluation.models import sha256_of
from convonet.events import FileSaved, StageStarted, Watch
from convonet.jobs.export_folder import export_folder
from convonet.jobs.export_samples import Samples, find_samples
from convonet.nets.export import MADE_UP, export_onnx
from convonet.nets.exporters import export_as
from convonet.nets.net_model import NetModel
from convonet.runs import Run
from convonet.tasks import ExportTask
from convonet.tasks.export_formats import ExportFormat, export_format


def work(run: Run, task: ExportTask, watch: Watch) -> dict[str, Any]:
    """Write it; the answer names it, and the images it was checked with.

    Raises:
        InputError: no such format, or what it needs is not installed; no such model or images.
        ModelFileError: it cannot be exported, or the export gives other answers; nothing is left then.
    """
    wanted = export_format(task.format)
    path = Path(task.model)
    source = path / "model.keras" if path.is_dir() else path
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    model = NetModel.load(source, scaling=task.scaling)
    watch.check()
    samples = find_samples(task, model.info, watch)
    out = _target(wanted, source, task.out)
    watch.check()
    watch.tell(StageStarted(stage="export", title=f"Exporting to {wanted.title}"))
    difference = _export(wanted, model, out, samples, sha256_of(source))
    watch.tell(FileSaved(path=str(out), title=f"{wanted.title} export"))
    return {
        "format": wanted.name,
        "path": str(out),
        "largest_difference": difference,
        "images": len(samples.images) if samples else 0,
        "samples": samples.source if samples else MADE_UP,
    }


def _target(wanted: ExportFormat, source: Path, out: str | None) -> Path:
    """Where it goes: a folder that is there takes a file under the model's own name."""
    if not wanted.suffix:
        return Path(out) if out else source.parent / f"{source.stem}-export"
    if out is None:
        return source.with_suffix(wanted.suffix)
    path = Path(out)
    if path.is_dir():
        return path / f"{source.stem}{wanted.suffix}"
    return path if path.suffix == wanted.suffix else path.with_name(path.name + wanted.suffix)


def _export(
    wanted: ExportFormat, model: NetModel, out: Path, samples: Samples | None, keras_sha256: str
) -> float:
    if wanted.name == "folder":
        return export_folder(model, out, samples, keras_sha256)
    images, source = (samples.images, samples.source) if samples else (None, MADE_UP)
    if wanted.name == "onnx":
        return export_onnx(model, out, samples=images, source=source, keras_sha256=keras_sha256)
    return export_as(wanted.name, model, out, samples=images, source=source, keras_sha256=keras_sha256)
