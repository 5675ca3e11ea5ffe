"""Between session and window: polls the work, scans in the background, keeps actions true, shows errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton

from convonet import tasks
from convonet.desktop.actions import ACTIONS
from convonet.desktop.background import Background
from convonet.desktop.dialogs.ask import Asker
from convonet.desktop.window_state import WindowState
from convonet.errors import ConvonetError, DataChangedError, ImagesMovedError, WorkerError
from convonet.launch.work import WorkEnded
from convonet.session.changes import Change, Changed, Reported
from convonet.session.opened import OpenedModel
from convonet.session.progress import Progress
from convonet.session.session import Session
from convonet.session.sets import LoadedSets, deciding_values

POLL_MS = 50
_SCAN_AFTER_MS = 500
_ACCEPT = "Continue with these images"


class Controller(QObject):
    """What views and actions work with.

    Attributes:
        quiet_runs: runs whose faults are told by whoever began them; no dialog is opened for one.

    Signals:
        changed: a part of the session has another value; carries its name.
        progressed: the work told something; `progress` has it.
        ended: the work is over; carries a WorkEnded.
        page_wanted: a page is to be shown; carries its name.
        search_wanted: the page Tune is to start a search or a study with what its form says; carries the kind.
        table_wanted: the page Tune is to show the table of a run; carries the run.
        tour_wanted: the steps of a scenario of the tutorial are to be shown over the window; carries its title.
        paste_wanted: the page Use is to predict the image on the clipboard.
        preview_wanted: the page Parameters is to ask for a preview; carries the kind of task.
        explain_wanted: the page of explanations is to explain images; carries their paths.
        noted: a short sentence for the status bar.
    """

    changed = Signal(str)
    progressed = Signal()
    ended = Signal(object)
    page_wanted = Signal(str)
    search_wanted = Signal(str)
    table_wanted = Signal(object)
    tour_wanted = Signal(str)
    paste_wanted = Signal()
    preview_wanted = Signal(str)
    explain_wanted = Signal(object)
    noted = Signal(str)

    def __init__(self, session: Session, state: WindowState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self.window_state = session, state
        self.progress = Progress()
        self.background = Background(self)
        self.ask: Asker | None = None
        self.quiet_runs: set[Path] = set()
        self.actions: dict[str, QAction] = {}
        self.scan_errors: dict[tasks.Split, ConvonetError] = {}
        self.scanning = False
        self.preparing = ""
        # A timer rather than a thread: sessions are not made for threads, and events are cheap to read.
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._poll_work)
        self._scan = QTimer(self)
        # Each letter of a typed path starts it again, so a folder is scanned once, when the typing ends.
        self._scan.setSingleShot(True)
        self._scan.setInterval(_SCAN_AFTER_MS)
        self._scan.timeout.connect(self.scan)
        # Only values that decide which images are listed lead to a scan: a result folder or a mean do not.
        self._scanned = deciding_values(session.params.data)
        session.listen(self._hear)

    def make_actions(self, handlers: dict[str, Callable[[], None]]) -> None:
        """One QAction for each id; each guarded, so that an error becomes a dialog."""
        for spec in ACTIONS:
            if spec.id in self.actions:
                continue
            action = QAction(spec.title, self)
            action.setToolTip(spec.tip)
            action.setStatusTip(spec.tip)
            if spec.key:
                action.setShortcut(spec.key)
            action.triggered.connect(lambda _=False, act=handlers[spec.id]: self.guard(act))
            self.actions[spec.id] = action
        self.update_actions()

    def button(self, action: str, text: str = "", *, primary: bool = False) -> QToolButton:
        """A button that does an action and is possible when the action is."""
        made = QToolButton()
        made.setObjectName("command")
        made.setProperty("role", "primary" if primary else "")
        made.setDefaultAction(self.actions[action])
        # Titles of menus bear capitals; on a page they are words of a sentence.
        text = text or self.actions[action].text().capitalize()
        made.setText(text)
        self.actions[action].changed.connect(lambda: made.setText(text))
        return made

    def update_actions(self) -> None:
        """Every action is possible or says in its tip why not."""
        for spec in ACTIONS:
            reason = self.session.why_not(spec.needs) if spec.needs else None
            tip = spec.tip if reason is None else reason.sentence
            action = self.actions[spec.id]
            action.setEnabled(reason is None)
            action.setToolTip(tip)
            # A disabled action that does not say why looks like a fault; the tip is all that Qt shows of it.
            action.setStatusTip(tip)

    def guard(self, act: Callable[[], object]) -> None:
        """Do something; an error that it raises is shown."""
        try:
            act()
        except ConvonetError as error:
            self.show_error(error)

    def prepare(self, doing: str) -> None:
        """Say what is being done before a worker starts; empty: nothing any longer."""
        self.preparing = doing
        self.changed.emit("work")

    def show_error(self, error: ConvonetError, *offers: str) -> str:
        """Show an error; the offer that was taken."""
        return self.ask.error(error, offers) if self.ask is not None else ""

    def _hear(self, change: Change) -> None:
        if isinstance(change, Reported):
            self.progress.take(change.stamped.event)
            self.progressed.emit()
        elif isinstance(change, Changed):
            self._part_changed(change.part)
        elif isinstance(change, WorkEnded):
            self._work_ended(change)

    def _part_changed(self, part: str) -> None:
        if part == "work":
            self._work_changed()
        if part == "data" and deciding_values(self.session.params.data) != self._scanned:
            self._scan.start()
        self.update_actions()
        self.changed.emit(part)

    def _work_changed(self) -> None:
        work = self.session.work
        if work is None:
            self._poll.stop()
        elif not self._poll.isActive():
            # Work that is attached or resumed has epochs behind it, which the curve shows from the beginning.
            history = work.run.history() if work.task.kind == "train" else None
            self.progress = Progress(history)
            self._poll.start()
        elif work.stopping:
            self.progress.title = "Stopping …"
        self.progressed.emit()

    def _poll_work(self) -> None:
        self.guard(self.session.poll)

    def _work_ended(self, ended: WorkEnded) -> None:
        self.ended.emit(ended)
        # For images that have moved, whoever began the work asks where they are now.
        is_quiet = ended.run.path in self.quiet_runs or isinstance(ended.error, ImagesMovedError)
        if ended.error is None or is_quiet:
            return
        # Of all faults only these two have a way on that needs no other setting, so they alone get a button.
        changed = isinstance(ended.error, DataChangedError)
        died = isinstance(ended.error, WorkerError) and ended.task.resumable
        offers = (_ACCEPT,) if changed else ("Resume",) if died else ()
        if self.show_error(ended.error, *offers):
            self.guard(lambda: self.session.resume(ended.run, accept_changed_data=changed))

    def scan(self, *, loud: bool = False, chosen: Path | None = None) -> None:
        """List the images that the data parameters name, in the background.

        Args:
            loud: a fault is shown in a dialog, not on the page alone.
            chosen: a folder that is put among the recent ones when its images could be listed.
        """
        self._scan.stop()
        data, names = self.session.params.data, self.session.class_names if self.session.model else ()
        self._scanned = deciding_values(data)
        if data.train_dir is None and data.test_dir is None:
            self.scan_errors = {}
            self.changed.emit("sets")
            return
        # Set before the call: pages that hear of `sets` ask whether to show a skeleton or an empty list.
        self.scanning = True

        def done(sets: LoadedSets) -> None:
            self.scanning = False
            self.scan_errors = dict(sets.errors)
            self.session.take_sets(data, sets)
            if chosen is not None:
                self.forget(chosen) if sets.errors else self.remember(chosen)
            loudest = next(iter(sets.errors.values()), None)
            # A class map that is offered stands on the page, where one click takes it.
            if loud and loudest is not None and not getattr(loudest, "offered_map", None):
                self.show_error(loudest)

        def fail(error: ConvonetError) -> None:
            self.scanning = False
            self.show_error(error)
            self.changed.emit("sets")

        self.background.call(
            "sets", lambda watch: self.session.images.load_sets(data, names, watch), done, fail
        )
        self.changed.emit("sets")

    def open_model(
        self,
        path: Path,
        then: Callable[[], object] | None = None,
        failed: Callable[[ConvonetError], None] | None = None,
    ) -> None:
        """Open a model in the background and take it into use.

        Args:
            then: done afterwards.
            failed: gets the error; None: it is shown.
        """

        def take(model: OpenedModel) -> None:
            self.session.set_model(model)
            if then is not None:
                self.guard(then)

        def show(error: ConvonetError) -> None:
            self.show_error(error)

        self.background.call("model", lambda _: self.session.models.open(path), take, failed or show)

    def forget(self, path: Path) -> None:
        """Take a path from the recent ones."""
        self.window_state.failed(path)
        self.changed.emit("recent")

    def remember(self, path: Path) -> None:
        """Put a path among the recent ones; those of a server are not files that can be opened again here."""
        if self.session.backend.is_remote and not path.exists():
            return
        self.window_state.used(path)
        self.changed.emit("recent")

    def close(self) -> None:
        """End timers, threads and the spare worker."""
        self._poll.stop()
        self._scan.stop()
        # First the session: it lets go of a server that threads may be waiting for.
        self.session.close()
        self.background.close()
