"""How a run can be repeated: its command, parameters, versions, machine and images."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from convonet.params import DataParams, HyperParams, fields_of
from convonet.params.migrations import VERSION_KEY

Rows = list[tuple[str, str]]


def repeat_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the section needs.

    Returns:
        `command` as a line, `planned`: whether a recipe planned the run, and rows of name and value: `data`, `hyper`,
        `about`.
    """
    params = record["params"]
    return {
        "command": _command(record),
        "planned": bool(record.get("plan")),
        "data": _rows(params.get("data"), DataParams),
        "hyper": _rows(params.get("hyper"), HyperParams),
        "about": _about(record),
    }


def _command(record: Mapping[str, Any]) -> str | None:
    """The command, with the recipe also where it was the default: defaults change, this run does not."""
    words = list(record["command"] or ())
    plan = record.get("plan")
    if plan and words[:2] == ["convonet", "train"] and not any(word.startswith("--recipe") for word in words):
        words += ["--recipe", plan["recipe"]]
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


def _about(record: Mapping[str, Any]) -> Rows:
    machine, data, plan = record["machine"], record["data"] or {}, record.get("plan")
    memory = machine.get("memory_bytes")
    cores = f"{machine.get('cores', '?')} cores" + (f", {memory / 2**30:.0f} GiB" if memory else "")
    rows = [
        ("Run", str(record["id"])),
        ("Begun", _time(record["started"] or record["created"])),
        ("Took", _taken(record)),
        *([("Recipe", f"{plan['recipe']}, {plan['minutes']:g} minutes")] if plan else []),
        ("Seed", str(record["seed"])),
        ("Fingerprint of the images", str(data.get("fingerprint", "–"))),
        ("Versions", ", ".join(f"{name} {version}" for name, version in record["versions"].items())),
        ("Machine", ", ".join(filter(None, (machine.get("processor"), cores, machine.get("platform"))))),
    ]
    return rows


def _taken(record: Mapping[str, Any]) -> str:
    """Seconds of a run that has ended, or until now: a report is made at the end, just before it."""
    seconds = float(record["seconds"])
    if record["ended"] is None and record["started"]:
        seconds = (datetime.now(UTC) - datetime.fromisoformat(record["started"])).total_seconds()
    attempts = f" in {record['attempt']} attempts" if record["attempt"] > 1 else ""
    return f"{seconds:.1f} s{attempts}"


def _time(text: str) -> str:
    return text.replace("T", " ").partition(".")[0] + " UTC"
