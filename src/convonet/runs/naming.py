"""What a person calls a run: data set, network and date, until it is given another name.

The name stands in a file of its own, so that a run can be renamed while it is being worked on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import PurePath

from convonet import documents, tasks
from convonet.atomic import write_text
from convonet.errors import ConvonetError, InputError
from convonet.params.bases import BASES
from convonet.params.families import FAMILIES
from convonet.runs.run import Run, is_made_up
from convonet.text import has_controls

TITLE = "title.txt"
_LONGEST = 120
_PARTS = ("train", "training", "test", "testing", "val", "valid", "validation", "images", "data")
"""Folder names that say nothing of the data set: the folder above names it."""


def title_of(run: Run, record: documents.RunRecord | None = None) -> str:
    """The name that a run was given, else one made from what it is about.

    Args:
        record: the run's record where it was read already.
    """
    try:
        given = run.file(TITLE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        given = ""
    return given or default_title(run, record)


def default_title(run: Run, record: documents.RunRecord | None = None) -> str:
    """Such as `ants-bees · EfficientNet-Lite0 · 29 Nov 14:10`.

    The folder's name where a person chose it, and where the record cannot be read.
    """
    if not is_made_up(run.id):
        return run.id
    try:
        record = record or run.read()
        moment = datetime.fromisoformat(record.created).astimezone()
    except (ConvonetError, ValueError):
        return run.id
    date = f"{moment.day} {moment:%b %H:%M}"
    is_training = record.kind == tasks.TrainTask.kind
    about = network_of(record) if is_training else kind_label(record.kind)
    parts = (data_set_of(record), about, date)
    return " · ".join(part for part in parts if part)


def distinct(titles: Iterable[str]) -> list[str]:
    """The same titles, numbered where an earlier one is equal: short trainings can begin in the same minute."""
    seen, names = Counter[str](), list[str]()
    for title in titles:
        seen[title] += 1
        names.append(f"{title} ({seen[title]})" if seen[title] > 1 else title)
    return names


def rename(run: Run, title: str) -> None:
    """Give a run a new name; an empty one restores its own.

    Raises:
        InputError: the name has control characters, or more than 120 characters.
        RunNotFoundError: the run's record is missing or damaged.
        OutputError: the run folder cannot be written to.
    """
    title = title.strip()
    if has_controls(title) or len(title) > _LONGEST:
        raise InputError(
            "This name cannot be used", expected=f"one line of up to {_LONGEST} characters", where=run.path
        )
    # A name in the folder of a damaged run would look as if the run were still usable.
    run.read()
    write_text(run.file(TITLE), title + "\n")


def data_set_of(record: documents.RunRecord) -> str:
    """The name of the folder or file of the training images, else of the test images; empty where there are none."""
    values = record.params.data or {}
    return data_set_name(values.get("train_dir") or values.get("test_dir"))


def data_set_name(folder: object) -> str:
    """What a folder or file of images is called: the first name above it that tells something; empty for none."""
    if not isinstance(folder, str) or not folder:
        return ""
    # The run may come from another system, whose separators this one does not know.
    path = PurePath(folder.replace("\\", "/"))
    telling = [part for part in path.parts if part != path.anchor and part.lower() not in _PARTS]
    # If every part is a generic name, the last one is still better than no name.
    named = telling[-1] if telling else path.name
    return PurePath(named).stem if PurePath(named).suffix in (".csv", ".tsv", ".npz") else named


def kind_label(kind: str) -> str:
    """What a run of this kind is called in lists; the kind itself where only a newer version knows it."""
    return tasks.traits_of(kind).noun or kind


def network_of(record: documents.RunRecord) -> str:
    """The network of a training: of a plan the one that was chosen; empty where none is chosen yet."""
    plan = record.plan
    chosen = next((one for one in plan.candidates if one.name == plan.chosen), None) if plan else None
    base = chosen.hyper.get("base") if chosen is not None else record.hyper_value("base")
    family = chosen.hyper.get("family") if chosen is not None else record.hyper_value("family")
    if isinstance(base, str) and base:
        return BASES[base].title if base in BASES else PurePath(base).stem
    # A plan has not chosen its network yet.
    if chosen is None and record.task.get("recipe", "none") != "none":
        return ""
    named = family if isinstance(family, str) else "convonet"
    return FAMILIES[named].title if named in FAMILIES else ""
