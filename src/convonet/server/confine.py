"""Paths of clients: inside the root or refused, whatever `..`, links, letters or absolute paths say."""

from __future__ import annotations

import os
from pathlib import Path

from convonet.data.table_file import TABLE_SUFFIXES, read_table_file
from convonet.data.table_images import image_folders
from convonet.server.held import Held
from convonet.server.refusals import Refusal
from convonet.text import relative_path

_SEPARATORS = frozenset("/\\")


class Root:
    """The only folder that clients can reach.

    Attributes:
        path: the folder, resolved.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @classmethod
    def of_open(cls, folder: Path) -> Root:
        """A folder that was resolved when it was opened. To resolve it again would follow a link put there since."""
        root = cls.__new__(cls)
        root.path = folder
        return root

    def inside(self, text: str | os.PathLike[str]) -> Path:
        """The resolved path that a client means: relative to the root, or absolute and below it.

        Raises:
            Refusal: 403 when it leads out of the root, 422 when it is no path.
        """
        try:
            # Links are followed before anything is compared: text alone does not say where a path leads.
            path = Path(os.path.realpath(self.path / text))
        except (ValueError, OSError, UnicodeError) as error:
            raise Refusal(422, "This is not a path", received=ascii(os.fspath(text))[:200]) from error
        if not self.holds(path):
            raise Refusal(
                403,
                "This path is outside the server's root folder",
                received=ascii(os.fspath(text))[1:-1][:200],
                hint="Paths are relative to the server's root folder",
            )
        return path

    def address(self, text: str | os.PathLike[str]) -> str:
        """The absolute path that a client means, its links not followed: an image may be a link.

        Raises:
            Refusal: as `inside`, of where the links lead.
        """
        self.inside(text)
        # abspath folds `..` without following links, so the image keeps the name under which it is listed.
        return os.path.abspath(self.path / text)

    def existing(self, text: str | os.PathLike[str]) -> Path:
        """`inside`, and it is there.

        Raises:
            Refusal: as `inside`; 404 when nothing is there.
        """
        path = self.inside(text)
        try:
            path.stat()
        except (OSError, ValueError) as error:
            raise Refusal(
                404, "There is no such file or folder", where=ascii(str(text))[1:-1][:200]
            ) from error
        return path

    def opened(self, text: str | os.PathLike[str]) -> Held:
        """What a client means, open and looked at as opened: it lies inside the root whatever its path says by now.

        Raises:
            Refusal: as `existing`.
        """
        path = self.existing(text)
        try:
            # Between the check of a path and its opening somebody may have put a link there, so what is open
            # is checked again.
            held = Held(path)
        except OSError as error:
            raise Refusal(
                404, "There is no such file or folder", where=ascii(str(text))[1:-1][:200]
            ) from error
        if not self.holds(held.real):
            raise Refusal(
                403, "This path is outside the server's root folder", received=ascii(str(text))[1:-1][:200]
            )
        return held

    def holds(self, path: Path) -> bool:
        """Whether a resolved path is the root or below it."""
        # Comparing whole parts, not text, keeps a sibling such as `root2` from passing as inside `root`.
        return path == self.path or self.path in path.parents

    def shown(self, path: Path) -> str:
        """A path as clients give it: relative to the root, with forward slashes; `""` is the root."""
        text = path.relative_to(self.path).as_posix()
        return "" if text == "." else text

    def check_tree(self, path: Path) -> None:
        """Make sure that no link below a folder, and no line of a table, leads out of the root.

        Raises:
            Refusal: 403, it does.
        """
        if path.is_dir():
            self._check_links(path)
            for table in sorted(path.iterdir()):
                if table.suffix.lower() in TABLE_SUFFIXES and table.is_file():
                    self._check_table(table)
        elif path.suffix.lower() in TABLE_SUFFIXES:
            self._check_table(path)

    def _check_links(self, folder: Path) -> None:
        waiting, seen = [str(folder)], set()
        while waiting:
            # Links inside the root may lead round in a circle.
            at = os.path.realpath(waiting.pop())
            if at in seen:
                continue
            seen.add(at)
            with os.scandir(at) as entries:
                for entry in entries:
                    # Only a link can lead out; plain entries lie below a folder that was already checked.
                    if entry.is_symlink():
                        self.inside(entry.path)
                    if entry.is_dir():
                        waiting.append(entry.path)

    def _check_table(self, file: Path) -> None:
        """Every cell that may be a path, and the folders in which a name alone is looked for."""
        for folder in image_folders(file, None):
            if self.holds(Path(os.path.realpath(folder))):
                self._check_links(folder)
        table = read_table_file(file)
        for cell in {cell for row in table.rows for cell in row.values() if _SEPARATORS.intersection(cell)}:
            # Whoever reads the table later may take either spelling for the path.
            for spelling in {cell, relative_path(cell)}:
                self.inside(file.parent / spelling)
