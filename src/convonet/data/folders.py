"""Images in folders: one folder per class, or one folder whose file names hold the class."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from convonet.data.listing import ImageListing, Row, Skipped, stats_array
from convonet.data.matching import PatternError, find_in, shown
from convonet.data.names import is_hidden, is_image_name, is_text, legible, natural_key
from convonet.data.pool import Meter
from convonet.errors import ParamError
from convonet.events import Watch
from convonet.file_stats import FileStats, file_stats
from convonet.text import name as compared

NOT_AN_IMAGE = "not an image type"
NO_IMAGES = "no images in this folder"
NOT_TEXT = "its name is not valid Unicode"

File = tuple[str, FileStats]
"""Path relative to the set's root, and what identifies the file."""


def list_class_folders(root: Path, watch: Watch) -> ImageListing:
    """Every image below each visible folder of `root`; the folder's name is the class.

    Folders whose names cannot be told apart, such as `é` in the two forms of Unicode, are one class.
    """
    skipped: list[Skipped] = []
    paths: dict[str, list[str]] = {}
    # An array for each folder: hundreds of thousands of tuples would take much memory, and long to turn into one array.
    stats: dict[str, list[npt.NDArray[np.int64]]] = {}
    entries = sorted(_entries(str(root), "", skipped), key=lambda entry: natural_key(entry.name))
    meter = Meter(watch, "scan", len(entries))
    for done, entry in enumerate(entries):
        meter.tell(done)
        if not is_text(entry.name):
            skipped.append(Skipped(legible(entry.name), NOT_TEXT))
        elif not _is_folder(entry):
            reason = "not in a class folder" if is_image_name(entry.name) else NOT_AN_IMAGE
            skipped.append(Skipped(entry.name, reason))
        elif files := image_files(entry.path, entry.name, skipped, watch):
            # Two folders whose names look the same are one class, whatever code points they are written
            # with.
            name = compared(entry.name) or entry.name
            paths.setdefault(name, []).extend([path for path, _ in files])
            stats.setdefault(name, []).append(stats_array([values for _, values in files]))
        else:
            skipped.append(Skipped(entry.name, NO_IMAGES))
    counts = [len(files) for files in paths.values()]
    return ImageListing(
        root,
        tuple(paths),
        tuple(itertools.chain.from_iterable(paths.values())),
        np.repeat(np.arange(len(paths)), counts).astype(np.int64),
        np.concatenate([stats_array([]), *itertools.chain.from_iterable(stats.values())]),
        tuple(skipped),
    )


def list_by_pattern(root: Path, pattern: str, watch: Watch) -> ImageListing:
    """Every image below `root`; the class is what the group `label` of `pattern` finds in the file's name.

    Raises:
        ParamError: the pattern is no regular expression, has no group `label`, or takes too long.
    """
    skipped: list[Skipped] = []
    rows: list[Row] = []
    files = image_files(str(root), "", skipped, watch)
    labels = _labels(pattern, [path.rpartition("/")[2] for path, _ in files], watch)
    for (path, stats), label in zip(files, labels, strict=True):
        if label := compared(label or ""):
            rows.append(Row(path, label, stats))
        else:
            skipped.append(Skipped(path, "label_pattern does not match the file name"))
    return ImageListing.of(root, rows, skipped)


def _labels(pattern: str, names: list[str], watch: Watch) -> list[str | None]:
    wanted = (
        "label_pattern (Label pattern): expected a regular expression with a group such as (?P<label>[a-z]+)"
    )
    try:
        found = find_in(pattern, "label", names, watch)
    except PatternError as error:
        raise ParamError.of({"label_pattern": f"{wanted}, received {shown(pattern)} ({error})"}) from error
    if "label" not in found.named:
        raise ParamError.of({"label_pattern": f"{wanted}, received {shown(pattern)}"})
    return found.texts


def image_files(folder: str, below: str, skipped: list[Skipped], watch: Watch) -> list[File]:
    """The image files in a folder and the folders in it, natural-sorted.

    Args:
        below: the folder's path relative to the set's root, put in front of each path.
        skipped: gets what is left out.
    """
    found: list[File] = []
    seen: set[tuple[int, int]] = set()
    # A list instead of recursion: folders can be nested deeper than Python's stack.
    waiting = [(folder, below)]
    while waiting:
        watch.check()
        folder, below = waiting.pop()
        # Without this, a link to a folder above would list every image again and again.
        if not _is_new(folder, seen):
            continue
        for entry in _entries(folder, below, skipped):
            path = f"{below}/{entry.name}" if below else entry.name
            if not is_text(path):
                skipped.append(Skipped(legible(path), NOT_TEXT))
            # By name alone: opening every file to see whether it is an image would read the whole set
            # twice.
            elif is_image_name(entry.name):
                _add(entry, path, found, waiting, skipped)
            elif _is_folder(entry):
                waiting.append((entry.path, path))
            else:
                skipped.append(Skipped(path, NOT_AN_IMAGE))
    found.sort(key=lambda file: natural_key(file[0]))
    return found


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
    # Not the path: a link has another one for the same folder.
    identity = (info.st_dev, info.st_ino)
    known = identity in seen
    seen.add(identity)
    return not known


def _entries(folder: str, below: str, skipped: list[Skipped]) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not is_hidden(entry.name))
    except OSError as error:
        skipped.append(Skipped(below or ".", f"cannot be opened: {(error.strerror or 'no access').lower()}"))


def _add(
    entry: os.DirEntry[str],
    path: str,
    found: list[File],
    waiting: list[tuple[str, str]],
    skipped: list[Skipped],
) -> None:
    """Put what is named like an image where it belongs. One call to the system tells its kind, size and time."""
    try:
        info = entry.stat()
    except OSError as error:
        skipped.append(Skipped(path, f"cannot be read: {(error.strerror or 'no access').lower()}"))
        return
    if stat.S_ISREG(info.st_mode):
        found.append((path, file_stats(info)))
    elif stat.S_ISDIR(info.st_mode):
        waiting.append((entry.path, path))
    else:
        skipped.append(Skipped(path, "not a regular file"))
