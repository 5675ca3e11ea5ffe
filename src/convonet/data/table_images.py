"""The image that a cell of a table means: by its path, or by its name in the folders of the table."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from convonet.data.folders import File, image_files
from convonet.data.listing import Skipped
from convonet.data.names import is_hidden, is_image_name
from convonet.events import Watch
from convonet.file_stats import file_stats
from convonet.text import absolute, path_key, relative_path, word

_BESIDE = frozenset("images image imgs img pictures photos data train training jpg jpeg png".split())
NOT_THERE = "no such file"
NOT_REGULAR = "not a regular file"
SEVERAL = "several files have this name"


def image_folders(table: Path, image_dir: str | None) -> list[Path]:
    """Where the images of a table are looked for: the given folder; else that of the table, and `images` beside it."""
    if image_dir:
        return [Path(absolute(image_dir))]
    folders = [table.parent]
    try:
        with os.scandir(table.parent.parent) as entries:
            beside = [entry.path for entry in entries if word(entry.name) in _BESIDE and entry.is_dir()]
    except OSError:
        return folders
    return [*folders, *(Path(path) for path in sorted(beside) if Path(path) != table.parent)]


class TableImages:
    """Finds images. The folders are walked when a path alone does not find one.

    Args:
        root: the folder of the table, which the paths that are found are relative to.
        folders: as `image_folders` gives them.
    """

    def __init__(self, root: Path, folders: Sequence[Path], watch: Watch) -> None:
        self._root = root
        self._folders = folders
        self._watch = watch
        self._by_name: dict[str, list[File]] | None = None

    def holds(self, cell: str) -> bool:
        """Whether a cell means an image."""
        return isinstance(self.find(cell), tuple)

    def find(self, cell: str) -> File | str:
        """The file that a cell means, or why there is none.

        A path is taken from the folder of the images or of the table. Otherwise the file's name decides, without its
        extension where it has none in the table, and of several such files the one in the folders that the cell names.
        """
        found = self._at(cell)
        return self._by_its_name(cell) if found is None or found == NOT_REGULAR else found

    def _at(self, cell: str) -> File | str | None:
        """The file at a path."""
        result: File | str | None = None
        for spelling in dict.fromkeys((cell, relative_path(cell))):
            for folder in self._folders:
                path = os.path.join(folder, spelling)
                try:
                    info = os.stat(path)
                except (OSError, ValueError):
                    continue
                if stat.S_ISREG(info.st_mode):
                    return self._relative(path), file_stats(info)
                result = NOT_REGULAR
        return result

    def _relative(self, path: str) -> str:
        """A path from the root; one that was given as absolute stays so where it is not below the root."""
        root = os.path.join(self._root, "")
        plain = os.path.normpath(path)
        if plain.startswith(root):
            return plain[len(root) :].replace(os.sep, "/")
        return os.path.relpath(plain, self._root).replace(os.sep, "/")

    def _by_its_name(self, cell: str) -> File | str:
        parts = [part for part in path_key(relative_path(cell)).casefold().split("/") if part]
        if not parts:
            return NOT_THERE
        index, own = self._index(), parts[-1]
        stem = own.rpartition(".")[0] if is_image_name(own) else own
        files = index.get(own) or index.get(f"{stem}.*") or []
        if not files:
            return NOT_REGULAR if self._at(cell) == NOT_REGULAR else NOT_THERE
        alike = [_common_end(_parts_of(file), parts) for file in files]
        best = [file for file, count in zip(files, alike, strict=True) if count == max(alike)]
        return best[0] if len(best) == 1 else SEVERAL

    def _index(self) -> dict[str, list[File]]:
        """Files by their name, and by `STEM.*`, in one Unicode form and letter case."""
        if self._by_name is None:
            self._by_name = {}
            for file in self._walked():
                own = _parts_of(file)[-1]
                self._by_name.setdefault(own, []).append(file)
                self._by_name.setdefault(f"{own.rpartition('.')[0]}.*", []).append(file)
        return self._by_name

    def _walked(self) -> list[File]:
        """The images of the first folder that has any."""
        left_out: list[Skipped] = []
        for folder in self._folders:
            below = self._relative(str(folder))
            files = image_files(str(folder), "" if below in ("", ".") else below, left_out, self._watch)
            if files:
                return files
        return []


def _parts_of(file: File) -> list[str]:
    return path_key(file[0]).casefold().split("/")


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    """How many folders two paths have in common before the file."""
    count = 0
    for a, b in zip(reversed(one[:-1]), reversed(other[:-1]), strict=False):
        if a != b:
            break
        count += 1
    return count


def has_images(folder: Path, watch: Watch) -> bool:
    """Whether an image stands in a folder or below it."""
    waiting = [str(folder)]
    while waiting:
        watch.check()
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if is_hidden(entry.name):
                        continue
                    if is_image_name(entry.name):
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            continue
    return False
