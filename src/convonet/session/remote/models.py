"""Models on a server. Their files are large: each is fetched when it is asked for, and not before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convonet.inference.model_info import ModelInfo
from convonet.params.data_params import Scaling
from convonet.runs import RECORD, Run
from convonet.session.opened import OpenedModel
from convonet.session.remote.client import Client
from convonet.session.remote.images import path_there
from convonet.session.remote.mirror import Mirror


@dataclass(frozen=True)
class _Source:
    """Where a model comes from.

    Attributes:
        there: the server's word for it: the id of its run, or its path.
        onnx: where the copy of its ONNX file is or will be; None: it has none.
    """

    there: str
    onnx: Path | None


class RemoteModels:
    """Run folders and model files below a server's root."""

    def __init__(self, client: Client, mirror: Mirror) -> None:
        self._client, self._mirror = client, mirror
        self._sources: dict[Path, _Source] = {}

    def open(
        self, path: Path, *, scaling: Scaling | None = None, classes: Sequence[str] | None = None
    ) -> OpenedModel:
        """A run, or a model file. Asks the server unless it is a copy of a run that was fetched before."""
        if path.is_relative_to(self._mirror.folder):
            document = self._mirror.model(self._mirror.id_of(path))
        else:
            document = self._client.get("/models", path=path_there(path))
        path, kept = self._paths(document)
        onnx = kept / "model.onnx" if document["onnx"] else None
        self._sources[path] = _Source(document["run"] or document["path"], onnx)
        info = ModelInfo.from_json(json.dumps(document["info"])) if document["info"] else None
        return OpenedModel(path, info, scaling, tuple(classes or ()))

    def _paths(self, document: dict[str, Any]) -> tuple[Path, Path]:
        """What stands for the model here, and the folder that gets its files."""
        run = document["run"]
        if run is None:
            return Path(document["path"]), self._mirror.path("model")
        if not self._mirror.path(run).joinpath(RECORD).is_file():
            self._mirror.light(run)
        return self._mirror.path(run), self._mirror.path(run)

    def is_in(self, run: Run) -> bool:
        """Whether the run had a model when it was last fetched."""
        return self._mirror.has_model(run.id)

    def onnx_path(self, model: OpenedModel) -> Path | None:
        """Where the copy is or will be."""
        return self._sources[model.path].onnx

    def fetch_onnx(self, model: OpenedModel) -> Path | None:
        """The ONNX file, fetched again: it may have been exported anew."""
        source = self._sources[model.path]
        if source.onnx is not None:
            self._client.download("/models/file", source.onnx, path=source.there, onnx="true")
        return source.onnx

    def save(self, model: OpenedModel, target: Path) -> list[Path]:
        """Download the model, and its ONNX file beside it.

        Raises:
            OutputError: the folder cannot be written to.
            ServerLostError: the server does not answer.
        """
        source = self._sources[model.path]
        target = target if target.suffix else target.with_suffix(model.file.suffix)
        self._client.download("/models/file", target, path=source.there)
        if source.onnx is None or model.file.suffix.lower() == ".onnx":
            return [target]
        beside = target.with_suffix(".onnx")
        self._client.download("/models/file", beside, path=source.there, onnx="true")
        return [target, beside]
