"""The runs of this machine."""

from __future__ import annotations

from collections.abc import Sequence

from convonet import documents
from convonet.events import RunState
from convonet.runs import Run, RunStore
from convonet.runs.naming import distinct, rename, title_of


class LocalRuns:
    """The runs that the person's index knows.

    Attributes:
        store: reads and writes the index.
    """

    def __init__(self) -> None:
        self.store = RunStore()

    def known(self) -> list[Run]:
        """Known runs, the newest first."""
        return self.store.known()

    def rows(self) -> list[documents.RunRow]:
        """What a list shows of each, the newest first; ten thousand in a second."""
        # Not at the top: SQLite, which caches the rows, is loaded when a list is shown.
        from convonet.runs.listing import list_rows

        return list_rows(self.store)

    def find(self, name: str) -> Run:
        """The run of that path or id. Raises RunNotFoundError."""
        return self.store.find(name)

    def state(self, run: Run, record: documents.RunRecord | None = None) -> RunState:
        """What the record says, held against who is alive."""
        return run.state(record)

    def fetch(self, run: Run) -> None:
        """The files are here already."""

    def rename(self, run: Run, title: str) -> None:
        """Give a run another name. Raises InputError."""
        rename(run, title)

    def delete(self, run: Run) -> None:
        """Remove a run folder and all in it. Raises RunAliveError."""
        self.store.delete(run)

    def compare(self, runs: Sequence[Run]) -> documents.RunComparison:
        """Runs side by side; sentences call them by their names."""
        return self.store.compare(runs, distinct(map(title_of, runs)))
