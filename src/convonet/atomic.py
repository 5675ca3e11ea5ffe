"""Files that are either whole or not there: a temporary file beside the target, fsync, rename."""

from __future__ import annotations

import errno
import json
import math
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from convonet.errors import ConvonetError, OutputError, StorageError
from convonet.json_values import SCALARS

_NO_TEXT = re.compile("[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO}
_REPLACES_OPEN_FILES = os.name != "nt"
_PATIENCE, _BETWEEN_TRIES = 2.0, 0.02
_NO_ROOM_WORDS = ("No space left on device", "errno = 28", "Disk quota exceeded")


def storage_error(error: OSError, path: Path) -> ConvonetError:
    """The error of ours that a failed write to `path` means."""
    reason = error.strerror or type(error).__name__
    if error.errno in _NO_ROOM:
        return StorageError(
            f"{path.name} could not be written: {reason.lower()}",
            where=path.parent,
            hint="Free some space or choose a different folder, then resume. Earlier files are unchanged",
        )
    return OutputError(
        f"{path.name} cannot be written to this folder: {reason.lower()}",
        where=path.parent,
        expected="a folder that can be written to",
        hint="Choose a different folder",
    )


def make_folder(path: Path) -> None:
    """Make a folder and those above it; one that is there stays as it is.

    Raises:
        OutputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, path) from error


def check_place(path: Path) -> None:
    """Make sure, before long work, that a file or folder can be written at `path`. Nothing is made.

    Raises:
        OutputError: it cannot.
    """
    # A device or a pipe is written into, whatever the folder allows.
    if _is_special(path):
        return
    path = Path(os.path.abspath(path))
    # Not Path.exists, which raises for a folder that may not be looked into.
    above = next(each for each in (path, *path.parents) if os.path.lexists(each))
    if above == path and not path.is_dir():
        above = path.parent
    if not above.is_dir():
        raise OutputError("This is a file, not a folder", where=above, hint="Choose a different folder")
    if not os.access(above, os.W_OK):
        raise OutputError(
            f"{path.name} cannot be written to this folder",
            where=above,
            expected="a folder that can be written to",
            hint="Choose a different folder",
        )


def no_room(folder: Path) -> StorageError:
    """The error of a full disk where nobody knows which file did not find room."""
    return StorageError(
        "The disk is full",
        where=folder,
        hint="Free some space, then resume. Earlier files are unchanged",
    )


def is_no_room(error: BaseException | None) -> bool:
    """Whether an error, or one that it came from, says that a disk is full; libraries wrap what the system said."""
    while error is not None:
        if isinstance(error, StorageError) or (isinstance(error, OSError) and error.errno in _NO_ROOM):
            return True
        if any(sign in str(error) for sign in _NO_ROOM_WORDS):
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it takes `path`'s place when the block ends well.

    The folder is made if it is missing. If the block raises, the temporary file is removed and
    whatever stood at `path` stays. A link stays one: what it leads to is replaced. What is no regular file, such as
    a pipe or `/dev/null`, is written into.

    Raises:
        OutputError: the folder cannot be written to.
        StorageError: the disk is full.
    """
    target = Path(os.path.realpath(path))
    special = _is_special(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, since a rename replaces it in one step only within one file system.
        beside = None if special else target.parent
        handle, name = tempfile.mkstemp(prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=beside)
        os.close(handle)
    except OSError as error:
        raise storage_error(error, path) from error
    temporary = Path(name)
    try:
        yield temporary
        if special:
            _pour(temporary, target)
            return
        # Without this, a power failure after the rename could leave an empty file under the final name.
        _sync(temporary)
        # mkstemp makes files that only their owner can read.
        temporary.chmod(0o666 & ~_umask())
        _replace(temporary, target)
    except OSError as error:
        raise storage_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def _replace(temporary: Path, target: Path) -> None:
    """Give a file another's place. Windows refuses that while somebody reads the other, so it is tried for a while."""
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            os.replace(temporary, target)
            return
        except PermissionError:
            if _REPLACES_OPEN_FILES or time.monotonic() > ends:
                raise
            time.sleep(_BETWEEN_TRIES)


def _is_special(path: Path) -> bool:
    """Whether something stands there that is neither a regular file nor a folder."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _pour(source: Path, target: Path) -> None:
    with source.open("rb") as content, target.open("wb") as end:
        shutil.copyfileobj(content, end)


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    """The process's mask. Reading it means setting it; both calls are in one place."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 with LF line ends, whole or not at all."""
    write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document with readable indentation and unescaped letters of any script."""
    write_text(path, json_text(value, indent=2) + "\n")


def json_text(value: Any, *, indent: int | None = None) -> str:
    """JSON with unescaped letters of any script, which every reader takes.

    A number that is none (NaN, infinite: the loss of a training that diverged) is null. Bytes of a file name
    that are no Unicode text, and signs that a terminal would obey, stay escaped, and come back as they were.
    """
    try:
        text = _dumps(value) if indent is None else _indented(value, "\n", " " * indent)
    except ValueError:
        # Done only on failure, since few documents hold such numbers and the check copies all values.
        return json_text(_finite(value), indent=indent)
    return _NO_TEXT.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _dumps(value: Any, comma: str = ", ") -> str:
    return _encoder(comma).encode(value)


@lru_cache
def _encoder(comma: str) -> json.JSONEncoder:
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(comma, ": "), default=_value_of)


def _indented(value: Any, line: str, step: str) -> str:
    """As `json` indents, which is 20 times slower where a list holds nothing but numbers or texts.

    Args:
        value: any JSON value.
        line: the line end, and the indentation of the value.
        step: what a level adds.
    """
    if not isinstance(value, (dict, list, tuple)):
        return _indented(value.to_dict(), line, step) if hasattr(value, "to_dict") else _dumps(value)
    if not value:
        return _dumps(value)
    inner = line + step
    if SCALARS.issuperset(map(type, value.values() if isinstance(value, dict) else value)):
        text = _dumps(value, f",{inner}")
        return f"{text[0]}{inner}{text[1:-1]}{line}{text[-1]}"
    if isinstance(value, dict):
        # `json` writes keys that are no texts as texts.
        keys = (_dumps(key if isinstance(key, str) else _dumps(key)) for key in value)
        items = (
            f"{key}: {_indented(item, inner, step)}" for key, item in zip(keys, value.values(), strict=True)
        )
        return f"{{{inner}{f',{inner}'.join(items)}{line}}}"
    return f"[{inner}{f',{inner}'.join(_indented(item, inner, step) for item in value)}{line}]"


def _value_of(value: Any) -> Any:
    """The JSON value of a document; this module does not know them, since it is loaded before pydantic is."""
    if not hasattr(value, "to_dict"):
        raise TypeError(f"{type(value).__name__} is not a JSON value")
    return value.to_dict()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "to_dict"):
        return _finite(value.to_dict())
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
