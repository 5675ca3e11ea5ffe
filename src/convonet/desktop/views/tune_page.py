"""Tuning: a search for the best settings, or a study of the epochs that settings need; both can be resumed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QProgressBar

from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.views.search_panel import LABELS, SearchPanel
from convonet.desktop.views.study_panel import StudyPanel
from convonet.desktop.widgets.basic import EmptyState, button, column, frame, label, row
from convonet.desktop.widgets.segments import Segments
from convonet.desktop.widgets.stacks import Stack
from convonet.events import RunState, Watch
from convonet.launch.work import Work, WorkEnded
from convonet.session.progress import time_left
from convonet.tasks import StudyTask, TuneTask

if TYPE_CHECKING:
    from convonet.runs import Run

_LOOK_MS = 1000
_KINDS = {
    TuneTask.kind: ("Search", "Which settings are best"),
    StudyTask.kind: ("Target study", "How many epochs each setting needs to reach a target accuracy"),
}
_STOPPED: dict[RunState, str] = {
    RunState.CANCELLED: "This run was stopped. Resume it to continue; finished work is not repeated.",
    RunState.INTERRUPTED: "This run was interrupted. Resume it to continue; finished work is not repeated.",
    RunState.FAILED: "This run failed. Resume it to try again; finished work is not repeated.",
}


class TunePage(Page):
    """One panel for each kind of work; the panel has its options and its table, the page starts and follows."""

    title = "Tune"
    parts = ("hyper", "data", "sets", "work")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self.search_panel, self.study_panel = SearchPanel(), StudyPanel()
        self.panels: dict[str, SearchPanel | StudyPanel] = {
            panel.kind: panel for panel in (self.search_panel, self.study_panel)
        }
        self.kinds = Segments(_KINDS, "Kind of tuning")
        self.kinds.chosen.connect(self.show_kind)
        self._start = {
            TuneTask.kind: controller.button("tune", "Tune", primary=True),
            StudyTask.kind: controller.button("study", "Study", primary=True),
        }
        self.add_buttons(
            self.kinds,
            controller.button("stop_tuning", "Stop"),
            controller.button("edit_hyper", "Edit values"),
            *self._start.values(),
        )
        self._empty = EmptyState(
            "No values to tune",
            "Enter several values for a hyperparameter, separated by commas, such as 0.02, 0.01 for the learning "
            "rate. Tuning tries them and shows which is best.",
            controller.button("edit_hyper", "Edit values", primary=True),
        )
        self._plan = label("", "muted", wrap=True)
        self._now, self._left = label("", "section"), label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self._progress = frame(column(row(self._now, None, self._left), self.bar, gap=8, margin=14))
        self.resume_button = button("Resume", self._resume, tip="Continue from where it stopped")
        self._stopped = label("", wrap=True)
        line = row(self._stopped, self.resume_button, gap=12, margin=10)
        line.setStretch(0, 1)
        self._stopped_note = frame(line, "note")
        self._stopped_note.hide()
        self._options, self._tables = Stack(), Stack()
        for panel in self.panels.values():
            self._options.addWidget(panel.options)
            self._tables.addWidget(panel.tabs)
        content = column(self._options, self._plan, self._stopped_note, self._progress, self._tables)
        content.setStretch(4, 1)
        self._either = Either(self._empty, content)
        self.body.addWidget(self._either, 1)
        self._runs: dict[str, Run] = {}
        self._images: str | None = None
        self._connect(context)
        self.show_kind("tune")

    def _connect(self, context: PageContext) -> None:
        controller = context.controller
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        controller.search_wanted.connect(self._begin)
        controller.table_wanted.connect(self.open_run)
        controller.progressed.connect(self._show_progress)
        controller.ended.connect(self._ended)
        self.search_panel.adopted.connect(self._adopt)
        self.search_panel.changed.connect(self._show_plan)
        for panel in self.panels.values():
            panel.enlarged.connect(self._open_plot)

    @property
    def kind(self) -> str:
        """The kind of work that is shown."""
        return self.kinds.current

    @property
    def panel(self) -> SearchPanel | StudyPanel:
        """The panel that is shown."""
        return self.panels[self.kind]

    def show_kind(self, kind: str) -> None:
        """Show the panel of a kind of work."""
        self.kinds.show_choice(kind)
        place = list(self.panels).index(kind)
        self._options.setCurrentIndex(place)
        self._tables.setCurrentIndex(place)
        for name, made in self._start.items():
            made.setVisible(name == kind)
        self.refresh()

    def open_part(self, part: str) -> None:
        if part in self.panels:
            self.show_kind(part)

    def open_run(self, run: Run) -> None:
        """Show the table of a run that has ended, or was stopped; its parameters are those that are loaded now."""
        self._runs[run.read().kind] = run
        self._images = self.session.params.data.train_dir
        self.show_kind(run.read().kind)
        self._look()

    def _begin(self, kind: str) -> None:
        self.show_kind(kind)
        self.controller.guard(lambda: self.session.start(self.panel.task(self.session)))

    def _resume(self) -> None:
        run = self._runs.get(self.kind)
        if run is not None:
            self.controller.guard(lambda: self.context.tasks.resume(run))

    def refresh(self) -> None:
        work = self.session.work
        if work is not None and work.task.kind in self.panels:
            self._follow(work)
        elif self._runs and self._images != self.session.params.data.train_dir:
            # Settings that were tried on other images say nothing of these.
            self._runs = {}
            for panel in self.panels.values():
                panel.clear()
        self._show_varied()
        works = work is not None and work.task.kind == self.kind
        self._progress.setVisible(works)
        if works and not self._timer.isActive():
            self._timer.start()
            self._look()
        elif not works:
            self._timer.stop()
        self._show_stopped()
        self._show_progress()

    def _follow(self, work: Work) -> None:
        """Show the table of the work under way; a person may look at the other panel meanwhile."""
        kind = work.task.kind
        is_new = self._runs.get(kind) is not work.run
        self._runs[kind], self._images = work.run, self.session.params.data.train_dir
        if is_new and kind != self.kind:
            self.show_kind(kind)

    def _show_varied(self) -> None:
        varied = self.session.params.space.varied
        self._either.show_content(bool(varied) or self.kind == "study" or self.kind in self._runs)
        self.lead.setText(
            f"Varied: {', '.join(LABELS[name] for name in varied)}" if varied else _KINDS[self.kind][1]
        )
        self._show_plan()

    def _show_plan(self) -> None:
        self._plan.setText(self.panel.plan(self.session))

    def _show_stopped(self) -> None:
        """Offer to resume what is shown, where there is something left to do."""
        run = self._runs.get(self.kind)
        state = self.session.runs.state(run) if run is not None and self.session.work is None else None
        text = _STOPPED.get(state, "") if state is not None else ""
        self._stopped.setText(text)
        self._stopped_note.setVisible(bool(text))

    def _show_progress(self) -> None:
        record = self.controller.progress
        self._now.setText(record.title)
        self._left.setText(time_left(record.seconds_left))
        # With an empty range the bar runs to and fro, which says that nobody knows how long it takes.
        self.bar.setRange(0, 0 if record.share is None else 1000)
        self.bar.setValue(round(1000 * (record.share or 0)))

    def _look(self) -> None:
        """Read the table of the run that is shown, in the background."""
        # By the time the table is read, a person may look at the other panel.
        kind, panel, run = self.kind, self.panel, self._runs.get(self.kind)
        if run is None:
            return

        def read(_: Watch) -> Any:
            return panel.read(run)

        self.controller.background.call(f"table {kind}", read, lambda found: self._show(kind, found))

    def _show(self, kind: str, document: Any) -> None:
        run = self._runs.get(kind)
        if run is not None:
            self.panels[kind].show_document(run, document)
            self._show_stopped()

    def _open_plot(self, title: str) -> None:
        # Matplotlib takes a second to load, and few open a plot.
        from convonet.desktop.dialogs.plots import PlotsDialog

        run = self._runs.get(self.kind)
        if run is not None:
            dialog = PlotsDialog(run, self)
            dialog.choice.setCurrentText(title)
            dialog.exec()

    def _ended(self, ended: WorkEnded) -> None:
        images, task = self.session.params.data.train_dir, ended.task
        if isinstance(task, (TuneTask, StudyTask)) and task.data.train_dir == images:
            self._runs[task.kind], self._images = ended.run, images
            self._timer.stop()
            self._look()
            self._show_stopped()

    def _adopt(self, trial: int) -> None:
        run = self._runs.get(self.search_panel.kind)
        if run is not None:
            self.controller.guard(lambda: self._take_over(run, trial))

    def _take_over(self, run: Run, trial: int) -> None:
        self.session.params.adopt(run, trial)
        self.controller.noted.emit("The hyperparameters now have these values")
        self.controller.page_wanted.emit("params/hyper")

    def close_page(self) -> None:
        self._timer.stop()
