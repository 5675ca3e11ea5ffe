"""The model that is in use, and what it says of itself; read without keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from convonet.errors import ModelFileError
from convonet.inference.keras_file import read_info
from convonet.inference.labels import labels_beside
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_file import read_onnx_info
from convonet.params.data_params import Scaling
from convonet.runs import RECORD, Run
from convonet.runs.naming import title_of

MODEL_FILE = "model.keras"


@dataclass(frozen=True)
class OpenedModel:
    """A model that was looked at; its network is not built.

    Attributes:
        path: a run folder or a model file; of a server: the copy of the run folder, or the file's path there.
        info: what the file says of itself; None for one that was made elsewhere.
        scaling: what the person says of a file that does not tell how pixels are scaled.
        classes: the names that the person gives to a file that holds none; empty: those of the set.
    """

    path: Path
    info: ModelInfo | None = None
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()

    @property
    def run(self) -> Run | None:
        """The run it belongs to, None for a file."""
        return Run(self.path) if (self.path / RECORD).is_file() else None

    @property
    def file(self) -> Path:
        """The Keras or ONNX file itself."""
        return self.path / MODEL_FILE if self.path.is_dir() else self.path

    @property
    def name(self) -> str:
        """Of its folder or file."""
        return self.path.name

    @cached_property
    def title(self) -> str:
        """What people call it: as its run is called in lists, else the name of the file."""
        run = self.run
        return self.name if run is None else title_of(run)

    @property
    def onnx(self) -> Path | None:
        """The file for prediction without keras, where there is one."""
        file = self.file.with_suffix(".onnx")
        return file if file.is_file() else None


def open_model(
    path: Path, scaling: Scaling | None = None, classes: Sequence[str] | None = None
) -> OpenedModel:
    """Look at a run folder or model file. Whether the network can be built shows when it is used.

    Args:
        classes: names for a model that holds none; None: those of the `labels.txt` or `NAME_labels.txt` beside it.

    Raises:
        ModelFileError: nothing there that is a model.
    """
    found = OpenedModel(path.resolve(), scaling=scaling)
    if path.is_dir() and not found.file.is_file():
        raise ModelFileError(
            "There is no model in this folder",
            where=path,
            expected=f"a run folder with {MODEL_FILE}",
            hint="A run has no model if it failed, was interrupted, or was stopped before a model was saved",
        )
    if not found.file.is_file():
        raise ModelFileError("There is no such model", where=path, expected="a run folder or a model file")
    if found.file.suffix.lower() not in (".keras", ".h5", ".hdf5", ".onnx"):
        raise ModelFileError("This file is not a model", where=path, expected="a .keras, .h5 or .onnx file")
    info = _info(found.file)
    if info is not None and info.classes:
        return OpenedModel(found.path, info, scaling)
    names = labels_beside(found.file) if classes is None else tuple(classes)
    return OpenedModel(found.path, info, scaling, names)


def _info(file: Path) -> ModelInfo | None:
    if file.suffix.lower() == ".onnx":
        return read_onnx_info(file)
    if file.suffix.lower() != ".keras":
        return None
    return read_info(file)
