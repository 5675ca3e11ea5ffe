"""Model files of strangers: what may be in them, and the truth about those that are damaged.

Keras' safe mode refuses code (`Lambda` with a Python function, wrappers of other frameworks), links out of an
HDF5 file and weights that unpack to far more than they are. Here stands what it leaves open: sizes, members,
numbers in the configuration that would ask for absurd memory, and sentences that say what is wrong.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import h5py

from convonet.errors import ModelFileError
from convonet.inference.keras_file import UNREADABLE, damaged, info_text
from convonet.inference.model_info import MEMBER
from convonet.inference.unknown import MEMBER as UNKNOWN_MEMBER
from convonet.text import counted

MAX_BYTES = 4 * 2**30
MAX_TEXT = 64 * 2**20
MAX_LAYERS = 2_000
_MOST_UNPACKED = 20
_SMALL = 64 * 2**20
MAX_UNITS = 2**20

WEIGHTS = "model.weights.h5"
_MEMBERS = {"config.json", "metadata.json", MEMBER, UNKNOWN_MEMBER, WEIGHTS}
_WITH_CODE = {"Lambda", "TorchModuleWrapper", "TFSMLayer", "JaxLayer", "FlaxLayer", "StatelessLayer"}
_SIZES = ("units", "filters", "depth_multiplier", "input_dim", "output_dim")
_ZIP_HEAD = b"PK\x03\x04"
_HDF5_HEAD = b"\x89HDF\r\n\x1a\n"


LayerConfig: TypeAlias = dict[str, object]
"""A part of Keras' own configuration. It comes from a stranger's file: nothing of it is known before it is checked."""


class ModelText(NamedTuple):
    """The parts of a model file that are text.

    Attributes:
        config: the network's configuration, checked.
        keras2: Keras before its version 3 wrote it.
        info: the member of ours, None in a file made elsewhere.
    """

    config: LayerConfig
    keras2: bool
    info: str | None


def read_keras_text(path: Path) -> ModelText:
    """Open a `.keras` file, check what is in it and read its texts.

    Raises:
        ModelFileError: see `convonet.nets.NetModel.load`.
    """
    _check_head(path, _ZIP_HEAD, "a .keras file")
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = _member_sizes(archive, path)
            config = archive.read("config.json")
            metadata = archive.read("metadata.json") if "metadata.json" in sizes else b""
            info = info_text(archive, path) if MEMBER in sizes else None
    except UNREADABLE as error:
        raise damaged(path, error) from error
    return ModelText(_checked_config(config, path), _by_keras2(metadata), info)


def read_h5_text(path: Path) -> ModelText:
    """Open an `.h5` file and read the configuration of its network.

    Raises:
        ModelFileError: see `convonet.nets.NetModel.load`; also for a file of weights alone.
    """
    _check_head(path, _HDF5_HEAD, "an .h5 file")
    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
            version = file.attrs.get("keras_version", "1")
    except UNREADABLE as error:
        raise damaged(path, error) from error
    if text is None:
        raise ModelFileError(
            "The file contains weights but no network",
            where=path,
            hint="Save the whole model: model.save(…) instead of model.save_weights(…)",
        )
    config = _checked_config(text if isinstance(text, bytes) else str(text), path)
    return ModelText(config, _is_keras2(version), None)


def _by_keras2(metadata: bytes) -> bool:
    """Whether a `.keras` file's metadata names a version before 3; unreadable metadata names none."""
    try:
        value = json.loads(metadata)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and _is_keras2(value.get("keras_version"))


def _is_keras2(version: object) -> bool:
    text = version.decode("utf-8", "replace") if isinstance(version, bytes) else str(version)
    # TensorFlow's Keras wrote versions such as 2.2.4-tf.
    return text.startswith(("0.", "1", "2."))


