"""The report of a look at images: counts, what stands out, and the pictures to judge it by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from convonet.data.inspection import Inspection, Leak
from convonet.reports.page import TemplateValues, write_page
from convonet.reports.pictures import Pictures
from convonet.text import counted

# Every picture is embedded in the page, so these limits keep the file small.
_GROUPS = 12
_IN_GROUP = 4
_SINGLES = 24
_SAMPLES = 3
_MOST_CLASSES = 24
_ODD = {
    "dark": "Dark",
    "bright": "Bright",
    "blurred": "Blurred",
    "odd_sized": "Unusual size",
}


class ShownImage(NamedTuple):
    """An image with its path below; `picture` is None where it cannot be read."""

    path: str
    picture: str | None


def write_data_report(inspection: Inspection, out: Path) -> Path:
    """Write what an inspection found as one HTML file, with pictures of the images concerned.

    Raises:
        OutputError: the file cannot be written there.
    """
    return write_page(out, "data.html", **data_page(inspection))


def data_page(inspection: Inspection) -> TemplateValues:
    """What the template `data.html` needs."""
    parts = [inspection] + ([inspection.test] if inspection.test else [])
    classes = dict.fromkeys(name for part in parts for name in part.classes)
    counts = [(name, [part.classes.get(name, 0) for part in parts]) for name in classes]
    return {
        "title": "/".join(inspection.root.parts[-2:]),
        "summary": _summary(inspection),
        "sets": [part.set for part in parts],
        "rows": counts,
        "totals": [part.images for part in parts],
        "most": max((count for _, row in counts for count in row), default=1),
        "parts_": [_part(part) for part in parts],
        "leaks": _pairs(inspection, (*inspection.leaks, *inspection.near_leaks)),
        "leak_count": len(inspection.leaks),
        "near_leak_count": len(inspection.near_leaks),
    }


def _summary(inspection: Inspection) -> list[str]:
    images, classes = inspection.images, len(inspection.classes)
    beside = f", and {counted(inspection.test.images, 'test image')}" if inspection.test else ""
    said = [f"{counted(images, 'image')} in {counted(classes, 'class', 'classes')}{beside}."]
    found = sum(len(part.warnings) for part in (inspection, inspection.test) if part is not None)
    said.append(
        f"{counted(found, 'finding')} to check before training." if found else "No problems were found."
    )
    return said


def _part(part: Inspection) -> TemplateValues:
    pictures, quality = Pictures(part.root), part.quality
    return {
        "name": {"train": "Training images", "test": "Test images"}.get(part.set, part.set),
        "root": str(part.root),
        "warnings": part.warnings,
        "sizes": [("Height", part.height), ("Width", part.width)],
        "samples": _samples(part, pictures),
        "groups": [
            _groups("In more than one class", part.conflicts, pictures),
            _groups("Exact duplicates", part.exact_duplicates, pictures),
            _groups("Near duplicates", quality.near_duplicates, pictures),
        ],
        "odd": [
            (title, len(getattr(quality, name)), _shown(getattr(quality, name), pictures))
            for name, title in _ODD.items()
            if getattr(quality, name)
        ],
        "shortcuts": [shortcut.sentence() for shortcut in quality.shortcuts],
        "skipped": part.skipped,
        "marks": part.marks,
    }


def _samples(part: Inspection, pictures: Pictures) -> list[tuple[str, list[str]]]:
    found = []
    for name, paths in list(part.samples.items())[:_MOST_CLASSES]:
        uris = [uri for uri in map(pictures.uri, paths[:_SAMPLES]) if uri is not None]
        if uris:
            found.append((name, uris))
    return found


def _groups(title: str, groups: Sequence[Sequence[str]], pictures: Pictures) -> TemplateValues:
    shown = [_shown(group[:_IN_GROUP], pictures) for group in groups[:_GROUPS]]
    return {"title": title, "count": len(groups), "shown": shown}


def _shown(paths: Sequence[str], pictures: Pictures) -> list[ShownImage]:
    return [ShownImage(path, pictures.uri(path)) for path in paths[:_SINGLES]]


def _pairs(inspection: Inspection, leaks: Sequence[Leak]) -> list[tuple[ShownImage, ShownImage]]:
    if inspection.test is None:
        return []
    train, test = Pictures(inspection.root), Pictures(inspection.test.root)
    return [
        (
            ShownImage(f"training: {leak.train}", train.uri(leak.train)),
            ShownImage(f"test: {leak.test}", test.uri(leak.test)),
        )
        for leak in leaks[:_GROUPS]
    ]
