"""List, open, resume and compare known runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from convonet.api.execution import run_task
from convonet.api.html import html_table
from convonet.api.inputs import Data, HasPath, Listener, PathLike, data_of, run_of
from convonet.api.run_results import TrainedRun, TunedRun, trained_run, tuned_run
from convonet.errors import InputError
from convonet.launch.resume import prepare_resume
from convonet.runs import RunStore
from convonet.runs.begin import DEFAULT_FOLDER
from convonet.runs.documents import run_document
from convonet.tasks import TrainTask, TuneTask
from convonet.text import counted, local_path


@dataclass(frozen=True)
class KnownRun:
    """A known run. It can be used wherever a run folder can.

    Attributes:
        path: the run folder.
        kind: `train`, `tune`, `study` …
        state: `waiting`, `running`, `done`, `cancelled`, `failed` or `interrupted`.
        created: start time in UTC, ISO 8601.
        accuracy: accuracy on the test images, 0..1; None if it was not tested.
    """

    path: Path
    kind: str
    state: str
    created: str
    accuracy: float | None

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        score = "" if self.accuracy is None else f", test accuracy {100 * self.accuracy:.1f}%"
        return f"<{self.kind} run {self.path.name}: {self.state}{score}>"


class RunListing(list[KnownRun]):
    """Runs, newest first; notebooks display a table."""

    def __repr__(self) -> str:
        return f"<{counted(len(self), 'run')}>"

    def _repr_html_(self) -> str:
        columns = ("run", "kind", "state", "created", "test accuracy")
        return html_table(
            columns,
            [
                (
                    r.path.name,
                    r.kind,
                    r.state,
                    r.created,
                    "" if r.accuracy is None else f"{100 * r.accuracy:.1f}%",
                )
                for r in self
            ],
        )


AnyRun: TypeAlias = PathLike | HasPath


def list_runs(root: PathLike | None = None, *, kind: str | None = None) -> RunListing:
    """List known runs. `convonet.runs()` is the same function.

    These are the runs that you have started, and those found in `root`.

    Args:
        root: a folder to search to a depth of 3; None: `./runs`.
        kind: only runs of this kind, such as `train`.
    """
    store = RunStore(Path(local_path(root)) if root is not None else DEFAULT_FOLDER)
    found = RunListing()
    for run, record in store.records():
        if kind in (None, record.kind):
            tested = record.scores.test
            accuracy = tested.accuracy if tested else None
            found.append(KnownRun(run.path, record.kind, run.state(record), record.created, accuracy))
    return found


# Type checkers know `convonet.runs`, which is also a package, by this name.
runs = list_runs


def open_run(run: AnyRun) -> TrainedRun | TunedRun:
    """Return the result of an earlier training run or search, as `train` or `tune` did.

    Args:
        run: the run folder, the id of the run, or an entry of `runs()`.

    Raises:
        RunNotFoundError: the run does not exist.
        InputError: the run is of a different kind.
    """
    found = run_of(run)
    task = found.task()
    if isinstance(task, TuneTask):
        return tuned_run(found)
    if isinstance(task, TrainTask):
        return trained_run(found)
    raise InputError("The run is neither a training run nor a search", where=found.path, received=task.kind)


def resume(
    run: AnyRun,
    *,
    data: Data | None = None,
    accept_changed_data: bool = False,
    callbacks: Sequence[Any] = (),
    listen: Listener = None,
    progress: bool | None = None,
) -> TrainedRun | TunedRun | dict[str, Any]:
    """Continue a run that was stopped. A finished run is left unchanged.

    Args:
        run: the run folder, the id of the run, or the result of `train` or `tune`.
        data: the images, if they have moved.
        accept_changed_data: continue even if the images have changed since the run began.
        callbacks: `keras.callbacks.Callback`s for the rest of the training run.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        What `train` or `tune` returns; for other kinds the document that `convonet resume --json` prints.

    Raises:
        RunNotFoundError: the run does not exist.
        RunAliveError: another process is working on the run.
        InputError: runs of this kind cannot be resumed.
        DataChangedError: the images have changed.
    """
    found = run_of(run)
    moved = None if data is None else data_of(data)
    if prepare_resume(found, accept_changed_data=accept_changed_data, data=moved):
        # Only jobs that train a network take callbacks, so others are not given any.
        more = {"callbacks": callbacks} if callbacks else {}
        run_task(found, found.task(), listen, progress, **more)
    task = found.task()
    if isinstance(task, (TrainTask, TuneTask)):
        return open_run(found)
    return run_document(found).to_dict()


def compare(*runs: AnyRun) -> dict[str, Any]:
    """Compare runs: scores, the parameters that differ, and McNemar's test for each pair.

    Args:
        runs: two or more runs.

    Returns:
        The document that `convonet runs compare --json` prints.

    Raises:
        InputError: there are fewer than two runs.
        RunNotFoundError: one of the runs does not exist.
    """
    if len(runs) < 2:
        raise InputError("A comparison needs two or more runs", received=len(runs))
    return RunStore(DEFAULT_FOLDER).compare([run_of(run) for run in runs]).to_dict()
