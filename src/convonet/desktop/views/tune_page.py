"""Tuning: what is varied, the table of settings as it grows, and one click that takes a row over."""

from __future__ import annotations

from typing import Any, get_args

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QProgressBar,
    QSpinBox,
    QTabWidget,
    QWidget,
)

from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.views.tune_plots import SearchPlots
from convonet.desktop.widgets.basic import EmptyState, button, column, frame, label, row
from convonet.desktop.widgets.table import TableView, Written, tenths
from convonet.documents.search import SearchDocument, Setting
from convonet.events import Watch
from convonet.launch.work import WorkEnded
from convonet.params import HyperParams, fields_of
from convonet.runs.documents import tune_document
from convonet.session.progress import time_left
from convonet.tasks import TuneTask
from convonet.tasks.tune_task import DRAWN_TRIALS, IMAGE_LIMIT, Objective, Pruner, Search

_LOOK_MS = 1000
_HEAD = ("Accuracy %", "± %", "Loss", "Folds", "State", "Tied", "Seconds", "Trial")


class TunePage(Page):
    """The options of a search and its table, finished or not."""

    title = "Tune"
    parts = ("hyper", "data", "sets", "work")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self.add_buttons(
            controller.button("stop_tuning", "Stop"),
            controller.button("edit_hyper", "Edit values"),
            controller.button("tune", "Tune", primary=True),
        )
        self._empty = EmptyState(
            "No values to tune",
            "Enter several values for a hyperparameter, separated by commas, such as 0.02, 0.01 for the learning "
            "rate. Tuning tries them and shows which is best.",
            controller.button("edit_hyper", "Edit values", primary=True),
        )
        self.search, self.objective = _choice(Search, "Search"), _choice(Objective, "Objective")
        self.folds, self.trials = _number("Folds", 1, 20, 3), _number("Trials", 1, 10_000, DRAWN_TRIALS)
        self.repeats, self.pruner = _number("Repeats", 1, 50, 1), _choice(Pruner, "Pruner")
        self.minutes = _number("Minutes", 0, 100_000, 0)
        self.minutes.setSpecialValueText("no limit")
        self.all_images = QCheckBox("All images")
        self.all_images.setToolTip(f"Else at most {IMAGE_LIMIT:,}, an even share of each class")
        self.search.currentTextChanged.connect(self._search_chosen)
        self._search_chosen(self.search.currentText())
        controller.search_wanted.connect(self._search)
        options = row(self._options(), None, margin=12)
        self._plan = label("", "muted", wrap=True)
        self._now, self._left = label("", "section"), label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self._progress = frame(column(row(self._now, None, self._left), self.bar, gap=8, margin=14))
        self._labels = {name: field.label for name, field in fields_of(HyperParams).items()}
        self.table = TableView(
            _HEAD,
            "settings",
            empty="No settings yet. Select Tune; the best settings come first.",
            tips=self._labels,
        )
        self.table.opened.connect(lambda _: self._adopt())
        self._adopt_button = button(
            "Use these values", self._adopt, tip="Use the values of this row as hyperparameters"
        )
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._update_button())
        self.table.rows.modelReset.connect(self._update_button)
        self.plots = SearchPlots()
        self.plots.opened.connect(self._open_plot)
        self.tabs = QTabWidget()
        settings = QWidget()
        settings.setLayout(column(8, self.table, row(None, self._adopt_button), gap=8))
        self.tabs.addTab(settings, "Settings")
        self.tabs.addTab(self.plots, "Plots")
        content = column(frame(options), self._plan, self._progress, self.tabs)
        content.setStretch(3, 1)
        self._either = Either(self._empty, content)
        self.body.addWidget(self._either, 1)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        controller.progressed.connect(self._show_progress)
        controller.ended.connect(self._ended)
        self._run: Any = None
        self._images: str | None = None
        self._update_button()

    def _options(self) -> QGridLayout:
        """Names and fields in columns, in two lines."""
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        lines: tuple[tuple[tuple[str, QWidget], ...], ...] = (
            (("Search", self.search), ("Trials", self.trials), ("Best", self.objective)),
            (
                ("Folds", self.folds),
                ("Repeats", self.repeats),
                ("Pruner", self.pruner),
                ("Minutes", self.minutes),
            ),
        )
        for line, named in enumerate(lines):
            for place, (name, widget) in enumerate(named):
                grid.addWidget(label(name, "muted"), line, 3 * place)
                grid.addWidget(widget, line, 3 * place + 1)
                grid.setColumnMinimumWidth(3 * place + 2, 4)
        grid.addWidget(self.all_images, 0, 9, 1, 2)
        return grid

    def _search(self) -> None:
        self.controller.guard(lambda: self.session.start(self.session.tasks.tune(**self.task_options())))

    def task_options(self) -> dict[str, Any]:
        """What the form says, as keywords of `TaskBuilder.tune`."""
        grid = self.search.currentText() == "grid"
        return {
            "search": self.search.currentText(),
            "objective": self.objective.currentText(),
            "folds": self.folds.value(),
            "repeats": self.repeats.value(),
            "pruner": "none" if grid else self.pruner.currentText(),
            "time_limit": 60.0 * self.minutes.value() or None,
            "trials": None if grid else self.trials.value(),
            "images": None if self.all_images.isChecked() else IMAGE_LIMIT,
        }

    def _search_chosen(self, search: str) -> None:
        """A grid is tried in full."""
        for drawn in (self.trials, self.pruner):
            drawn.setEnabled(search != "grid")

    def refresh(self) -> None:
        work = self.session.work
        tuning = work is not None and work.task.kind == "tune"
        if tuning and work is not None:
            self._run, self._images = work.run, self.session.params.data.train_dir
        elif self._run is not None and self._images != self.session.params.data.train_dir:
            # Settings that were tried on other images say nothing of these.
            self._run = None
            self.table.show_rows((), _HEAD)
            self.plots.clear()
        varied = self.session.params.space.varied
        self._either.show_content(bool(varied) or tuning or bool(self.table.rows.rows))
        self.lead.setText(
            f"Varied: {', '.join(self._labels[name] for name in varied)}"
            if varied
            else "Search for the best values"
        )
        count = self.session.params.space.size() if varied and not self.session.params.space.ranges else 0
        self._plan.setText(
            f"The grid has {count:,} settings, each trained once on every fold." if count else ""
        )
        self._progress.setVisible(tuning)
        if tuning and not self._timer.isActive():
            self._timer.start()
            self._look()
        elif not tuning:
            self._timer.stop()
        self._show_progress()

    def _show_progress(self) -> None:
        record = self.controller.progress
        self._now.setText(record.title)
        self._left.setText(time_left(record.seconds_left))
        self.bar.setRange(0, 0 if record.share is None else 1000)
        self.bar.setValue(round(1000 * (record.share or 0)))

    def _look(self) -> None:
        """Read the table of the search in the background."""
        run = self._run

        def read(_: Watch) -> SearchDocument:
            return tune_document(run)

        self.controller.background.call("search", read, self.show_document)

    def show_document(self, document: SearchDocument) -> None:
        """Show the settings, the best first."""
        names = document.varied()
        rows = [_cells(item, names) for item in document.results]
        if rows != self.table.rows.rows:
            self.table.show_rows(rows, (*names, *_HEAD))
            self._either.show_content(True)
        self.plots.show_run(self._run.path)

    def _open_plot(self, title: str) -> None:
        # Matplotlib takes a second to load, and few open a plot.
        from convonet.desktop.dialogs.plots import PlotsDialog

        dialog = PlotsDialog(self._run, self)
        dialog.choice.setCurrentText(title)
        dialog.exec()

    def _ended(self, ended: WorkEnded) -> None:
        images = self.session.params.data.train_dir
        if isinstance(ended.task, TuneTask) and ended.task.data.train_dir == images:
            self._run, self._images = ended.run, images
            self._timer.stop()
            self._look()

    def _update_button(self) -> None:
        self._adopt_button.setEnabled(len(self.table.chosen()) == 1 and self._run is not None)

    def _adopt(self) -> None:
        for values in self.table.chosen()[:1]:
            self.controller.guard(lambda trial=values[-1]: self._take_over(int(trial)))  # type: ignore[misc]

    def _take_over(self, trial: int) -> None:
        self.session.params.adopt(self._run, trial)
        self.controller.noted.emit("The hyperparameters now have these values")
        self.controller.page_wanted.emit("params/hyper")

    def close_page(self) -> None:
        self._timer.stop()


def _cells(item: Setting, names: list[str]) -> tuple[Any, ...]:
    accuracy, spread = (
        None if fraction is None else Written(100 * fraction, f"{100 * fraction:.2f}")
        for fraction in (item.mean_accuracy, item.std)
    )
    params = (_plain(item.params.get(name)) for name in names)
    tied = "tied with the best" if item.tied else ""
    return (
        *params,
        accuracy,
        spread,
        item.mean_loss,
        item.folds,
        item.state,
        tied,
        tenths(item.seconds),
        item.trial,
    )


def _plain(value: Any) -> Any:
    """A parameter's value with the digits that the person gave it."""
    if isinstance(value, float):
        return Written(value, str(value))
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _choice(words: Any, name: str) -> QComboBox:
    made = QComboBox()
    made.addItems(list(get_args(words)))
    made.setAccessibleName(name)
    return made


def _number(name: str, low: int, high: int, value: int) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    return made
