"""What a training came to: the test score beside the baseline, what was tried, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from convonet.desktop.widgets.basic import button, column, frame, holder, label, row
from convonet.desktop.widgets.candidates import CandidateLine, CandidateList, percent, span
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.interval_bar import IntervalBar
from convonet.params.labels import settings_text
from convonet.params.recipes import RECIPE_TITLES
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller
    from convonet.documents.summary import NextStep, TrainingSummary, Tried

_MARGIN = 16


class SummaryView(QScrollArea):
    """Cards one below the other.

    Signals:
        followed: the person wants to follow a piece of advice; carries the NextStep.
    """

    followed = Signal(object)

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Summary")
        self._controller = controller
        self._evaluate = controller.actions["evaluate"]
        self._evaluate_button: QPushButton | None = None
        self.summary: TrainingSummary | None = None
        self.buttons: list[QPushButton] = []
        self._may_train = True
        self._make_score()
        self.score_note = label("", "muted", wrap=True)
        self._none = label("", "muted", wrap=True)
        self._confused, self._confused_count = (
            label("", "section", wrap=True, select=True),
            label("", "muted"),
        )
        self._confused_card = frame(
            column(
                label("Most often confused", "muted"),
                self._confused,
                self._confused_count,
                None,
                row(controller.button("show_matrix", "Show confusion matrix"), None),
                gap=6,
                margin=_MARGIN,
            )
        )
        score = frame(
            column(
                self._score_title,
                FlowLayout(self._score, self._interval, gap=12),
                self._bar,
                self.score_note,
                self._none,
                gap=4,
                margin=_MARGIN,
            )
        )
        scores = FoldingRow(score, self._confused_card, wanted=(300, 220), stretch=(3, 2), gap=14)
        self.tried = CandidateList()
        self._tried_card = frame(
            column(label("What was tried", "section"), self.tried, gap=10, margin=_MARGIN)
        )
        self._steps = QVBoxLayout()
        self._steps.setSpacing(10)
        self._steps_card = frame(
            column(label("What you can do next", "section"), self._steps, gap=10, margin=_MARGIN)
        )
        self.onward = self._make_onward(controller)
        whole = column(8, scores, self.onward, self._tried_card, self._steps_card, None, gap=14)
        self.setWidget(holder(whole))
        whole.setContentsMargins(0, 8, 4, 4)

    def _make_onward(self, controller: Controller) -> QWidget:
        """Where to go from here."""

        def go(where: str) -> Callable[[], None]:
            return lambda: controller.page_wanted.emit(where)

        self.mistakes = button(
            "See mistakes", go("test/mistakes"), tip="Wrong predictions, highest confidence first"
        )
        self.use = button("Use the model", go("use"), primary=True, tip="Classify new images")
        export = controller.button("export_model", "Export …")
        report = controller.button("save_report", "Save report …")
        return holder(FlowLayout(self.use, self.mistakes, export, report, gap=8))

    def _make_score(self) -> None:
        self._score_title = label("Test accuracy", "muted")
        self._score, self._interval = label("–", "big", select=True), label("", "muted", select=True)
        self._bar = IntervalBar()

    def show_summary(self, summary: TrainingSummary | None) -> None:
        """Show another summary."""
        if summary == self.summary:
            return
        self.summary = summary
        if summary is None:
            return
        self._show_score(summary)
        pair = summary.confusion
        self.mistakes.setEnabled(summary.accuracy is not None)
        self._confused_card.setVisible(pair is not None)
        if pair is not None:
            self._confused.setText(f"{pair.true} mistaken for {pair.predicted}")
            self._confused_count.setText(f"{pair.count:,} of {counted(pair.total, 'image')} of {pair.true}")
        self._tried_card.setVisible(bool(summary.tried))
        self.tried.show_lines([_line(one) for one in summary.tried])
        self._show_steps(summary.advice)

    def _show_score(self, summary: TrainingSummary) -> None:
        tested = summary.accuracy is not None and summary.interval is not None
        for part in (self._score, self._interval, self._bar, self.score_note):
            part.setVisible(tested)
        self._none.setVisible(not tested)
        has_images = self._controller.session.sets.images("test") > 0
        self._none.setText(
            "The model was not tested."
            + ("" if has_images else " Choose a folder of test images, then test it.")
        )
        if summary.accuracy is None or summary.interval is None:
            return
        self._score.setText(percent(summary.accuracy))
        self._interval.setText(f"95% CI {span(summary.interval)}")
        self._bar.show_values(summary.accuracy, summary.interval, summary.baseline)
        images = f"{counted(summary.images, 'test image')}."
        if summary.baseline is not None:
            images += f" Always predicting the most common class gives {percent(summary.baseline)}."
        self.score_note.setText(images)

    def _show_steps(self, steps: tuple[NextStep, ...]) -> None:
        while (item := self._steps.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                # `deleteLater` works only when the event loop is back; until then the old advice would still be seen.
                widget.hide()
                widget.deleteLater()
        self.buttons, self._evaluate_button = [], None
        self._steps_card.setVisible(bool(steps))
        for place, step in enumerate(steps):
            if place:
                rule = QFrame()
                rule.setObjectName("rule")
                self._steps.addWidget(rule)
            self._steps.addWidget(self._step(step))
        self.set_may_train(self._may_train)

    def _step(self, step: NextStep) -> QWidget:
        line = row(label(step.text, wrap=True, select=True), gap=16)
        line.setStretch(0, 1)
        if step.recipe is not None or step.settings is not None:
            made = button("Apply and train again", lambda: self.followed.emit(step), tip=_does(step))
            made.setAccessibleDescription(step.text)
            self.buttons.append(made)
            line.addWidget(made, 0, Qt.AlignmentFlag.AlignVCenter)
        elif step.kind == "untested":
            self._evaluate_button = button("Test", self._evaluate.trigger)
            line.addWidget(self._evaluate_button, 0, Qt.AlignmentFlag.AlignVCenter)
        return holder(line)

    def set_may_train(self, may: bool) -> None:
        """Whether a training can begin now."""
        self._may_train = may
        for made in self.buttons:
            made.setEnabled(may)
        if self._evaluate_button is not None:
            self._evaluate_button.setEnabled(self._evaluate.isEnabled())
            self._evaluate_button.setToolTip(self._evaluate.toolTip())


def _line(one: Tried) -> CandidateLine:
    state = "chosen" if one.chosen else one.state
    note = "Chosen" if one.chosen else f"{one.result[:1].upper()}{one.result[1:]}"
    return CandidateLine(one.title, state, one.accuracy, one.accuracy_interval, one.seconds, note)


def _does(step: NextStep) -> str:
    """What the button changes."""
    if step.recipe is not None:
        return f"Trains with the {RECIPE_TITLES[step.recipe]} recipe. This run is kept."
    return f"Trains with {settings_text(step.settings or {})}. This run is kept."
