"""What a person calls a run: data set, network and date, until it is given another name.

The name stands in a file of its own, so that a run can be renamed while it is being worked on.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import PurePath
from typing import Any

from convonet.atomic import write_text
from convonet.errors import ConvonetError, InputError
from convonet.params.bases import BASES
from convonet.params.families import FAMILIES
from convonet.runs.run import Run
from convonet.text import has_controls

TITLE = "title.txt"
_LONGEST = 120
_PARTS = ("train", "training", "test", "testing", "val", "valid", "validation", "images", "data")
"""Folder names that say nothing of the data set: the folder above names it."""


def title_of(run: Run) -> str:
    """The name that a run was given, else one made from what it is about."""
    try:
        given = run.file(TITLE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        given = ""
    return given or default_title(run)


def default_title(run: Run) -> str:
    """Such as `ants-bees · EfficientNet-Lite0 · 29 Nov 14:10`; the folder's name where the record cannot be read."""
    try:
        task, record = run.task(), run.read()
        moment = datetime.fromisoformat(record.created).astimezone()
    except (ConvonetError, ValueError):
        return run.id
    date = f"{moment.day} {moment:%b %H:%M}"
    parts = (data_set_of(run), _network(run, task), date)
    return " · ".join(part for part in parts if part)


def rename(run: Run, title: str) -> None:
    """Give a run another name; an empty one gives it back its own.

    Raises:
        InputError: the name has control characters, or more than 120 characters.
        OutputError: the run folder cannot be written to.
    """
    title = title.strip()
    if has_controls(title) or len(title) > _LONGEST:
        raise InputError(
            "This name cannot be used", expected=f"one line of up to {_LONGEST} characters", where=run.path
        )
    write_text(run.file(TITLE), title + "\n")


def data_set_of(run: Run) -> str:
    """The name of the folder or file of the training images, else of the test images; empty where there are none."""
    data = getattr(run.task(), "data", None)
    given = (data.train_dir or data.test_dir) if data is not None else None
    if not given:
        return ""
    # The run may come from another system, whose separators this one does not know.
    path = PurePath(given.replace("\\", "/"))
    telling = [part for part in path.parts if part != path.anchor and part.lower() not in _PARTS]
    named = telling[-1] if telling else path.name
    return PurePath(named).stem if PurePath(named).suffix in (".csv", ".tsv", ".npz") else named


def _network(run: Run, task: Any) -> str:
    """The network that was trained: of a plan the one that was chosen."""
    plan = run.read().plan
    chosen = next((one for one in plan.candidates if one.name == plan.chosen), None) if plan else None
    hyper = getattr(task, "hyper", None)
    base = chosen.hyper.get("base") if chosen is not None else getattr(hyper, "base", None)
    family = chosen.hyper.get("family") if chosen is not None else getattr(hyper, "family", None)
    if isinstance(base, str) and base:
        return BASES[base].title if base in BASES else PurePath(base).stem
    # A plan has not chosen its network yet.
    if chosen is None and getattr(task, "recipe", "none") != "none":
        return ""
    if isinstance(family, str) and family in FAMILIES:
        return FAMILIES[family].title
    title: str = task.kind.capitalize()
    return title
