"""Events read from the wire: of this version, of a newer one, or cut by a crash."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from convonet.events import Event, UnknownEvent


@dataclass(frozen=True)
class Stamped:
    """An event as it was read: when, and of which run."""

    event: Event
    time: float
    run: str


def read_event(value: Mapping[str, Any]) -> Stamped:
    """The event that a wire object describes; keys that this version does not know are dropped."""
    name = str(value.get("event", ""))
    kind = Event.registry.get(name)
    stamp = float(value.get("time", 0.0)), str(value.get("run", ""))
    if kind is None:
        return Stamped(UnknownEvent(name=name, values=dict(value)), *stamp)
    known = {f.name for f in fields(kind)}
    return Stamped(kind(**{k: v for k, v in value.items() if k in known}), *stamp)


def read_lines(lines: Iterable[str]) -> Iterator[Stamped]:
    """Events from lines of JSON. A torn last line, cut by a crash, is left out."""
    for line in lines:
        if not line.endswith("\n"):
            return
        try:
            yield read_event(json.loads(line))
        except json.JSONDecodeError:
            continue
