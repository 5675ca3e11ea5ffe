"""A model in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from convonet.errors import InputError
from convonet.events import FileSaved, StageStarted, Watch
from convonet.nets.export import export_onnx
from convonet.nets.net_model import NetModel
from convonet.runs import Run
from convonet.specs import ExportTask
from convonet.testing.models import sha256_of

FORMATS = ("onnx",)


def work(run: Run, task: ExportTask, watch: Watch) -> dict[str, Any]:
    """Write the file; the answer names it and the largest difference from keras that was seen."""
    if task.format not in FORMATS:
        raise InputError("There is no such format", expected=", ".join(FORMATS), received=task.format)
    path = Path(task.model)
    source = path / "model.keras" if path.is_dir() else path
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    model = NetModel.load(source, scaling=task.scaling)
    out = Path(task.out) if task.out else source.with_suffix(".onnx")
    if out.is_dir():
        out = out / f"{source.stem}.onnx"
    watch.tell(StageStarted(stage="export", title="Exporting to ONNX"))
    difference = export_onnx(model, out, samples=None, keras_sha256=sha256_of(source))
    watch.tell(FileSaved(path=str(out), title="ONNX model"))
    return {"format": task.format, "path": str(out), "largest_difference": difference}
