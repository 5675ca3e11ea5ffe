"""Sets of images that a browser uploads: received in parts, resumed where they ended, moved to their place whole."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from convonet.atomic import storage_error, write_json
from convonet.data.names import is_image_name
from convonet.server.confine import Root
from convonet.server.import_content import files_of, innermost, pixels_wrong, put
from convonet.server.import_zip import unpack
from convonet.server.multipart import Upload
from convonet.server.refusals import Refusal, no_such
from convonet.server.settings import Limits
from convonet.text import counted, file_name

FOLDER = "uploads"
_INCOMING = ".incoming"
_STATE, _CONTENT, _ARCHIVE = "state.json", "content", "archive.zip"
_ID = re.compile(r"[0-9a-f]{16}")
_STALE_SECONDS = 24 * 3600
_MOST_OPEN = 20
_TOLD = 100

Kind = Literal["folder", "zip"]


@dataclass(frozen=True)
class Begun:
    """An upload that was announced.

    Attributes:
        bytes, files: as the client announced them.
    """

    id: str
    name: str
    kind: Kind
    files: int
    bytes: int


class Imports:
    """The uploads of one server.

    Args:
        root: gets the folder `uploads`; what is on its way lies in a hidden folder of it.
    """

    def __init__(self, root: Root, limits: Limits) -> None:
        self._root = root
        self._limits = limits
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._sums: dict[str, tuple[int, int]] = {}

    def begin(self, name: str, kind: Kind, files: int, size: int) -> Begun:
        """Announce an upload.

        Raises:
            Refusal: 413 too many files or bytes, 429 too many uploads, 507 the disk is too full.
        """
        self._check_size(files, size)
        parent = self._parent()
        self._sweep(parent)
        begun = Begun(
            # Nobody can guess the address of somebody else's upload.
            secrets.token_hex(8),
            file_name(name.rsplit("/", 1)[-1].removesuffix(".zip")),
            kind,
            files,
            size,
        )
        folder = parent / begun.id
        try:
            (folder / _CONTENT).mkdir(parents=True)
            write_json(folder / _STATE, asdict(begun))
        except OSError as error:
            raise storage_error(error, folder) from error
        return begun

    def received(self, name: str) -> dict[str, object]:
        """What has come: bytes of an archive, or bytes of each file of a folder."""
        begun, folder = self._find(name)
        if begun.kind == "zip":
            archive = folder / _ARCHIVE
            return asdict(begun) | {
                "received": archive.stat().st_size if archive.is_file() else 0,
                "paths": {},
            }
        content = folder / _CONTENT
        paths = {path.relative_to(content).as_posix(): path.stat().st_size for path in files_of(content)}
        return asdict(begun) | {"received": sum(paths.values()), "paths": paths}

    def add(self, name: str, uploads: Sequence[Upload]) -> list[tuple[str, str]]:
        """Take files of a folder; gives path and reason of those that are not taken."""
        begun, folder = self._find(name)
        if begun.kind != "folder":
            raise Refusal(409, "This upload is an archive", hint="Send its bytes to /archive")
        with self._working(name):
            self._count(name, folder, uploads)
            return [
                (upload.name, reason)
                for upload in uploads
                if (reason := put(folder / _CONTENT, upload, self._limits))
            ]

    def append(self, name: str, offset: int, content: bytes) -> int:
        """Take the next bytes of an archive; gives how many there are now.

        Raises:
            Refusal: 409 they do not follow what is there; 413 more than announced.
        """
        begun, folder = self._find(name)
        if begun.kind != "zip":
            raise Refusal(409, "This upload is a folder", hint="Send its files to /files")
        with self._working(name):
            archive = folder / _ARCHIVE
            known = archive.stat().st_size if archive.is_file() else 0
            # A client that lost its connection does not know how much has come; it asks and goes on from there.
            if offset != known:
                raise Refusal(
                    409,
                    "The offset is not the number of bytes received so far",
                    expected=known,
                    received=offset,
                )
            # The free disk space was checked against the announced size only.
            if known + len(content) > begun.bytes:
                raise Refusal(413, "The archive is larger than announced", expected=f"{begun.bytes:,} bytes")
            try:
                with archive.open("ab") as file:
                    file.write(content)
            except OSError as error:
                raise storage_error(error, archive) from error
            return known + len(content)

    def finish(self, name: str) -> dict[str, object]:
        """Unpack an archive, and move the images to their place.

        Raises:
            Refusal: 409 not all has come; 422 no images, or a broken archive; 413 it unpacks to too much.
        """
        begun, folder = self._find(name)
        content = folder / _CONTENT
        with self._working(name):
            skipped: list[tuple[str, str]] = []
            if begun.kind == "zip":
                skipped = self._unpacked(begun, folder)
            images = [path for path in files_of(content) if is_image_name(path.name)]
            if not images:
                raise Refusal(422, "There are no images in the upload", received=_some(skipped) or "nothing")
            target = self._place(begun.name)
            try:
                # In one step: nobody sees half a set, and nothing is copied.
                os.rename(innermost(content), target)
            except OSError as error:
                raise storage_error(error, target) from error
            shutil.rmtree(folder, ignore_errors=True)
        return {
            "train_dir": self._root.shown(target.resolve()),
            "images": len(images),
            "skipped": [{"path": path, "reason": reason} for path, reason in skipped[:_TOLD]],
            "skipped_count": len(skipped),
        }

    def drop(self, name: str) -> None:
        """Cancel an upload."""
        _, folder = self._find(name)
        with self._working(name):
            shutil.rmtree(folder, ignore_errors=True)

    def _unpacked(self, begun: Begun, folder: Path) -> list[tuple[str, str]]:
        archive, content = folder / _ARCHIVE, folder / _CONTENT
        size = archive.stat().st_size if archive.is_file() else 0
        # Checked first, since a cut archive would otherwise be reported as damaged.
        if size != begun.bytes:
            raise Refusal(409, "The archive is incomplete", expected=begun.bytes, received=size)
        # An earlier attempt may have been interrupted while it unpacked.
        shutil.rmtree(content, ignore_errors=True)
        content.mkdir()
        skipped = unpack(archive, content, self._limits)
        for path in files_of(content):
            if reason := pixels_wrong(path.read_bytes(), path.name, self._limits):
                skipped.append((path.relative_to(content).as_posix(), reason))
                path.unlink()
        return skipped

    def _check_size(self, files: int, size: int) -> None:
        limits = self._limits
        if files > limits.import_files or size > limits.import_bytes:
            raise Refusal(
                413,
                "The images take too much space",
                expected=f"at most {counted(limits.import_files, 'file')} and {limits.import_bytes:,} bytes",
                received=f"{counted(files, 'file')} and {size:,} bytes",
            )
        free = shutil.disk_usage(self._root.path).free
        # An archive needs the space twice, packed and unpacked.
        if size > free // 2:
            raise Refusal(
                507, "The server's disk is too full for these images", received=f"{free:,} bytes free"
            )

    def _count(self, name: str, folder: Path, uploads: Sequence[Upload]) -> None:
        """Add up what has come, whatever was announced; refuse what goes beyond the limits."""
        # The server may have been started anew since the upload began.
        if name not in self._sums:
            sizes = [path.stat().st_size for path in files_of(folder / _CONTENT)]
            self._sums[name] = (len(sizes), sum(sizes))
        files, size = self._sums[name]
        found = files + len(uploads), size + sum(len(upload.content) for upload in uploads)
        self._check_size(*found)
        self._sums[name] = found

    def _parent(self) -> Path:
        return self._root.inside(Path(FOLDER) / _INCOMING)

    def _find(self, name: str) -> tuple[Begun, Path]:
        folder = self._parent() / name
        # The pattern is tested first, so that a name such as `..` never becomes part of a path.
        if not _ID.fullmatch(name) or not (folder / _STATE).is_file():
            raise no_such("This upload no longer exists", ascii(name)[1:-1][:50], "Start the upload again")
        # Its age is that of the last request, so an upload that goes on is not swept.
        os.utime(folder)
        return Begun(**json.loads((folder / _STATE).read_text(encoding="utf-8"))), folder

    def _place(self, name: str) -> Path:
        parent = self._root.inside(FOLDER)
        return parent / file_name(name, [path.name for path in parent.iterdir()])

    def _sweep(self, parent: Path) -> None:
        """Remove uploads that nobody has continued for a day. Raises Refusal 429: too many are open."""
        kept = 0
        for folder in parent.iterdir() if parent.is_dir() else ():
            # An unpacking may take long without a new request, so uploads at work are kept whatever their age.
            if time.time() - folder.stat().st_mtime > _STALE_SECONDS and folder.name not in self._busy:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                kept += 1
        if kept >= _MOST_OPEN:
            raise Refusal(429, "Too many uploads are open", retry_after=60)

    @contextmanager
    def _working(self, name: str) -> Iterator[None]:
        """One request at a time works on an upload."""
        with self._lock:
            if name in self._busy:
                raise Refusal(409, "Another request is using this upload", retry_after=1)
            self._busy.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._busy.discard(name)


def _some(skipped: list[tuple[str, str]]) -> str:
    if not skipped:
        return ""
    name, reason = skipped[0]
    return f"{counted(len(skipped), 'other file')}, for example {name} ({reason})"
