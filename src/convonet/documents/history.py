"""`history.csv`: the scores of each epoch of a training run."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Self

from convonet.documents.document import Document
from convonet.errors import DocumentError

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")
Column = list[float | None]


class HistoryTable(Document):
    """One value per epoch in each column, None if nothing was measured; `epoch` counts from 1.

    Columns of additional metrics are kept.
    """

    epoch: Column = []  # noqa: RUF012 pydantic copies the default
    loss: Column = []  # noqa: RUF012
    accuracy: Column = []  # noqa: RUF012
    val_loss: Column = []  # noqa: RUF012
    val_accuracy: Column = []  # noqa: RUF012
    learning_rate: Column = []  # noqa: RUF012

    @classmethod
    def read(cls, path: Path) -> Self:
        """The table in a CSV file; empty if there is no file. An incomplete last line is ignored.

        Raises:
            DocumentError: a cell is not a number.
        """
        columns: dict[str, Column] = {name: [] for name in COLUMNS}
        content = path.read_text(encoding="utf-8") if path.exists() else ""
        try:
            # The writer may be in the middle of a line: what ends in no line break is not there yet.
            for row in csv.DictReader(content[: content.rfind("\n") + 1].splitlines()):
                for name, value in row.items():
                    columns.setdefault(name, []).append(float(value) if value else None)
        # A line with too many cells gives a list for the surplus, which float() refuses with a TypeError.
        except (ValueError, TypeError, csv.Error) as error:
            raise DocumentError("The history is damaged", where=path, reason=str(error)) from error
        return cls.of(columns, path)

    @property
    def epochs(self) -> int:
        """Number of epochs."""
        return len(self.epoch)

    def columns(self) -> dict[str, Column]:
        """All columns by name."""
        return {name: self[name] for name in self.keys()}

    def measured(self, name: str, until: int | None = None) -> list[float]:
        """The measured values of a column, in the first `until` epochs."""
        return [value for value in self[name][:until] if value is not None]
