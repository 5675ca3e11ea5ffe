"""A model on a server. Its files are large: each is fetched when it is asked for, and not before."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from convonet.inference.model_info import ModelInfo
from convonet.session.opened import OpenedModel
from convonet.session.remote.client import Client


@dataclass(frozen=True)
class ServedModel(OpenedModel):
    """What the server says of a model.

    Attributes:
        path: the copy of its run folder, or its path on the server where it belongs to no run.
        there: the server's word for it: the id of its run, or its path.
        onnx_file: where the copy of its ONNX file is or will be; None where it has none.
    """

    client: Client | None = None
    there: str = ""
    onnx_file: Path | None = field(default=None)

    @classmethod
    def of(cls, client: Client, path: Path, said: dict[str, Any], kept: Path, **values: Any) -> ServedModel:
        """Made of the server's document.

        Args:
            kept: the folder that gets its files.
            values: what the person says of the model.
        """
        info = ModelInfo.from_json(json.dumps(said["info"])) if said["info"] else None
        onnx = kept / "model.onnx" if said["onnx"] else None
        there = said["run"] or said["path"]
        return cls(path, info, client=client, there=there, onnx_file=onnx, **values)

    @property
    def file(self) -> Path:
        """Its file's name there."""
        return self.path / "model.keras" if self.run is not None else self.path

    @property
    def onnx(self) -> Path | None:
        """Where the ONNX file will be; `ready_onnx` fetches it."""
        return self.onnx_file

    def ready_onnx(self) -> Path | None:
        """The ONNX file, fetched anew: it may have been exported again since."""
        if self.onnx_file is not None and self.client is not None:
            self.client.download("/models/file", self.onnx_file, path=self.there, onnx="true")
        return self.onnx_file

    def save_as(self, target: Path) -> list[Path]:
        """Take the model home, and its ONNX file beside it.

        Raises:
            OutputError: the folder cannot be written to.
            ServerLostError: the server does not answer.
        """
        assert self.client is not None, "made by `of`"
        target = target if target.suffix else target.with_suffix(self.file.suffix)
        self.client.download("/models/file", target, path=self.there)
        if self.onnx_file is None or self.file.suffix.lower() == ".onnx":
            return [target]
        beside = target.with_suffix(".onnx")
        self.client.download("/models/file", beside, path=self.there, onnx="true")
        return [target, beside]
