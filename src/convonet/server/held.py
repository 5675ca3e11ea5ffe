"""Files and run folders that are opened once and looked at as opened.

Between a look at a path and its use somebody may put a link in its place. So a folder or file is opened first; where it
really lies is then asked of the system, and everything is read through the open handle. Linux gives an open handle a
path of its own; elsewhere the path is looked at again after opening.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import weakref
from pathlib import Path
from typing import Any

from fastapi.responses import FileResponse

from convonet.errors import RunNotFoundError
from convonet.runs import RECORD, Run

# Without O_NONBLOCK, opening a named pipe would wait for a writer before its kind could be checked.
_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_HANDLES = sys.platform == "linux"


class Held:
    """An open file or folder.

    Attributes:
        real: where it lay when it was opened, without links.
        path: leads to what is open, whatever lies at `real` by now; also for processes of ours.
        info: its size and times.

    Raises:
        OSError: it cannot be opened, or is neither a file nor a folder.
    """

    def __init__(self, path: Path) -> None:
        if not _HANDLES and path.is_dir():  # Windows opens no folders
            self.real, self.path, self.info = path.resolve(), path.resolve(), path.stat()
            return
        handle = os.open(path, _OPEN)
        # Closed with the last reference, also after an error: whoever streams a file cannot use a with block.
        weakref.finalize(self, os.close, handle)
        self.info = os.fstat(handle)
        # Reading a named pipe or a device would wait for ever.
        if not stat.S_ISREG(self.info.st_mode) and not stat.S_ISDIR(self.info.st_mode):
            raise OSError("neither a file nor a folder")
        if _HANDLES:
            # The process number instead of `self`, so that worker processes can open the path too.
            self.path = Path(f"/proc/{os.getpid()}/fd/{handle}")
            self.real = Path(os.readlink(self.path))
        else:
            self.path = self.real = path.resolve()
            # Elsewhere than on Linux there is no path of an open handle, so its path must still lead to the same file.
            if not os.path.samestat(self.info, self.real.stat()):
                raise OSError("replaced by another file")

    @property
    def is_file(self) -> bool:
        """Whether it is a file, not a folder."""
        return stat.S_ISREG(self.info.st_mode)


class HeldResponse(FileResponse):
    """The content of an open file; parts of it where a client asks for a range.

    Raises:
        FileNotFoundError: a folder lies there by now.
    """

    def __init__(self, held: Held, **rest: Any) -> None:
        if not held.is_file:
            raise FileNotFoundError(held.real)
        # The status of the open file is passed on, so the announced length is that of what is sent.
        super().__init__(held.path, stat_result=held.info, **rest)
        self._held = held  # open as long as there is something to send


class HeldRun(Run):
    """A run whose folder is open: its files are those of that folder, whatever lies at its path by now.

    Args:
        path: the run's folder.
        root: the folder that it must lie in, resolved.

    Raises:
        RunNotFoundError: there is no run, or it lies elsewhere.
    """

    def __init__(self, path: Path, root: Path) -> None:
        try:
            self._held = Held(path)
        except OSError as error:
            raise RunNotFoundError("There is no such run", where=path.name) from error
        # Not set by `Run`, which would look at the path again: a link may lie there by now.
        self.path, self._made_above = self._held.real, ()
        # The record is looked for through the open folder, so a swap after opening cannot fake a run.
        if root not in self.path.parents or not self.file(RECORD).is_file():
            raise RunNotFoundError("There is no such run", where=path.name)

    @property
    def folder(self) -> Path:
        """Leads to the open folder."""
        return self._held.path

    def remove(self) -> None:
        """Remove the folder and all in it, if it still lies where it was when it was opened.

        Raises:
            OSError: something else lies there.
        """
        # The name is removed from the folder that is open, so the folder must still be the one above it.
        parent = Held(self.path.parent)
        if parent.real != self.path.parent:
            raise OSError("The folder has been moved")
        remove_entry(parent.path, self.path.name, self._held.info)


def remove_entry(parent: Path, name: str, info: os.stat_result) -> None:
    """Remove a folder below an open one, if it is the one that `info` describes; links are not followed.

    Raises:
        OSError: it is another one, or a link.
    """
    handle = os.open(parent, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)) if _HANDLES else None
    try:
        target = name if handle is not None else parent / name
        # Compared by device and inode, since a folder of the same name may be a different one.
        if not os.path.samestat(info, os.stat(target, dir_fd=handle, follow_symlinks=False)):
            raise OSError("Another folder has taken its place")
        shutil.rmtree(target, dir_fd=handle)
    finally:
        if handle is not None:
            os.close(handle)
