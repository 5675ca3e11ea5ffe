"""What a path is that was dropped on the window or chosen from the recent ones."""

from __future__ import annotations

from pathlib import Path

from convonet.errors import InputError, ParamError
from convonet.params import kind_of, read_object
from convonet.runs import RECORD


def params_kind(path: Path) -> str:
    """Which parameters a file holds; the error names the file."""
    try:
        return kind_of(read_object(path))
    except ParamError as error:
        error.where = str(path)
        raise


def check_for_server(path: Path, *, is_image: bool) -> None:
    """Of what lies on this machine, a server takes parameters and images to predict. Raises InputError."""
    plain_folder = path.is_dir() and not has_folders(path) and not (path / RECORD).is_file()
    if is_image or plain_folder or path.suffix.lower() == ".json":
        return
    raise InputError(
        "This cannot be sent to the server by dropping it here",
        where=path,
        expected="images, a folder of images without subfolders, or a parameter file (.json)",
        hint="Copy it to a folder below the server's root folder, then choose it with the buttons",
    )


def has_folders(folder: Path) -> bool:
    """Whether a folder may hold a folder for each class."""
    # Hidden folders, and such as `__MACOSX`, are not classes.
    return any(entry.is_dir() and not entry.name.startswith((".", "__")) for entry in folder.iterdir())
