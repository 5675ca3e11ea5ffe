"""Unpacking an archive of images within bounds, whatever the archive says of itself."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from convonet.server.import_paths import PathRefusedError, is_noise, safe_path
from convonet.server.refusals import Refusal
from convonet.server.settings import MIB, Limits

_CHUNK = MIB
_MOST_RATIO = 200
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OverflowError, UnicodeError)


def unpack(archive: Path, folder: Path, limits: Limits) -> list[tuple[str, str]]:
    """Write the images and tables of an archive below a folder.

    Returns:
        Path and reason of each file that was not taken.

    Raises:
        Refusal: 422 no archive, or one that is encrypted; 413 more files or bytes than are taken.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [
                info for info in opened.infolist() if not info.is_dir() and not is_noise(info.filename)
            ]
            _check_sums(members, archive, limits)
            return list(_written(opened, members, folder, limits))
    except _BROKEN as error:
        raise Refusal(
            422, "The file is not a zip archive, or it is damaged", reason=str(error)[:200]
        ) from error


def _check_sums(members: list[zipfile.ZipInfo], archive: Path, limits: Limits) -> None:
    """Refuse what can be known before anything is unpacked."""
    if len(members) > limits.import_files:
        raise Refusal(
            413,
            "The archive has too many files",
            expected=f"at most {limits.import_files:,}",
            received=f"{len(members):,}",
        )
    if sum(info.file_size for info in members) > limits.import_bytes:
        raise _too_large(limits)
    # Members that share their compressed bytes make a small archive unpack to any size.
    if sum(info.compress_size for info in members) > archive.stat().st_size:
        raise Refusal(422, "The archive is invalid: its files overlap")
    if any(info.flag_bits & 1 for info in members):
        raise Refusal(422, "The archive is encrypted", hint="Unpack it and upload the folder")


def _written(
    opened: zipfile.ZipFile, members: list[zipfile.ZipInfo], folder: Path, limits: Limits
) -> Iterator[tuple[str, str]]:
    """Write each member; gives those that are not taken."""
    left = limits.import_bytes
    for info in members:
        reason = _why_not(info)
        if not reason:
            try:
                path = folder / safe_path(info.filename)
                path.parent.mkdir(parents=True, exist_ok=True)
                # Exclusive: two members of one name must not overwrite each other.
                with opened.open(info) as source, path.open("xb") as target:
                    left -= _copy(source, target, min(left, limits.import_file_bytes), limits)
                continue
            except PathRefusedError as error:
                reason = str(error)
            except (FileExistsError, NotADirectoryError):
                reason = "another file in the archive has the same name"
        yield info.filename[:400], reason


def _why_not(info: zipfile.ZipInfo) -> str:
    # The upper half holds the Unix mode; archives made elsewhere leave it zero.
    mode = info.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        return "a link or a special file"
    if info.compress_type not in _METHODS:
        return "its compression is not supported"
    # Images are compressed already; only blank ones and bombs shrink this much.
    if info.file_size > 16 * MIB and info.file_size > _MOST_RATIO * max(info.compress_size, 1):
        return "its unpacked size is far too large for an image"
    return ""


def _copy(source: object, target: BinaryIO, most: int, limits: Limits) -> int:
    """Copy at most `most` bytes, counted as they come: what the archive says of a size may be a lie."""
    total = 0
    while chunk := source.read(_CHUNK):  # type: ignore[attr-defined]
        total += len(chunk)
        if total > most:
            raise _too_large(limits)
        target.write(chunk)
    return total


def _too_large(limits: Limits) -> Refusal:
    size = f"{limits.import_bytes / MIB:,.0f} MiB in total and {limits.import_file_bytes / MIB:,.0f} MiB per file"
    return Refusal(413, "The images take too much space", expected=f"at most {size}")
