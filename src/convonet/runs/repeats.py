"""A run and its repetition: the first number that differs, and what differs in the place where they were made."""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from pathlib import Path

from convonet.documents.repetition import ComparedPart, EnvironmentChange, NumberChange, RunMismatch
from convonet.documents.run_record import RunRecord


def last_numbers(before: Path, after: Path) -> tuple[NumberChange, ...]:
    """Losses and accuracies of the last rows of two histories, where both have them."""
    rows = [_last(table) for table in (before, after)]
    names = [name for name in rows[0] if name.endswith(("loss", "accuracy")) and rows[0][name]]
    return tuple(
        NumberChange(name=name, before=float(rows[0][name]), after=float(rows[1][name]))
        for name in names
        if rows[1].get(name)
    )


def _last(table: Path) -> dict[str, str]:
    with table.open(encoding="utf-8", newline="") as lines:
        # A history without any epoch has a head only.
        return next(reversed(list(csv.DictReader(lines))), {})


def table_difference(
    what: ComparedPart, before: Path, after: Path, keys: Sequence[str], ignored: Collection[str] = ()
) -> RunMismatch | None:
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
            return RunMismatch(what=what, place=shown, before="there", after=None)
        for name, value in row.items():
            if name not in ignored and other.get(name) != value:
                return RunMismatch(
                    what=what, place=shown, name=name, before=value or None, after=other.get(name) or None
                )
    # Rows that only the second file has were not visited by the loop over the first one.
    for place in others.keys() - rows.keys():
        shown = ", ".join(f"{key} {value}" for key, value in zip(keys, place, strict=True))
        return RunMismatch(what=what, place=shown, before=None, after="there")
    return None


def count_rows(table: Path) -> int:
    """Rows of a CSV file, without its head."""
    with table.open(encoding="utf-8", newline="") as lines:
        return sum(1 for _ in csv.DictReader(lines))


def changed_surroundings(before: RunRecord, after: RunRecord) -> tuple[EnvironmentChange, ...]:
    """Versions and machine of two records, where they differ."""
    pairs = [(name, before.versions.get(name), version) for name, version in after.versions.items()]
    pairs += [("processor", before.machine.processor, after.machine.processor)]
    pairs += [("platform", before.machine.platform, after.machine.platform)]
    # Runs of before there was a choice do not say what they were trained on.
    pairs += [("device", before.device or after.device, after.device)]
    return tuple(
        EnvironmentChange(name=name, before=old, after=new) for name, old, new in pairs if old != new
    )


def _rows(table: Path, keys: Sequence[str]) -> dict[tuple[str, ...], dict[str, str]]:
    with table.open(encoding="utf-8", newline="") as lines:
        return {tuple(row[key] for key in keys): row for row in csv.DictReader(lines)}
