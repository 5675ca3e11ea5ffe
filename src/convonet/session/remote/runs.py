"""The runs of a server."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any

from convonet.documents.run_record import RunRecord
from convonet.documents.runs import RunComparison, RunRow
from convonet.events import RunState
from convonet.runs import RECORD, Run
from convonet.runs.documents import list_row
from convonet.runs.naming import rename, title_of
from convonet.session.remote.client import Client, quoted
from convonet.session.remote.mirror import Mirror

_MOST = 1000


class RemoteRuns:
    """Lists, compares and deletes there; what is read of a run is read from its copy here."""

    def __init__(self, client: Client, mirror: Mirror) -> None:
        self._client, self._mirror = client, mirror

    def known(self) -> list[Run]:
        """The server's runs, the newest first, as copies of their records."""
        return [self._listed(row) for row in self._client.get("/runs", limit=_MOST)["runs"]]

    def rows(self) -> list[RunRow]:
        """What a list shows of each, the newest first, with the states that the server reported."""
        return [list_row(run).changed(state=self.state(run)) for run in self.known()]

    def _listed(self, row: dict[str, Any]) -> Run:
        """Only what a list shows is fetched: the record and the history."""
        copy, state = Run(self._mirror.path(row["id"])), RunState(row["state"])
        # A copy with the same time of its end is up to date and is not fetched again.
        if not copy.file(RECORD).is_file() or not state.ended or copy.read().ended != row["ended"]:
            copy = self._mirror.light(row["id"], state)
        self._mirror.note_state(row["id"], state)
        # A server of an earlier version names no run.
        _keep_title(copy, row.get("title") or "")
        return copy

    def find(self, name: str) -> Run:
        """The run of that id."""
        return self._mirror.light(self._mirror.id_of(name))

    def state(self, run: Run, record: RunRecord | None = None) -> RunState:
        """What the server reported last."""
        return self._mirror.state(run)

    def fetch(self, run: Run) -> None:
        """Copy the files of a run."""
        self._mirror.whole(run.id)

    def rename(self, run: Run, title: str) -> None:
        """Give it another name there and here. Raises ConvonetError when the server refuses."""
        row = self._client.patch(f"/runs/{quoted(run.id)}", {"title": title})
        _keep_title(run, row["title"])

    def delete(self, run: Run) -> None:
        """Delete it there, and the copy here. Raises ConvonetError when the server refuses."""
        self._client.delete(f"/runs/{quoted(run.id)}")
        shutil.rmtree(run.path, ignore_errors=True)

    def compare(self, runs: Sequence[Run]) -> RunComparison:
        """Runs side by side, as the server has them."""
        query = "&".join(f"run={quoted(run.id)}" for run in runs)
        return RunComparison.of(self._client.get(f"/compare?{query}"))


def _keep_title(copy: Run, title: str) -> None:
    """The name that people read on the server is the one that they read here."""
    if title and title != title_of(copy):
        rename(copy, title)
