"""A `.keras` file as the zip archive that it is: what a damaged one raises, and the description of ours in it."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from pathlib import Path

from convonet.errors import ModelFileError
from convonet.inference.model_info import MEMBER, ModelInfo

MAX_INFO = 16 * 2**20
UNREADABLE = (
    OSError,
    EOFError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    ImportError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""All that zipfile, its decompressors, HDF5 and Keras raise for files that are damaged, encrypted or not meant."""


def read_info(path: Path) -> ModelInfo | None:
    """What a `.keras` file says of itself; None for one that was made elsewhere.

    Raises:
        ModelFileError: no zip archive, damaged, encrypted, or with a description that cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if MEMBER not in archive.namelist():
                return None
            text = info_text(archive, path)
    except UNREADABLE as error:
        raise damaged(path, error) from error
    return ModelInfo.from_json(text, path)


def info_text(archive: zipfile.ZipFile, path: Path) -> str:
    """The description of ours in an open archive that has one.

    Raises:
        ModelFileError: a larger one than any model needs.
    """
    with archive.open(MEMBER) as member:
        # The size in the archive's table may lie, so what is read is bounded itself.
        text = member.read(MAX_INFO + 1)
    if len(text) > MAX_INFO:
        raise ModelFileError("The model's description is too large", where=path, expected="at most 16 MiB")
    return text.decode("utf-8")


def damaged(path: Path, error: Exception) -> ModelFileError:
    """The error for a file whose parts cannot be unpacked."""
    # zipfile has no class of its own for this.
    if "password" in str(error) or "encrypted" in str(error):
        return ModelFileError(
            "The model file is encrypted, so it was not opened",
            where=path,
            expected="a .keras file as Keras writes it",
            hint="Decrypt it with its password and save the network again",
        )
    return ModelFileError(
        "The model file is damaged or incomplete",
        where=path,
        reason=(str(error) or type(error).__name__)[:200],
        hint="It may not have been copied or downloaded completely. Get the file again",
    )
