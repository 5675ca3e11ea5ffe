"""Several sets trained one after the other with the parameters that are set now, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, QTimer, Signal

from convonet.documents.many import DataSetResult
from convonet.errors import ConvonetError
from convonet.events import RunState
from convonet.launch.work import WorkEnded
from convonet.runs.many_table import many_row
from convonet.session.many_sets import FoundSet, data_of_set

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

State = Literal["waiting", "training", "done", "failed", "stopped", "unusable"]


@dataclass
class QueuedSet:
    """One set of the queue.

    Attributes:
        row: what its training came to.
        problem: why it failed, or cannot be trained on.
    """

    found: FoundSet
    state: State = "waiting"
    row: DataSetResult | None = None
    problem: str = ""


class ManyQueue(QObject):
    """Trains on the next set when one is done. A window has one, which works on when its dialog is closed: see `of`.

    Signals:
        changed: a set has another state.
    """

    changed = Signal()

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._controller, self._session = controller, controller.session
        self.sets: list[QueuedSet] = []
        self.is_on = False
        controller.ended.connect(self._ended)

    @classmethod
    def of(cls, controller: Controller) -> ManyQueue:
        """The queue of a window, made when it is asked for the first time."""
        found = controller.findChild(cls)
        return found if isinstance(found, cls) else cls(controller)

    def take(self, found: Sequence[FoundSet]) -> None:
        """Take other sets; the one that is being trained goes on."""
        self.is_on = False
        self.sets = [
            QueuedSet(one, "unusable" if one.problem else "waiting", problem=one.problem) for one in found
        ]
        self.changed.emit()

    def start(self) -> None:
        """Train on those that wait.

        Raises:
            ConvonetError: other work is under way, or the run folder cannot be made.
        """
        self.is_on = True
        self._next()

    def stop(self) -> None:
        """Stop the training that is under way, and begin no other."""
        self.is_on = False
        if self._current() is not None:
            self._session.stop()
        self.changed.emit()

    @property
    def waits(self) -> bool:
        """Whether a set is still to be trained."""
        return any(one.state == "waiting" for one in self.sets)

    def _current(self) -> QueuedSet | None:
        return next((one for one in self.sets if one.state == "training"), None)

    def _next(self) -> None:
        one = next((one for one in self.sets if one.state == "waiting"), None)
        self.is_on = self.is_on and one is not None
        if one is not None and self.is_on:
            task = self._session.tasks.train()
            run = self._session.start(task.changed(data=data_of_set(task.data, one.found.folder)))
            # Nobody need be there to close a dialog before the next set is trained.
            self._controller.quiet_runs.add(run.path)
            one.state = "training"
        self.changed.emit()

    def _ended(self, ended: WorkEnded) -> None:
        one = self._current()
        # All work tells its end here, also what a person began outside the queue.
        if one is not None and ended.run.path in self._controller.quiet_runs:
            self._take_result(one, ended)
        if self.is_on:
            # After everyone has heard of the end: what begins now is other work.
            QTimer.singleShot(0, self, self._try_next)
        self.changed.emit()

    def _try_next(self) -> None:
        # Meanwhile the queue may have been stopped, or other work begun.
        if self.is_on and self._session.work is None:
            self._controller.guard(self._next)

    def _take_result(self, one: QueuedSet, ended: WorkEnded) -> None:
        if ended.state is RunState.CANCELLED:
            # Whoever stops one training does not want the next one to begin.
            one.state, self.is_on = "stopped", False
            return
        one.state = "done" if ended.error is None else "failed"
        one.problem = ended.error.sentence("window") if ended.error is not None else ""
        try:
            one.row = many_row(str(one.found.folder), ended.run)
        except ConvonetError as error:
            # A run that was refused before it began leaves nothing.
            one.problem = one.problem or error.sentence("window")
