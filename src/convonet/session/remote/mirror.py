"""Copies of a server's run folders, so that whoever reads run folders reads these."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convonet.atomic import write_json
from convonet.events import RunState
from convonet.runs import RECORD, Run
from convonet.session.remote.client import Client, quoted

_ALWAYS = (
    RECORD,
    "history.csv",
    "trials.csv",
    "results.csv",
    "result.json",
    "evaluation.json",
    "evaluation_val.json",
    "evaluation_train.json",
)
_ON_DEMAND = (".keras", ".h5", ".onnx", ".html")
_LEFT_THERE = (".npz", ".log", ".lock", ".jsonl")
_MODEL = "model.keras"
_MODEL_DOCUMENT = "served_model.json"
_MOST_BYTES = 2**28
_KEPT_BYTES = 2**30


class Mirror:
    """Fetches what has changed.

    Args:
        folder: where the copies lie.
    """

    def __init__(self, client: Client, folder: Path) -> None:
        self._client, self.folder = client, folder
        self._states: dict[str, RunState] = {}

    def path(self, run: str) -> Path:
        """Where the copy of a run lies."""
        return self.folder / run

    def id_of(self, path: str | Path) -> str:
        """The server's word for a path of ours: a run's id, else the path as it is."""
        given = Path(path)
        inside = given.is_relative_to(self.folder)
        return given.relative_to(self.folder).parts[0] if inside else str(path)

    def state(self, run: Run) -> RunState:
        """What the server reported last: the lock of a run is held there."""
        return self._states.get(run.id) or run.read().state

    def note_state(self, run: str, state: RunState) -> None:
        """Take note of what the server reports."""
        self._states[run] = state

    def light(self, run: str, state: RunState | None = None) -> Run:
        """A run with its small files, fetched where they have changed."""
        return self.fetch(run, lambda name: name in _ALWAYS, state)

    def whole(self, run: str, state: RunState | None = None) -> Run:
        """A run with all its files but checkpoints, logs, and what is fetched when it is asked for."""
        return self.fetch(run, lambda name: not name.endswith((*_LEFT_THERE, *_ON_DEMAND)), state)

    def fetch(self, run: str, wanted: Callable[[str], bool], state: RunState | None = None) -> Run:
        """A run with the files that are wanted, and what its model says of itself."""
        copy = Run(self.path(run))
        items = self._client.get(f"/runs/{quoted(run)}/files")["files"]
        for item in items:
            name = item["name"]
            if wanted(name) and item["bytes"] <= _MOST_BYTES and _is_plain(name):
                self._fetch_file(run, copy.file(name), item)
        if model := next((item for item in items if item["name"] == _MODEL), None):
            self._keep_model_document(run, model["modified"])
        # Whoever followed the run to its end knows the state already and saves a request.
        self.note_state(run, state or RunState(self._client.get(f"/runs/{quoted(run)}")["state"]))
        return copy

    def model(self, run: str) -> dict[str, Any]:
        """What the server says of the model of a run: of its copy, without asking, where it was fetched before."""
        file = self.path(run) / _MODEL_DOCUMENT
        if not file.is_file():
            # The real time of the model is unknown here; with this one, the next fetch replaces the document.
            self._keep_model_document(run, 0.0)
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return found

    def has_model(self, run: str) -> bool:
        """Whether a run had a model when it was last fetched."""
        return (self.path(run) / _MODEL_DOCUMENT).is_file()

    def prune(self, most_bytes: int = _KEPT_BYTES) -> None:
        """Remove the oldest copies beyond a bound; the server has them all."""
        copies = sorted(self.folder.iterdir(), key=_touched) if self.folder.is_dir() else []
        sizes = {copy: _bytes(copy) for copy in copies}
        total = sum(sizes.values())
        for copy in copies:
            if total <= most_bytes:
                return
            # A copy that cannot be removed only takes space, which is no reason to refuse the connection.
            shutil.rmtree(copy, ignore_errors=True)
            total -= sizes[copy]

    def _keep_model_document(self, run: str, modified: float) -> None:
        file = self.path(run) / _MODEL_DOCUMENT
        if not file.is_file() or file.stat().st_mtime != modified:
            write_json(file, self._client.get("/models", path=run))
            os.utime(file, (modified, modified))

    def _fetch_file(self, run: str, target: Path, item: dict[str, Any]) -> None:
        there = target.stat() if target.is_file() else None
        same = there is not None and (there.st_size, there.st_mtime) == (item["bytes"], item["modified"])
        if not same:
            parts = "/".join(map(quoted, item["name"].split("/")))
            self._client.download(f"/runs/{quoted(run)}/files/{parts}", target)
            # The copy takes the time of the server's file, which shows the next fetch whether it has changed.
            os.utime(target, (item["modified"], item["modified"]))


def _is_plain(name: str) -> bool:
    """Nothing that a server says leads out of the copy's folder."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _touched(folder: Path) -> float:
    return folder.stat().st_mtime


def keep_result(run: Run, document: object) -> None:
    """Write a job's answer into the copy of its run."""
    write_json(run.file("result.json"), document)
