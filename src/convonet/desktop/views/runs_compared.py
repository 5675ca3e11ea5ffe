"""What the page of runs says below its list: runs side by side, or whether a repeated run is the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from convonet.desktop.widgets.basic import column, label
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView, percent, shown
from convonet.documents.repetition import VerifyDocument
from convonet.documents.runs import RunComparison, RunDifference
from convonet.params import DataParams, HyperParams, fields_of

_NAMES = {"train": "Training", "val": "Validation", "test": "Test"}
_CHANGED = ("Image", "True", "Before", "After", "Probability before", "Probability after", "Change")


_ONLY_TWO = "With more than two runs, this table is empty."


class ComparedRuns(QWidget):
    """Sentences first, then the tables of a comparison; hidden while there is nothing to say."""

    def __init__(self) -> None:
        super().__init__()
        self.differences = TableView(("Parameter",), "differences", empty="The parameters are the same.")
        self.changed = TableView(
            _CHANGED,
            "changed predictions",
            empty=f"No predictions differ, or one of the runs was not tested. {_ONLY_TWO}",
        )
        self.marks = TableView(
            ("Set", "Image", "Before", "After"),
            "marks",
            empty=f"No marks differ. {_ONLY_TWO}",
        )
        self.sentences = label("", wrap=True, select=True)
        self._caption = label("", "section")
        self._tabs = Tabs("Comparison of the runs")
        for table, name in (
            (self.differences, "Parameters and scores"),
            (self.changed, "Changed predictions"),
            (self.marks, "Changed marks"),
        ):
            self._tabs.addTab(table, name)
        content = column(self._caption, self.sentences, self._tabs)
        content.setStretch(2, 1)
        self.setLayout(content)
        self.hide()

    def clear(self) -> None:
        """Say nothing."""
        self._say("", (), has_tables=False)

    def show_repetition(self, name: str, found: VerifyDocument) -> None:
        """Show whether the repeated run gave the same numbers as the run with this name."""
        self._say(f"Verified: {name}", (found.sentence,), has_tables=False)

    def show_comparison(self, found: RunComparison) -> None:
        """Parameters and scores side by side, and of two runs what they predict differently."""
        names = [item.title or item.id for item in found.runs]
        self.differences.show_rows(_rows(found), ("Parameter", *names))
        self._show_between(found.difference)
        self._say("Differences", _sentences(found), has_tables=True)

    def _show_between(self, between: RunDifference | None) -> None:
        """Of two runs: the images that are predicted differently, and the marks that only one of them obeyed."""
        changed, marks = (between.changed_images, between.marks) if between else ((), ())
        self.changed.show_rows(
            [(one.path, one.true, one.a, one.b, one.p_a, one.p_b, one.change) for one in changed]
        )
        self.marks.show_rows(
            [(_NAMES.get(mark.set, mark.set), mark.path, mark.a or "", mark.b or "") for mark in marks]
        )

    def _say(self, caption: str, sentences: Sequence[str], *, has_tables: bool) -> None:
        self._caption.setText(caption)
        self.sentences.setText("\n".join(sentences))
        self.sentences.setVisible(bool(sentences))
        self._tabs.setVisible(has_tables)
        self.setVisible(bool(caption))


def _rows(found: RunComparison) -> list[tuple[Any, ...]]:
    labels = {
        name: field.label for model in (DataParams, HyperParams) for name, field in fields_of(model).items()
    }
    rows: list[tuple[Any, ...]] = [
        (labels.get(name.split(".", 1)[-1], name), *map(_words, values))
        for name, values in found.differences.items()
    ]
    scores = [item.scores.test.accuracy if item.scores.test else None for item in found.runs]
    same = all(item.same_data for item in found.runs)
    images = ("Training images", *(("the same" if same else "not the same") for _ in found.runs))
    return [("Test accuracy", *(shown(percent(score)) for score in scores)), images, *rows]


def _sentences(found: RunComparison) -> list[str]:
    """Scores that are outdated come first: they change what the others are worth."""
    outdated = [run.outdated for run in found.runs if run.outdated]
    between = found.difference
    last = [between.sentence] if between is not None and between.images else []
    return [*outdated, *(pair.sentence for pair in found.pairs), *last]


def _words(value: Any) -> str:
    """A value as words: numbers and words of several runs stand in one column."""
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return str(value) if isinstance(value, (float, bool)) else shown(value)
