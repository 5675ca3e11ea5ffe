"""Images in folders: one folder a class, or one folder whose file names hold the class."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from convonet.data.listing import ImageListing, Row, Skipped
from convonet.data.names import is_hidden, is_image_name, is_text, legible, natural_key
from convonet.errors import ParamError
from convonet.events import Watch

NOT_AN_IMAGE = "not an image type"
NO_IMAGES = "no images in this folder"


def list_class_folders(root: Path, watch: Watch) -> ImageListing:
    """Every image below each visible folder of `root`; the folder's name is the class."""
    skipped: list[Skipped] = []
    rows: list[Row] = []
    for entry in sorted(_entries(str(root), "", skipped), key=lambda entry: natural_key(entry.name)):
        if not is_text(entry.name):
            skipped.append(Skipped(legible(entry.name), "its name is not Unicode text"))
        elif not _is_folder(entry):
            reason = "not in a class folder" if is_image_name(entry.name) else NOT_AN_IMAGE
            skipped.append(Skipped(entry.name, reason))
        else:
            found = image_files(entry.path, entry.name, skipped, watch)
            rows.extend(Row(path, entry.name, size, modified) for path, size, modified in found)
            if not found:
                skipped.append(Skipped(entry.name, NO_IMAGES))
    return ImageListing.of(root, rows, skipped)


def list_by_pattern(root: Path, pattern: str, watch: Watch) -> ImageListing:
    """Every image below `root`; the class is what the group `label` of `pattern` finds in the file's name.

    Raises:
        ParamError: the pattern is no regular expression or has no group `label`.
    """
    finder = _compiled(pattern)
    skipped: list[Skipped] = []
    rows: list[Row] = []
    for path, size, modified in image_files(str(root), "", skipped, watch):
        match = finder.search(path.rpartition("/")[2])
        if match and match["label"]:
            rows.append(Row(path, match["label"], size, modified))
        else:
            skipped.append(Skipped(path, "label_pattern finds no label in its name"))
    return ImageListing.of(root, rows, skipped)


def _compiled(pattern: str) -> re.Pattern[str]:
    wanted = (
        "label_pattern (Label pattern): expected a regular expression with a group such as (?P<label>[a-z]+)"
    )
    try:
        finder = re.compile(pattern)
    except re.error as error:
        raise ParamError.of({"label_pattern": f"{wanted}, received {pattern!r} ({error})"}) from error
    if "label" not in finder.groupindex:
        raise ParamError.of({"label_pattern": f"{wanted}, received {pattern!r}"})
    return finder


def image_files(folder: str, below: str, skipped: list[Skipped], watch: Watch) -> list[tuple[str, int, int]]:
    """The image files in a folder and the folders in it, natural-sorted.

    Args:
        below: the folder's path relative to the set's root, put in front of each path.
        skipped: gets what is left out.

    Returns:
        path relative to the set's root, size in bytes and modification time in ns of each file.
    """
    found: list[tuple[str, int, int]] = []
    seen: set[tuple[int, int]] = set()
    waiting = [(folder, below)]
    while waiting:
        watch.check()
        folder, below = waiting.pop()
        if not _is_new(folder, seen):
            continue
        for entry in _entries(folder, below, skipped):
            path = f"{below}/{entry.name}" if below else entry.name
            if not is_text(path):
                skipped.append(Skipped(legible(path), "its name is not Unicode text"))
            elif _is_folder(entry):
                waiting.append((entry.path, path))
            elif not is_image_name(entry.name):
                skipped.append(Skipped(path, NOT_AN_IMAGE))
            else:
                _add(entry, path, found, skipped)
    return sorted(found, key=lambda file: natural_key(file[0]))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _is_new(folder: str, seen: set[tuple[int, int]]) -> bool:
    """Whether a folder was not walked yet: a link may lead back to one that was."""
    try:
        info = os.stat(folder)
    except OSError:
        return True  # opening it will say why
    place = (info.st_dev, info.st_ino)
    known = place in seen
    seen.add(place)
    return not known


def _entries(folder: str, below: str, skipped: list[Skipped]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not is_hidden(entry.name))
    except OSError as error:
        skipped.append(Skipped(below or ".", f"cannot be opened: {(error.strerror or 'no access').lower()}"))


def _add(
    entry: os.DirEntry[str], path: str, found: list[tuple[str, int, int]], skipped: list[Skipped]
) -> None:
    try:
        info = entry.stat()
    except OSError as error:
        skipped.append(Skipped(path, f"cannot be read: {(error.strerror or 'no access').lower()}"))
        return
    if stat.S_ISREG(info.st_mode):
        found.append((path, info.st_size, info.st_mtime_ns))
    else:
        skipped.append(Skipped(path, "not a regular file"))
