"""A run and its repetition: the first number that differs, and what differs in the place where they were made."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from convonet.documents.run_record import RunRecord


class Difference(NamedTuple):
    """Where two runs part.

    Attributes:
        what: `data`, `plan`, `history`, `trials` or `weights`.
        place: which epoch, fold, weight or file.
        name: which number of it; empty where the place says it all.
        before, after: what was there; None where nothing was.
    """

    what: str
    place: str
    name: str
    before: str | None
    after: str | None

    def sentence(self) -> str:
        """In words."""
        name = f"{self.name} of {self.place}" if self.name else self.place
        shown = ["nothing" if value is None else value for value in (self.before, self.after)]
        return f"{name} was {shown[0]} and is now {shown[1]}"


class NumberChange(NamedTuple):
    """A number of the last row of two tables."""

    name: str
    before: float
    after: float

    def words(self) -> str:
        """For example `val_accuracy 98.6% instead of 98.3%`, the new number first."""
        if "accuracy" in self.name:
            return f"{self.name} {100 * self.after:.1f}% instead of {100 * self.before:.1f}%"
        return f"{self.name} {self.after:.4g} instead of {self.before:.4g}"


def last_numbers(before: Path, after: Path) -> list[NumberChange]:
    """Losses and accuracies of the last rows of two histories, where both have them."""
    rows = [_last(table) for table in (before, after)]
    names = [name for name in rows[0] if name.endswith(("loss", "accuracy")) and rows[0][name]]
    return [NumberChange(n, float(rows[0][n]), float(rows[1][n])) for n in names if rows[1].get(n)]


def _last(table: Path) -> dict[str, str]:
    with table.open(encoding="utf-8", newline="") as lines:
        return next(reversed(list(csv.DictReader(lines))), {})


def table_difference(
    what: str, before: Path, after: Path, keys: Sequence[str], ignored: Collection[str] = ()
) -> Difference | None:
    """The first row of two CSV files that differs, in the order of the first file.

    Args:
        keys: the columns that tell which row it is; the order of rows does not count.
        ignored: columns that never repeat, such as seconds.
    """
    rows, others = _rows(before, keys), _rows(after, keys)
    for place, row in rows.items():
        other = others.get(place)
        shown = ", ".join(f"{key} {value}" for key, value in zip(keys, place, strict=True))
        if other is None:
            return Difference(what, shown, "", "there", None)
        for name, value in row.items():
            if name not in ignored and other.get(name) != value:
                return Difference(what, shown, name, value or None, other.get(name) or None)
    for place in others.keys() - rows.keys():
        shown = ", ".join(f"{key} {value}" for key, value in zip(keys, place, strict=True))
        return Difference(what, shown, "", None, "there")
    return None


def count_rows(table: Path) -> int:
    """Rows of a CSV file, without its head."""
    with table.open(encoding="utf-8", newline="") as lines:
        return sum(1 for _ in csv.DictReader(lines))


def changed_surroundings(before: RunRecord, after: RunRecord) -> list[dict[str, Any]]:
    """Versions and machine of two records, where they differ: `{"name", "before", "after"}` each."""
    pairs = [(name, before.versions.get(name), version) for name, version in after.versions.items()]
    pairs += [("processor", before.machine.processor, after.machine.processor)]
    pairs += [("platform", before.machine.platform, after.machine.platform)]
    # Runs of before there was a choice do not say what they were trained on.
    pairs += [("device", before.device or after.device, after.device)]
    return [{"name": name, "before": old, "after": new} for name, old, new in pairs if old != new]


def _rows(table: Path, keys: Sequence[str]) -> dict[tuple[str, ...], dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        return {tuple(row[key] for key in keys): row for row in csv.DictReader(lines)}
