"""Why a trained model was not tested, and the command that tests it."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from convonet import documents
from convonet.json_values import object_at
from convonet.runs.run import Run


def untested(run: Run, record: documents.RunRecord | None = None) -> documents.UntestedDocument | None:
    """Why the test set of a training was not used: `reason`, `command`, `error`; None where there is nothing to say."""
    found = (record or run.read()).test_skipped
    if found is None:
        return None
    command = evaluate_command(run.path, found.options)
    return documents.UntestedDocument(reason=found.reason, command=command, error=found.error)


def evaluate_command(run: Path, options: Sequence[str] = ()) -> str:
    """The command that tests a run's model, to be pasted into a shell in the current folder."""
    # A command is pasted where the person stands; the short path is easier to read.
    here = os.path.join(os.getcwd(), "")
    path = str(run)
    words = ["convonet", "evaluate", path.removeprefix(here), *options]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def data_kept(run: Run, class_map: Mapping[str, str] | None) -> None:
    """Keep a class map in the data parameters of a run. For whoever holds the run's lock."""
    record = run.read()
    data = object_at(record.task, "data")
    known = object_at(data, "class_map")
    if not class_map or dict(class_map).items() <= known.items():
        return
    both = {**known, **class_map}
    task = record.task | {"data": data | {"class_map": both}}
    params = record.params.changed(data=(record.params.data or {}) | {"class_map": both})
    run.update(task=task, params=params)
