"""A model in another format."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from convonet.documents.exports import ExportDocument, Int8Export
from convonet.evaluation.models import keras_file, sha256_of
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


def work(run: Run, task: ExportTask, watch: Watch) -> ExportDocument | Int8Export:
    """Write it; the answer names it, and the images it was checked with.

    Raises:
        InputError: no such format, or what it needs is not installed; no such model or images.
        ModelFileError: it cannot be exported, or the export gives other answers; nothing is left then.
    """
    wanted = export_format(task.format, task.options)
    # Before minutes of work: a download that nobody allowed, or no browser, ends it.
    runtime = _runtime(task, watch) if wanted.name == "web" else None
    path = Path(task.model)
    source = keras_file(path)
    watch.tell(StageStarted(stage="model", title="Opening the model"))
    model = NetModel.load(source, scaling=task.scaling)
    watch.check()
    out = _target(wanted, source, task.out)
    if wanted.name == "onnx-int8":
        numbers = export_int8(model, out, task, watch)
        return Int8Export.of(numbers.to_dict() | {"format": wanted.name, "path": str(out)})
    samples = find_samples(task, model.info, watch)
    watch.check()
    watch.tell(StageStarted(stage="export", title=f"Exporting to {wanted.title}"))
    answer = _Exporting(model, out, samples, sha256_of(source)).write(wanted, task, runtime, watch)
    watch.tell(FileSaved(path=str(out), title=f"{wanted.title} export"))
    return answer


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
    ) -> ExportDocument:
        """Write it; the answer says how it was checked."""
        answer = ExportDocument(
            format=wanted.name,
            path=str(self.out),
            images=len(self.samples.images) if self.samples else 0,
            samples=self.samples.source if self.samples else MADE_UP,
        )
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
            return answer.changed(
                largest_difference=made.difference, browser=made.browser, golden_samples=made.golden
            )
        return answer.changed(largest_difference=self._largest_difference(wanted))

    def _largest_difference(self, wanted: ExportFormat) -> float:
        """Write any format but that of a web page; the largest difference of a probability from Keras."""
        if wanted.name == "folder":
            return export_folder(self.model, self.out, self.samples, self.keras_sha256)
        images, source = (self.samples.images, self.samples.source) if self.samples else (None, MADE_UP)
        if wanted.name == "onnx":
            return export_onnx(
                self.model, self.out, samples=images, source=source, keras_sha256=self.keras_sha256
            )
        return export_as(
            wanted.name,
            self.model,
            self.out,
            samples=images,
            source=source,
            keras_sha256=self.keras_sha256,
        )