def _check_head(path: Path, head: bytes, kind: str) -> None:
    """Size and first bytes: what is not even of the kind gets a sentence of its own."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(len(head))
    except FileNotFoundError as error:
        raise ModelFileError("There is no such model file", where=path) from error
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise ModelFileError(f"The model file cannot be read: {reason}", where=path) from error
    if size > MAX_BYTES:
        raise ModelFileError(
            "The model file is too large",
            where=path,
            expected=f"at most {MAX_BYTES >> 30} GiB",
            received=size,
        )
    if not size:
        raise ModelFileError("The model file is empty", where=path)
    if start != head:
        raise ModelFileError(
            f"The file is not {kind}, although its name says it is",
            where=path,
            expected=f"{kind} written by Keras",
            received=f"a file that begins with {start!r}",
        )


def _member_sizes(archive: zipfile.ZipFile, path: Path) -> dict[str, int]:
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    # Of two members with one name, a check may read the one and Keras the other.
    if len(sizes) != len(archive.infolist()):
        raise ModelFileError("The model file contains two members with the same name", where=path)
    # Assets such as vocabularies are loaded by layers that are not needed for images.
    unknown = sorted(set(sizes) - _MEMBERS)
    if unknown:
        raise ModelFileError(
            "The model file contains more than a network of layers, so it was not opened",
            where=path,
            expected=", ".join(sorted(_MEMBERS - {MEMBER, UNKNOWN_MEMBER})),
            received=", ".join(unknown[:3])[:200],
        )
    if "config.json" not in sizes or WEIGHTS not in sizes:
        raise ModelFileError(
            "The model file contains no network with weights", where=path, expected="a Keras model"
        )
    texts = sum(size for name, size in sizes.items() if name != WEIGHTS)
    # Weights hardly shrink when they are packed; what unpacks to far more was made to fill a memory or a disk.
    most = min(MAX_BYTES, path.stat().st_size * _MOST_UNPACKED + _SMALL)
    if texts > MAX_TEXT or sum(sizes.values()) > most:
        raise ModelFileError(
            "The unpacked model file would be too large",
            where=path,
            received=f"{sum(sizes.values()):,} bytes",
        )
    return sizes


def _checked_config(content: bytes | str, path: Path) -> LayerConfig:
    try:
        if len(content) > MAX_TEXT:
            raise ValueError("too long")
        config = json.loads(content)
        parts = list(_objects(config))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(
            "The network's configuration cannot be read", where=path, reason=str(error)[:200]
        ) from error
    if not isinstance(config, dict) or "class_name" not in config:
        raise ModelFileError("The file does not describe a network", where=path)
    # Initializers and regularizers have class names too; only layers have a name of their own.
    layers = sum(isinstance(part.get("class_name"), str) and "name" in _config_of(part) for part in parts)
    if layers > MAX_LAYERS or len(parts) > MAX_LAYERS * 20:
        raise ModelFileError(
            "The network has too many layers",
            where=path,
            expected=f"at most {MAX_LAYERS:,}",
            received=f"{counted(layers, 'layer')} in {counted(len(parts), 'part')}",
        )
    for part in parts:
        _check_part(part, path)
    return config


def _objects(value: Any) -> Iterator[LayerConfig]:
    """Every object in a JSON value, the outermost first."""
    if isinstance(value, dict):
        yield value
        for item in value.values():
            yield from _objects(item)
    elif isinstance(value, list):
        for item in value:
            yield from _objects(item)


def _config_of(part: LayerConfig) -> LayerConfig:
    config = part.get("config")
    return config if isinstance(config, dict) else {}


def _check_part(part: LayerConfig, path: Path) -> None:
    kind = part.get("class_name")
    if isinstance(kind, str) and kind in _WITH_CODE:
        raise ModelFileError(
            f"The network contains a {kind} layer, which runs code from the file, so it was not opened",
            where=path,
            hint="Ask its author to rebuild it from standard layers or to provide an ONNX file",
        )
    for name in _SIZES:
        size = part.get(name)
        if isinstance(size, (int, float)) and size > MAX_UNITS:
            raise ModelFileError(
                f"A layer of the network is too large: {name}", where=path, received=f"{size:g}"
            )
