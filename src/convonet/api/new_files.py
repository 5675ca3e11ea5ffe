"""Files that are written before a task is accepted, because the task names them."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType

from convonet.atomic import storage_error
from convonet.errors import InputError, MissingPackageError
from convonet.runs.new_folder import remove_empty


class NewFiles:
    """What a call writes below a folder; as a context, it removes everything again if the task is refused.

    Args:
        folder: made when the first file is.

    Attributes:
        folder: the same.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: list[Path] = []
        self._above: list[Path] = []

    def new(self, name: str) -> Path | None:
        """Where to write the file or folder `name`; None if it is there already, from an earlier call.

        Raises:
            OutputError: the folder cannot be written to.
        """
        path = self.folder / name
        if path.exists():
            return None
        missing = [folder for folder in (self.folder, *self.folder.parents) if not folder.exists()]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            remove_empty(missing)
            raise storage_error(error, path) from error
        self._made.append(path)
        self._above += missing
        return path

    def keep(self) -> None:
        """Keep everything whatever happens: a run that has begun needs it."""
        self._made, self._above = [], []

    def __enter__(self) -> NewFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, (InputError, MissingPackageError)):
            return
        for path in self._made:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        remove_empty(self._above)
