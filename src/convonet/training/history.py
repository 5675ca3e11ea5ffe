"""The history of a training: one row an epoch, as lists, as CSV lines, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


@dataclass
class History:
    """Rows by epoch; a row has `loss`, `accuracy`, `learning_rate` and, with validation, `val_…`.

    Attributes:
        extra: scores that this training measures beside those of `COLUMNS`; they are the last columns.
    """

    rows: list[dict[str, float]] = field(default_factory=list)
    extra: tuple[str, ...] = ()

    def add(self, logs: Mapping[str, float]) -> None:
        """Add the row of the next epoch."""
        self.rows.append(dict(logs))

    def __len__(self) -> int:
        return len(self.rows)

    def column(self, name: str) -> list[float]:
        """The values of one score, one an epoch; empty where it was not measured."""
        return [row[name] for row in self.rows if name in row]

    def to_dict(self) -> dict[str, list[float]]:
        """Columns of scores: `loss`, `accuracy`, `val_loss`, `val_accuracy` and the extra ones that all epochs have."""
        # A run that an earlier version began may lack an extra score in its first epochs.
        extra = [name for name in self.extra if len(self.column(name)) == len(self)]
        return {name: self.column(name) for name in (*COLUMNS[1:5], *extra)}

    def csv_head(self) -> str:
        """The header line."""
        return csv_head((*COLUMNS, *self.extra))

    def csv_line(self, index: int) -> str:
        """Row `index` (from 0) as a CSV line with full precision; absent values are empty."""
        values = {"epoch": index + 1} | self.rows[index]
        names = (*COLUMNS, *self.extra)
        # `repr` gives the shortest text that reads back as the same number.
        return ",".join("" if name not in values else repr(values[name]) for name in names)

    def csv_table(self) -> str:
        """The header line and all rows."""
        return "".join(f"{line}\n" for line in (self.csv_head(), *map(self.csv_line, range(len(self)))))


def csv_head(columns: Sequence[str] = COLUMNS) -> str:
    """The header line."""
    return ",".join(columns)
