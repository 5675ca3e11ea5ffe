"""Copies of a server's run folders, so that whoever reads run folders reads these."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from convonet.atomic import write_bytes, write_json
from convonet.events import RunState
from convonet.runs import RECORD, Run, RunStore
from convonet.workbench.remote.client import Client, quoted

_ALWAYS = (RECORD, "history.csv", "trials.csv", "results.csv", "evaluation.json", "result.json")
_LEFT_THERE = (".npz", ".log", ".lock")
_MOST_BYTES = 2**28


class RemoteRun(Run):
    """The copy of a run; its state is what the server said last, since the lock is held there."""

    said: RunState | None = None

    def state(self, record: Any = None) -> RunState:
        return self.said or super().state(record)

    def is_locked(self) -> bool:
        return self.said is RunState.RUNNING


class Mirror:
    """Fetches what has changed.

    Args:
        folder: where the copies lie.
    """

    def __init__(self, client: Client, folder: Path) -> None:
        self._client, self.folder = client, folder

    def path(self, run: str) -> Path:
        """Where the copy of a run lies."""
        return self.folder / run

    def id_of(self, path: str | Path) -> str:
        """The server's word for a path of ours: a run's id, else the path as it is."""
        given = Path(path)
        inside = given.is_relative_to(self.folder)
        return given.relative_to(self.folder).parts[0] if inside else str(path)

    def light(self, run: str, state: str | None = None) -> RemoteRun:
        """A run with its small files, fetched where they have changed."""
        return self.fetch(run, lambda name: name in _ALWAYS, state)

    def whole(self, run: str, state: str | None = None) -> RemoteRun:
        """A run with all its files but checkpoints and logs."""
        return self.fetch(run, lambda name: not name.endswith(_LEFT_THERE), state)

    def fetch(self, run: str, wanted: Callable[[str], bool], state: str | None = None) -> RemoteRun:
        """A run with the files that are wanted."""
        copy = RemoteRun(self.path(run))
        for item in self._client.get(f"/runs/{quoted(run)}/files")["files"]:
            name = item["name"]
            if wanted(name) and item["bytes"] <= _MOST_BYTES and _is_plain(name):
                self._fetch_file(run, copy.file(name), item)
        copy.said = RunState(state or self._client.get(f"/runs/{quoted(run)}")["state"])
        return copy

    def _fetch_file(self, run: str, target: Path, item: dict[str, Any]) -> None:
        there = target.stat() if target.is_file() else None
        same = there is not None and (there.st_size, there.st_mtime) == (item["bytes"], item["modified"])
        if not same:
            target.parent.mkdir(parents=True, exist_ok=True)
            parts = "/".join(map(quoted, item["name"].split("/")))
            write_bytes(target, self._client.read(f"/runs/{quoted(run)}/files/{parts}"))
            os.utime(target, (item["modified"], item["modified"]))


def _is_plain(name: str) -> bool:
    """Nothing that a server says leads out of the copy's folder."""
    parts = name.split("/")
    return not any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts)


class RemoteStore(RunStore):
    """The runs of a server."""

    def __init__(self, client: Client, mirror: Mirror) -> None:
        super().__init__(mirror.folder)
        self._client, self._mirror = client, mirror

    def add(self, run: Run) -> None:
        """The server knows its runs."""

    def known(self) -> list[Run]:
        """The server's runs, the newest first, as copies of their records."""
        rows = self._client.get("/runs", limit=1000)["runs"]
        return [self._listed(row) for row in rows]

    def _listed(self, row: dict[str, Any]) -> Run:
        """Only what a list shows is fetched: the record and the history."""
        copy = RemoteRun(self._mirror.path(row["id"]))
        ended = row["state"] not in (RunState.WAITING, RunState.RUNNING)
        if not copy.file(RECORD).is_file() or not ended:
            copy = self._mirror.light(row["id"], row["state"])
        copy.said = RunState(row["state"])
        return copy

    def find(self, name: str) -> Run:
        """The run of that id."""
        return self._mirror.light(self._mirror.id_of(name))

    def delete(self, run: Run) -> None:
        """Delete it there, and the copy here."""
        self._client.delete(f"/runs/{quoted(run.id)}")
        copy = RemoteRun(run.path)
        copy.said = RunState.DONE
        super().delete(copy)

    def compare(self, runs: Sequence[Run]) -> dict[str, Any]:
        """Runs side by side, as the server has them."""
        words = "&".join(f"run={quoted(run.id)}" for run in runs)
        found: dict[str, Any] = self._client.get(f"/compare?{words}")
        return found


def keep_result(run: Run, document: dict[str, Any]) -> None:
    """Write a job's answer into the copy of its run."""
    write_json(run.file("result.json"), document)
