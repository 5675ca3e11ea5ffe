"""Training, validation and test beside each other, with a sentence where they differ beyond noise."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from convonet.desktop.widgets.basic import column, label
from convonet.desktop.widgets.table import TableView, percent
from convonet.documents.run_record import RunScores
from convonet.runs import Run
from convonet.runs.sets_table import sets_table

_NAMES = {"train": "Training", "val": "Validation", "test": "Test"}
_HEAD = ("Set", "Images", "Accuracy", "95% CI from", "95% CI to", "Loss", "Measured")
_TIPS = {
    "95% CI from": "Lower end of the confidence interval",
    "95% CI to": "Upper end of the confidence interval",
}


class SetsTab(QWidget):
    """Shows the scores that a run remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.sentence = label("", wrap=True)
        self.table = TableView(
            _HEAD, "sets", empty="Only a model from a run has scores for all sets.", tips=_TIPS
        )
        self.setLayout(column(8, self.sentence, self.table, gap=8))

    def show_run(self, run: Run | None) -> None:
        """Show a run's scores; None for a model without a run."""
        found = sets_table(RunScores() if run is None else run.read().scores)
        rows = []
        for item in found.rows:
            low, high = item.accuracy_interval or (None, None)
            how = "with the final model" if item.evaluated else "during training"
            shares = (percent(item.accuracy), percent(low), percent(high))
            rows.append((_NAMES[item.set], item.images, *shares, item.loss, how))
        self.table.show_rows(rows)
        well = "Choose a set above to test the model on it. All sets are compared here."
        self.sentence.setText(found.sentence or well)
