"""Models whose files lie on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from convonet.atomic import replacing
from convonet.params.data_params import Scaling
from convonet.runs import Run
from convonet.session.opened import MODEL_FILE, OpenedModel, open_model


class LocalModels:
    """Run folders and model files."""

    def open(
        self, path: Path, *, scaling: Scaling | None = None, classes: Sequence[str] | None = None
    ) -> OpenedModel:
        """Look at a run folder or model file. Raises ModelFileError."""
        return open_model(path, scaling, classes)

    def is_in(self, run: Run) -> bool:
        """Whether the run folder holds a model."""
        return run.file(MODEL_FILE).is_file()

    def onnx_path(self, model: OpenedModel) -> Path | None:
        """The ONNX file beside the model, where there is one."""
        return model.onnx

    def fetch_onnx(self, model: OpenedModel) -> Path | None:
        """The same: it is here already."""
        return model.onnx

    def save(self, model: OpenedModel, target: Path) -> list[Path]:
        """Copy the model, and its ONNX file beside it. Raises OutputError."""
        # Readers tell the format by the ending, so a name without one gets the model's own.
        target = target if target.suffix else target.with_suffix(model.file.suffix)
        pairs = [(model.file, target)]
        # A model that is an ONNX file itself would be copied twice.
        if model.onnx is not None and model.onnx != model.file:
            pairs.append((model.onnx, target.with_suffix(".onnx")))
        for source, copy in pairs:
            with replacing(copy) as temporary:
                shutil.copyfile(source, temporary)
        return [copy for _, copy in pairs]
