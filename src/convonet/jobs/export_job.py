"""A model in another format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convonet.evaluation.models import sha256_of
from convonet.events import FileSaved, StageStarted, Watch
from convonet.exporting.folder import export_folder
from convonet.exporting.runtime import find_runtime
from convonet.exporting.samples import Samples, find_samples
from convonet.exporting.web import export_web
from convonet.jobs.export_int8 import export_int8
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
    wanted = export_format(task.format, task.options)
    # Before minutes of work: a download that nobody allowed, or no browser, ends it.
    runtime = _runtime(task, watch) if wanted.name == "web" else None
    path = Path(task.model)
    source = path / "model.keras" if path.is_dir() else path
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    model = NetModel.load(source, scaling=task.scaling)
    watch.check()
    out = _target(wanted, source, task.out)
    if wanted.name == "onnx-int8":
        return {"format": wanted.name, "path": str(out)} | export_int8(model, out, task, watch)
    samples = find_samples(task, model.info, watch)
    watch.check()
    watch.tell(StageStarted(stage="export", title=f"Exporting to {wanted.title}"))
    found = _Exporting(model, out, samples, sha256_of(source)).write(wanted, task, runtime, watch)
    watch.tell(FileSaved(path=str(out), title=f"{wanted.title} export"))
    return {
        "format": wanted.name,
        "path": str(out),
        "images": len(samples.images) if samples else 0,
        "samples": samples.source if samples else MADE_UP,
        **found,
    }


def _runtime(task: ExportTask, watch: Watch) -> Path:
    source = Path(task.runtime) if task.runtime else None
    return find_runtime(source=source, fetch=task.fetch, watch=watch)


def _target(wanted: ExportFormat, source: Path, out: str | None) -> Path:
    """Where it goes: a folder that is there takes a file under the model's own name."""
    if not wanted.suffix:
        return Path(out) if out else source.parent / f"{source.stem}-{wanted.folder_word}"
    if out is None:
        return source.with_suffix(wanted.suffix)
    path = Path(out)
    if path.is_dir():
        return path / f"{source.stem}{wanted.suffix}"
    last = "." + wanted.suffix.rpartition(".")[2]
    return path if path.suffix == last else path.with_name(path.name + wanted.suffix)


@dataclass(frozen=True)
class _Exporting:
    """What every format is written from."""

    model: NetModel
    out: Path
    samples: Samples | None
    keras_sha256: str

    def write(
        self, wanted: ExportFormat, task: ExportTask, runtime: Path | None, watch: Watch
    ) -> dict[str, Any]:
        """Write it; the answer says what is known of its quality."""
        if wanted.name == "folder":
            difference = export_folder(self.model, self.out, self.samples, self.keras_sha256)
            return {"largest_difference": difference}
        if runtime is not None:
            made = export_web(
                self.model,
                self.out,
                self.samples,
                self.keras_sha256,
                runtime=runtime,
                unchecked=task.unchecked,
                watch=watch,
            )
            return {
                "largest_difference": made.difference,
                "browser": made.browser,
                "golden_samples": made.golden,
            }
        images, source = (self.samples.images, self.samples.source) if self.samples else (None, MADE_UP)
        given: dict[str, Any] = {"samples": images, "source": source, "keras_sha256": self.keras_sha256}
        if wanted.name == "onnx":
            return {"largest_difference": export_onnx(self.model, self.out, **given)}
        return {"largest_difference": export_as(wanted.name, self.model, self.out, **given)}
