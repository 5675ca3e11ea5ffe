"""The folder of a new run, and the way back while the run has not begun."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from convonet.atomic import storage_error
from convonet.errors import InputError, OutputError


def make_run_folder(parent: Path, name: str) -> tuple[Path, ...]:
    """Make the folder `name` in `parent`, which is made if it is missing.

    Returns:
        The folders that did not exist before, the run's own first.

    Raises:
        InputError: `name` is taken.
        OutputError: `parent` cannot be written to; no folder is left then.
    """
    path = parent / name
    above = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        # Without exist_ok, so that of two processes with one name only one gets the folder.
        path.mkdir()
    except OSError as error:
        remove_empty(above)
        raise _refusal(error, path) from error
    return (path, *above)


def remove_empty(folders: Sequence[Path]) -> None:
    """Remove folders, each of which lies in the next, as far as they are empty."""
    for folder in folders:
        try:
            folder.rmdir()
        # Another run has begun in it meanwhile.
        except OSError:
            return


def _refusal(error: OSError, path: Path) -> Exception:
    if not isinstance(error, FileExistsError):
        return storage_error(error, path)
    if not path.parent.is_dir():
        return OutputError("This is a file, not a folder for runs", where=path.parent)
    return InputError("A run with this name already exists", where=path, hint="Choose a different name")
