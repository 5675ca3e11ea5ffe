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
        """Columns of scores: `loss`, `accuracy`, `val_loss`, `val_accuracy` and the extra ones."""
        return {name: self.column(name) for name in (*COLUMNS[1:5], *self.extra)}

    def csv_head(self) -> str:
        """The header line."""
        return csv_head((*COLUMNS, *self.extra))

    def csv_line(self, index: int) -> str:
        """Row `index` (from 0) as a CSV line with full precision; absent values are empty."""
        values = {"epoch": index + 1} | self.rows[index]
        names = (*COLUMNS, *self.extra)
        # `repr` gives the shortest text that reads back as the same number.
        return ",".join("" if name not in values else repr(values[name]) for name in names)


def csv_head(columns: Sequence[str] = COLUMNS) -> str:
    """The header line."""
    return ",".join(columns)
