"""Between workbench and window: polls the work, scans in the background, keeps actions true, shows errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton

from convonet.desktop.actions import ACTIONS
from convonet.desktop.background import Background
from convonet.desktop.dialogs.ask import Asker
from convonet.desktop.session import Session
from convonet.errors import ConvonetError, DataChangedError, InputError, WorkerError
from convonet.events import RunState
from convonet.launch.work import WorkEnded
from convonet.runs import Run
from convonet.session.changes import Change, Changed, Heard
from convonet.session.opened import OpenedModel
from convonet.session.progress import Progress
from convonet.session.session import Workbench
from convonet.session.sets import DECIDING, LoadedSets
from convonet.tasks import Split, traits_of

POLL_MS = 50
_SCAN_AFTER_MS = 500
_ACCEPT = "Go on with these images"


class Controller(QObject):
    """What views and actions work with.

    Signals:
        changed: a part of the workbench has another value; carries its name.
        progressed: the work told something; `progress` has it.
        ended: the work is over; carries a WorkEnded.
        page_wanted: a page is to be shown; carries its name.
        noted: a short sentence for the status bar.
    """

    changed = Signal(str)
    progressed = Signal()
    ended = Signal(object)
    page_wanted = Signal(str)
    noted = Signal(str)

    def __init__(self, bench: Workbench, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bench, self.session = bench, session
        self.progress = Progress()
        self.background = Background(self)
        self.ask: Asker | None = None
        self.actions: dict[str, QAction] = {}
        self.scan_errors: dict[Split, ConvonetError] = {}
        self.scanning = False
        self._poll = QTimer(self)
        self._poll.setInterval(POLL_MS)
        self._poll.timeout.connect(self._poll_work)
        self._scan = QTimer(self)
        self._scan.setSingleShot(True)
        self._scan.setInterval(_SCAN_AFTER_MS)
        self._scan.timeout.connect(self.scan)
        self._scanned: tuple[object, ...] = self._deciding()
        bench.listen(self._hear)

    # Actions

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
            why = self._why_not(spec.needs) if spec.needs else ""
            action = self.actions[spec.id]
            action.setEnabled(not why)
            action.setToolTip(why or spec.tip)
            action.setStatusTip(why or spec.tip)

    def _why_not(self, needs: str) -> str:
        if needs == "further":
            return self.bench.why_not("train") or self.bench.why_not("save_model")
        return self.bench.why_not(needs)

    def guard(self, act: Callable[[], object]) -> None:
        """Do something; an error that it raises is shown."""
        try:
            act()
        except ConvonetError as error:
            self.show_error(error)

    def show_error(self, error: ConvonetError, *offers: str) -> str:
        """Show an error; the offer that was taken."""
        return self.ask.error(error, offers) if self.ask is not None else ""

    # Work

    def _hear(self, change: Change) -> None:
        if isinstance(change, Heard):
            self.progress.take(change.stamped.event)
            self.progressed.emit()
        elif isinstance(change, Changed):
            self._part_changed(change.part)
        elif isinstance(change, WorkEnded):
            self._work_ended(change)

    def _part_changed(self, part: str) -> None:
        if part == "work":
            self._work_changed()
        if part == "data" and self._deciding() != self._scanned:
            self._scan.start()
        self.update_actions()
        self.changed.emit(part)

    def _work_changed(self) -> None:
        work = self.bench.work
        if work is None:
            self._poll.stop()
        elif not self._poll.isActive():
            history = work.run.history().columns() if work.task.kind == "train" else None
            self.progress = Progress(history)
            self._poll.start()
        elif work.stopping:
            self.progress.title = "Stopping …"
        self.progressed.emit()

    def _poll_work(self) -> None:
        self.guard(self.bench.poll)

    def _work_ended(self, ended: WorkEnded) -> None:
        self.ended.emit(ended)
        if ended.error is None:
            return
        changed = isinstance(ended.error, DataChangedError)
        died = isinstance(ended.error, WorkerError) and ended.task.resumable
        offers = (_ACCEPT,) if changed else ("Resume",) if died else ()
        if self.show_error(ended.error, *offers):
            self.guard(lambda: self.bench.resume(ended.run, accept_changed_data=changed))

    # Images

    def _deciding(self) -> tuple[object, ...]:
        return tuple(str(getattr(self.bench.data, name)) for name in DECIDING)

    def scan(self, *, loud: bool = False) -> None:
        """List the images that the data parameters name, in the background.

        Args:
            loud: a fault is shown in a dialog, not on the page alone.
        """
        self._scan.stop()
        data, names = self.bench.data, self.bench.class_names if self.bench.model else ()
        self._scanned = self._deciding()
        if data.train_dir is None and data.test_dir is None:
            self.scan_errors = {}
            self.changed.emit("sets")
            return
        self.scanning = True

        def done(sets: LoadedSets) -> None:
            self.scanning = False
            self.scan_errors = dict(sets.errors)
            self.bench.take_sets(data, sets)
            if sets.errors and loud:
                self.show_error(next(iter(sets.errors.values())))

        def fail(error: ConvonetError) -> None:
            self.scanning = False
            self.show_error(error)
            self.changed.emit("sets")

        self.background.call("sets", lambda watch: self.bench.images.sets(data, names, watch), done, fail)
        self.changed.emit("sets")

    # Answers

    def root_of(self, split: Split) -> Path:
        """The folder of a set that was tested; held-out images are in that of the training set."""
        listings = self.bench.sets.listings
        found = listings.get(split) or listings.get("train" if split == "val" else split)
        return found.root if found is not None else Path(self.bench.data.test_dir or "")

    def find_mistakes(self, done: Callable[[list[Path]], None], most: int = 12) -> None:
        """Give the images of the surest wrong answers of the last test to `done`."""
        scores = self.bench.evaluation
        if scores is None:
            return
        root = self.root_of(scores["split"])

        def read(_: object) -> list[Path]:
            answers = self.bench.images.answers(root, scores)
            addresses = [answers[int(place)].address for place in answers.mistakes()[:most]]
            if not addresses:
                raise InputError("There is no mistake to explain", hint="Choose images instead")
            return [Path(address) for address in addresses if "#" not in address]

        def fail(error: ConvonetError) -> None:
            self.show_error(error)

        self.background.call("mistakes", read, lambda paths: self.guard(lambda: done(paths)), fail)

    # Models

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
            self.bench.set_model(model)
            if then is not None:
                self.guard(then)

        def show(error: ConvonetError) -> None:
            self.show_error(error)

        self.background.call("model", lambda _: self.bench.opened(path), take, failed or show)

    # Session

    def remember(self, path: Path) -> None:
        """Put a path among the recent ones; those of a server are not files that can be opened again here."""
        if self.bench.outlives_the_window and not path.exists():
            return
        self.session.used(path)
        self.changed.emit("recent")

    def save_session(self) -> None:
        """Keep what is loaded for the next time; failing to is told, not fatal."""
        self.session.keep_params(self.bench.data, self.bench.space, self.bench.recipes)
        self.session.model = str(self.bench.model.path) if self.bench.model else ""
        try:
            self.session.save()
        except ConvonetError as error:
            self.noted.emit(error.sentence())

    def restore_session(self) -> None:
        """Take up what was loaded last time; what is gone is left out and told."""
        steps: tuple[Callable[[], object], ...] = (
            lambda: self.bench.set_data(self.session.data_params()),
            lambda: self.bench.set_space(self.session.search_space()) if self.session.hyper else None,
            lambda: self.bench.restore_recipe(self.session.recipe_choice(self.bench.recipes.first)),
        )
        for step in steps:
            try:
                step()
            except ConvonetError as error:
                self.noted.emit(error.sentence())
        if not self.session.model:
            self.scan()
            return

        def missing(error: ConvonetError) -> None:
            self.noted.emit(error.sentence())
            self.scan()

        # The images are read with the model's classes, so the model comes first.
        self.open_model(Path(self.session.model), self.scan, missing)

    def attach_running(self) -> None:
        """Follow the newest long work that still goes on, if there is some."""
        # A server's run may also wait for its turn there.
        waits = (RunState.WAITING,) if self.bench.outlives_the_window else ()

        def find(_: object) -> object:
            for run in self.bench.store.known():
                if run.state() in (RunState.RUNNING, *waits) and traits_of(run.read().kind).keeps_run:
                    return run
            return None

        def found(run: object) -> None:
            if isinstance(run, Run) and self.bench.work is None:
                step = run.task().step
                self.bench.attach(run)
                self.noted.emit("Work that was left in the background is shown again")
                self.page_wanted.emit(step)

        self.background.call("attach", find, found)

    def close(self) -> None:
        """End timers, threads and the spare worker."""
        self._poll.stop()
        self._scan.stop()
        # First the workbench: it lets go of a server that threads may be waiting for.
        self.bench.close()
        self.background.close()
