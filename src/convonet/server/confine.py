"""Paths of clients: inside the root or refused, whatever `..`, links, letters or absolute paths say."""

from __future__ import annotations

import os
from pathlib import Path

from convonet.data.tables import read_table
from convonet.server.refusals import Refusal


class Root:
    """The only folder that clients can reach.

    Attributes:
        path: the folder, resolved.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def inside(self, text: str | os.PathLike[str]) -> Path:
        """The resolved path that a client means: relative to the root, or absolute and below it.

        Raises:
            Refusal: 403 when it leads out of the root, 422 when it is no path.
        """
        try:
            path = Path(os.path.realpath(self.path / text))
        except (ValueError, OSError, UnicodeError) as error:
            raise Refusal(422, "This is no path", received=ascii(os.fspath(text))[:200]) from error
        if not self.holds(path):
            raise Refusal(
                403,
                "This path is outside the server's folder",
                received=ascii(os.fspath(text))[1:-1][:200],
                hint="Paths are relative to the folder that the server was started with",
            )
        return path

    def existing(self, text: str | os.PathLike[str]) -> Path:
        """`inside`, and it is there.

        Raises:
            Refusal: as `inside`; 404 when nothing is there.
        """
        path = self.inside(text)
        try:
            path.stat()
        except (OSError, ValueError) as error:
            raise Refusal(404, "There is nothing of that name", where=ascii(str(text))[1:-1][:200]) from error
        return path

    def holds(self, path: Path) -> bool:
        """Whether a resolved path is the root or below it."""
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
        elif path.suffix.lower() in (".csv", ".tsv"):
            self._check_table(path)

    def _check_links(self, folder: Path) -> None:
        waiting, seen = [str(folder)], set()
        while waiting:
            at = os.path.realpath(waiting.pop())
            if at in seen:
                continue
            seen.add(at)
            with os.scandir(at) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        self.inside(entry.path)
                    if entry.is_dir():
                        waiting.append(entry.path)

    def _check_table(self, file: Path) -> None:
        table = read_table(file)
        for line in table.lines:
            self.inside(file.parent / (line[table.path] or "").strip())
