"""A folder of a run, such as an exported page, as a zip archive, bounded in files and bytes."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from convonet.server.confine import Root
from convonet.server.held import Held
from convonet.server.refusals import Refusal

MOST_FILES, MOST_BYTES = 2000, 2**31
_CHUNK = 2**20


def folder_zip(run: Root, name: str) -> IO[bytes]:
    """An open archive of a folder of a run; its files stand in a folder of the same name. Links are left out.

    Args:
        run: the folder of the run.
        name: of the folder, relative to the run's.

    Raises:
        Refusal: 404, there is no such folder in the run; 413, it holds too much.
    """
    held = run.opened(name)
    if held.is_file or held.real == run.path:
        raise Refusal(404, "There is no such folder in the run", where=ascii(name)[1:-1][:200])
    files = list(_files(held.real))
    if len(files) > MOST_FILES or sum(path.lstat().st_size for path in files) > MOST_BYTES:
        raise Refusal(
            413,
            "The folder is too large for an archive",
            expected=f"at most {MOST_FILES:,} files and {MOST_BYTES:,} bytes",
        )
    # Whoever sends it closes it.
    made = tempfile.TemporaryFile()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in files:
            # Opened through the root again, since a link may have taken the file's place after it was listed.
            opened: Held = run.opened(path.relative_to(run.path))
            inner = f"{held.real.name}/{path.relative_to(held.real).as_posix()}"
            # The size of a streamed member is unknown at first, so zip64 must be chosen up front.
            with opened.path.open("rb") as source, archive.open(inner, "w", force_zip64=True) as target:
                shutil.copyfileobj(source, target, _CHUNK)
    made.seek(0)
    return made


def _files(folder: Path) -> Iterator[Path]:
    for at, folders, names in os.walk(folder):
        # Sorting in place sets the order in which os.walk descends, so equal folders give equal member orders.
        folders.sort()
        for name in sorted(names):
            path = Path(at) / name
            if not path.is_symlink() and path.is_file():
                yield path


def sent(archive: IO[bytes]) -> Iterator[bytes]:
    """The bytes of an open file, which is then closed."""
    with archive:
        while part := archive.read(_CHUNK):
            yield part
