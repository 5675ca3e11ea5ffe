"""A search on the page Tune: its options, the table of settings as it grows, its figures, and rows to adopt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QSpinBox, QWidget

from convonet.desktop.views.tune_plots import SearchPlots
from convonet.desktop.widgets.basic import GAP, button, column, frame, holder, label, row
from convonet.desktop.widgets.folding import TileLayout
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView, Written, tenths
from convonet.documents.search import SearchDocument, Setting
from convonet.params import HyperParams, fields_of
from convonet.runs import Run
from convonet.runs.documents import tune_document
from convonet.session.session import Session
from convonet.tasks import TuneTask
from convonet.tasks.tune_task import DRAWN_TRIALS, IMAGE_LIMIT, Objective, Pruner, Search
from convonet.text import counted

_MOST = 190
"""Greatest width of a field, in pixels."""
_HEAD = ("Accuracy %", "± %", "Loss", "Folds", "State", "Tied", "Seconds", "Trial")
LABELS = {name: field.label for name, field in fields_of(HyperParams).items()}
"""Hyperparameter → its label."""
NAMES = {field.label: name for name, field in fields_of(HyperParams).items()}
"""The other way round; shown at the head of a column, for whoever writes files or commands."""


class SearchPanel(QWidget):
    """Shows one search.

    Signals:
        adopted: the number of the trial whose values a person wants.
        changed: an option that the sentence about the plan depends on.
        enlarged: the title of a figure that a person wants to see large.
    """

    adopted = Signal(int)
    changed = Signal()
    enlarged = Signal(str)
    kind = TuneTask.kind

    def __init__(self) -> None:
        super().__init__()
        self.search, self.objective = choice(Search, "Search"), choice(Objective, "Objective")
        self.folds, self.trials = number("Folds", 1, 20, 3), number("Trials", 1, 10_000, DRAWN_TRIALS)
        self.repeats, self.pruner = number("Repeats", 1, 50, 1), choice(Pruner, "Pruner")
        self.minutes = number("Time limit (min)", 0, 100_000, 0)
        self.minutes.setSpecialValueText("no limit")
        self.all_images = QCheckBox("All images")
        self.all_images.setToolTip(
            f"If unchecked, at most {IMAGE_LIMIT:,} images are used, with the same fraction of each class"
        )
        self.search.currentTextChanged.connect(self._search_chosen)
        self._search_chosen(self.search.currentText())
        for option in (self.search.currentTextChanged, self.pruner.currentTextChanged):
            option.connect(self.changed)
        for count in (self.folds, self.trials, self.repeats):
            count.valueChanged.connect(self.changed)
        self.table = TableView(
            _HEAD,
            "settings",
            empty="No settings yet. Click Tune; the best settings are listed first.",
            tips=NAMES,
        )
        self.table.opened.connect(lambda _: self._adopt())
        self.adopt_button = button(
            "Use these values", self._adopt, tip="Use the values of this row as hyperparameters"
        )
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._update_button())
        self.table.rows.modelReset.connect(self._update_button)
        self.plots = SearchPlots()
        self.plots.opened.connect(self.enlarged)
        self.tabs = Tabs("Results of the search")
        settings = QWidget()
        settings.setLayout(column(8, self.table, row(None, self.adopt_button), gap=8))
        self.tabs.addTab(settings, "Settings")
        self.tabs.addTab(self.plots, "Plots")
        self.options = self._options()
        self._update_button()

    def _options(self) -> QFrame:
        named = (
            ("Search", self.search),
            ("Trials", self.trials),
            ("Objective", self.objective),
            ("Folds", self.folds),
            ("Repeats", self.repeats),
            ("Pruner", self.pruner),
            ("Time limit (min)", self.minutes),
        )
        return option_card(named, self.all_images)

    def task_options(self) -> dict[str, Any]:
        """What the form says, as keywords of `TaskBuilder.tune`."""
        grid = self.search.currentText() == "grid"
        return {
            "search": self.search.currentText(),
            "objective": self.objective.currentText(),
            "folds": self.folds.value(),
            "repeats": self.repeats.value(),
            # A grid is tried in full, so what the disabled fields still hold does not count.
            "pruner": "none" if grid else self.pruner.currentText(),
            # Zero minutes stand for no limit.
            "time_limit": 60.0 * self.minutes.value() or None,
            "trials": None if grid else self.trials.value(),
            "images": None if self.all_images.isChecked() else IMAGE_LIMIT,
        }

    def task(self, session: Session) -> TuneTask:
        """The search that the form describes. Raises ParamError."""
        return session.tasks.tune(**self.task_options())

    def plan(self, session: Session) -> str:
        """How much is to be done, as a sentence."""
        space, options = session.params.space, self.task_options()
        is_grid = options["search"] == "grid"
        # A range has no grid; starting such a search says so.
        if not space.varied or (is_grid and space.ranges):
            return ""
        runs = options["folds"] * options["repeats"]
        often = "once" if runs == 1 else f"{runs:,} times"
        # A pruner may end a setting before its last fold.
        limit = "" if options["pruner"] == "none" else "at most "
        what = "The grid has" if is_grid else "The search tries"
        count = space.size() if is_grid else options["trials"]
        return f"{what} {counted(count, 'setting', 'settings')}; each is trained {limit}{often}."

    def _search_chosen(self, search: str) -> None:
        """A grid is tried in full."""
        for drawn in (self.trials, self.pruner):
            drawn.setEnabled(search != "grid")

    def read(self, run: Run) -> SearchDocument:
        """The table of a run; for a thread."""
        return tune_document(run)

    def show_document(self, run: Run, document: SearchDocument) -> None:
        """Show the settings, the best first."""
        names = document.varied()
        rows = [_cells(item, names) for item in document.results]
        if rows != self.table.rows.rows:
            self.table.show_rows(rows, (*(LABELS.get(name, name) for name in names), *_HEAD))
        self.plots.show_run(run.path)

    def clear(self) -> None:
        """Show no setting and no figure."""
        self.table.show_rows((), _HEAD)
        self.plots.clear()

    def _update_button(self) -> None:
        self.adopt_button.setEnabled(len(self.table.chosen()) == 1)

    def _adopt(self) -> None:
        for values in self.table.chosen()[:1]:
            # The last column is the trial's own number; the number of a row changes with the sorting.
            self.adopted.emit(int(values[-1]))


def _cells(item: Setting, names: list[str]) -> tuple[Any, ...]:
    accuracy, spread = (
        None if fraction is None else Written(100 * fraction, f"{100 * fraction:.2f}")
        for fraction in (item.mean_accuracy, item.std)
    )
    params = (plain(item.params.get(name)) for name in names)
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


def plain(value: Any) -> Any:
    """A parameter's value with the digits that the person gave it."""
    if isinstance(value, float):
        return Written(value, str(value))
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def option_card(named: Sequence[tuple[str, QWidget]], *more: QWidget) -> QFrame:
    """Fields with their names above, in as many lines as they need; `more` stands below."""
    fields = []
    for name, widget in named:
        title = label(name, "muted")
        title.setBuddy(widget)
        fields.append(holder(column(title, widget, gap=3)))
    tiles = TileLayout(*fields, gap=GAP, most=_MOST)
    return frame(column(tiles, *more, gap=8, margin=12))


def choice(words: Any, name: str) -> QComboBox:
    """A box with the words of a Literal."""
    made = QComboBox()
    made.addItems(list(get_args(words)))
    made.setAccessibleName(name)
    return made


def number(name: str, low: int, high: int, value: int) -> QSpinBox:
    """A field for a whole number."""
    made = QSpinBox()
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    return made
