"""Kinds of tasks by their names on the wire. The class of the kind `find_rate` is `FindRateTask`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convonet import tasks
from convonet.errors import InputError
from convonet.json_values import JsonObject, object_at
from convonet.params.data_params import DataParams
from convonet.params.hyper_params import HyperParams
from convonet.params.migrations import VERSION_KEY, hyper_1_to_2
from convonet.params.search_space import SearchSpace
from convonet.tasks.task import SPEC_VERSION, Task

_NO_KINDS = ("Task", "ResumableTask")


def kinds() -> dict[str, type[Task]]:
    """Each kind of task with its class, in alphabetical order."""
    names = (name for name in tasks.__all__ if name.endswith("Task") and name not in _NO_KINDS)
    return {
        kind.kind: kind
        for kind in sorted((getattr(tasks, name) for name in names), key=lambda kind: kind.kind)
    }


def traits_of(kind: str) -> type[Task]:
    """The class that knows the traits of a kind; a kind that only a newer version knows has none."""
    return _class_of(kind) or Task


def read_task(value: Mapping[str, Any]) -> Task:
    """The task that `Task.to_dict` described, of this version or an earlier one.

    Raises:
        InputError: an unknown kind, an unknown key, or a newer version.
    """
    kind = _class_of(str(value.get("kind")))
    version = value.get(VERSION_KEY)
    if kind is None or version not in range(1, SPEC_VERSION + 1):
        raise InputError(
            "The task cannot be read",
            expected=f"one of {', '.join(kinds())}, in version {' or '.join(map(str, range(1, SPEC_VERSION + 1)))}",
            received=f"{value.get('kind')} in version {version}",
        )
    values = {name: item for name, item in value.items() if name not in ("kind", VERSION_KEY)}
    if unknown := sorted(values.keys() - kind.model_fields.keys()):
        raise InputError(
            "The task has unknown keys",
            expected=", ".join(sorted(kind.model_fields)),
            received=", ".join(unknown),
        )
    if version == 1:
        values = _spec_1_to_2(values)
    for name, item in values.items():
        if name == "data" and item is not None:
            values[name] = DataParams.of({k: v for k, v in item.items() if k != VERSION_KEY})
        elif name == "hyper" and item is not None:
            values[name] = HyperParams.of(item)
        elif name == "space":
            values[name] = SearchSpace.of(item)
    return kind.of(values)


def _class_of(kind: str) -> type[Task] | None:
    # By its name, so that asking for one kind does not load the modules of all others.
    name = "".join(part.capitalize() for part in kind.split("_")) + "Task"
    found = getattr(tasks, name) if name in tasks.__all__ and name not in _NO_KINDS else None
    return found if found is not None and found.kind == kind else None


def _spec_1_to_2(values: JsonObject) -> JsonObject:
    """A job of version 0.1 keeps the last epoch."""
    given = [name for name in ("hyper", "space") if values.get(name) is not None]
    return values | {name: hyper_1_to_2(object_at(values, name)) for name in given}
