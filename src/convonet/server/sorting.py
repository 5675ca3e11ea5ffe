"""Folders that are being sorted over HTTP: opened once, one change at a time."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import NamedTuple

from convonet.data.sources import scan_images
from convonet.events import RunState
from convonet.inference.feature_file import FeatureFile
from convonet.runs import Run
from convonet.server.confine import Root
from convonet.server.jobs import JobQueue
from convonet.server.refusals import Refusal, no_such
from convonet.sorting import SortSession
from convonet.tasks import FeaturesTask

_KEPT = 4


class OpenSort(NamedTuple):
    """A session, and the lock that whoever uses it holds."""

    session: SortSession
    lock: threading.Lock


class SortSessions:
    """The last few folders that are being sorted."""

    def __init__(self, root: Root, queue: JobQueue) -> None:
        self._root, self._queue = root, queue
        self._lock = threading.Lock()
        self._open: OrderedDict[str, OpenSort] = OrderedDict()
        self._jobs: dict[str, Run] = {}

    def begin(self, folder: Path) -> str | None:
        """Open the sorting of a folder; None while its features are being computed.

        Raises:
            Refusal: a link leads out of the root, too many jobs wait, or the computation was stopped.
            ConvonetError: no image can be read, or no backbone is here.
        """
        self._root.check_tree(folder)
        # The same folder has the same address after a restart, so an open page goes on.
        name = hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        with self._lock:
            # Taken out first: if the folder of its run was deleted, the next request starts another one.
            job = self._jobs.pop(name, None)
            if job is not None:
                state = job.state()
                if not state.ended:
                    self._jobs[name] = job
                    return None
                if state is not RunState.DONE:
                    raise _unfinished(job)
            found = tuple(path.relative_to(folder).as_posix() for path in scan_images([folder]).paths)
            features = FeatureFile.read(folder)
            if features is None or (job is None and not features.is_current(folder, found)):
                self._jobs[name] = self._queue.submit(FeaturesTask(folder=str(folder)))
                return None
            if name not in self._open or self._open[name].session.paths != features.paths:
                self._open[name] = OpenSort(SortSession(folder, features), threading.Lock())
            self._open.move_to_end(name)
            while len(self._open) > _KEPT:
                self._open.popitem(last=False)
        return name

    def find(self, name: str) -> OpenSort:
        """A folder that was opened. Raises Refusal 404."""
        with self._lock:
            if name in self._open:
                self._open.move_to_end(name)
                return self._open[name]
        raise no_such("This folder is no longer being sorted", ascii(name)[1:-1][:50], "Open it again")


def _unfinished(job: Run) -> Exception:
    """Why there are no features, though their run has ended. The next request starts another run."""
    error = job.read().error
    if error is not None:
        return error.error()
    return Refusal(
        409,
        "The images were not prepared completely, because the run was stopped",
        where=job.id,
        hint="Open the folder again to start over",
    )
