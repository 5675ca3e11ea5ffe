"""How a run can be repeated: its command, parameters, versions, machine and images."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from convonet.documents.run_record import RunRecord
from convonet.params import DataParams, HyperParams, fields_of
from convonet.params.migrations import VERSION_KEY
from convonet.text import counted

Rows = list[tuple[str, str]]


class Repeat(NamedTuple):
    """The command as a line, whether a recipe planned the run, and rows of name and value."""

    command: str | None
    planned: bool
    data: Rows
    hyper: Rows
    about: Rows


def repeat_of(record: RunRecord) -> Repeat:
    """What the section needs."""
    return Repeat(
        command=_command(record),
        planned=record.plan is not None,
        data=_rows(record.params.data, DataParams),
        hyper=_rows(record.params.hyper, HyperParams),
        about=_about(record),
    )


def _command(record: RunRecord) -> str | None:
    """The command, with the recipe also where it was the default: defaults change, this run does not."""
    words, plan = list(record.command), record.plan
    if plan and words[:2] == ["convonet", "train"] and not any(word.startswith("--recipe") for word in words):
        words += ["--recipe", plan.recipe]
    return shlex.join(words) if words else None


def _rows(values: Mapping[str, Any] | None, model: type[DataParams] | type[HyperParams]) -> Rows:
    declared = fields_of(model)
    return [
        (declared[name].label if name in declared else name, _shown(value))
        for name, value in (values or {}).items()
        if name != VERSION_KEY and value is not None
    ]


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_shown, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _about(record: RunRecord) -> Rows:
    machine, plan = record.machine, record.plan
    memory = machine.memory_bytes
    cores = counted(machine.cores, "core") if machine.cores else ""
    installed = f"{memory / 2**30:.0f} GiB" if memory else ""
    rows = [
        ("Run", record.id),
        ("Started", _time(record.started or record.created)),
        ("Duration", _taken(record)),
        *([("Recipe", f"{plan.recipe}, {plan.minutes:g} min")] if plan else []),
        ("Seed", str(record.seed)),
        ("Fingerprint of the images", record.data.fingerprint if record.data else "–"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record.versions.items())),
        ("Machine", ", ".join(filter(None, (machine.processor, cores, installed, machine.platform)))),
    ]
    return rows


def _taken(record: RunRecord) -> str:
    """Seconds of a run that has ended, or until now: a report is made at the end, just before it."""
    seconds = record.seconds
    if record.ended is None and record.started:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(record.started)).total_seconds()
    attempts = f" in {record.attempt} attempts" if record.attempt > 1 else ""
    return f"{seconds:.1f} s{attempts}"


def _time(text: str) -> str:
    return text.replace("T", " ").partition(".")[0] + " UTC"
