"""What an ONNX file says of itself, read from its bytes: no graph is built and nothing in it runs.

An ONNX file is a protobuf message. The few fields that are needed here are found by skipping over all others.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from convonet.errors import ModelFileError
from convonet.inference.model_info import ModelInfo

PROPERTY = "convonet"
"""The metadata property of an ONNX file that holds the ModelInfo."""
GOLDEN_PROPERTY = "convonet_golden"
"""The property with the golden samples; files of older versions have none."""
MAX_BYTES = 2**31 - 1  # protobuf's own limit for one file

_MAX_TEXT = 64 * 2**20
# Field numbers of onnx.proto.
_GRAPH, _METADATA, _FUNCTIONS = 7, 14, 25
_NODE, _OP_TYPE, _ATTRIBUTE, _KEY, _VALUE = 1, 4, 5, 1, 2
_SUBGRAPHS = (6, 11)
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class OnnxText(NamedTuple):
    """The parts of an ONNX file that are read without opening its network.

    Attributes:
        properties: its metadata.
        flow: the name of an operation that runs a graph of its own, as loops do; None where there is none.
    """

    properties: dict[str, str]
    flow: str | None


def read_content(path: Path) -> bytes:
    """The bytes of an ONNX file.

    Raises:
        ModelFileError: it cannot be read, or is larger than an ONNX file can be.
    """
    check_size(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def check_size(path: Path) -> None:
    """See that a file is not larger than an ONNX file can be.

    Raises:
        ModelFileError: it is, or it is not there.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(path, error) from error
    if size > MAX_BYTES:
        raise ModelFileError("The file is too large for an ONNX model", where=path, expected="at most 2 GiB")


def _unreadable(path: Path, error: OSError) -> ModelFileError:
    reason = (error.strerror or "reading failed").lower()
    return ModelFileError(f"The model file cannot be read: {reason}", where=path)


def read_text(content: bytes | mmap.mmap, path: Path) -> OnnxText:
    """Metadata and operations of a file's content.

    Raises:
        ModelFileError: it is no protobuf message.
    """
    properties: dict[str, str] = {}
    flow = None
    try:
        for number, value in _messages(memoryview(content)):
            if number == _METADATA:
                # Before it is decoded: a file may be 2 GB of metadata.
                if len(value) > _MAX_TEXT:
                    raise ValueError("a description of more than 64 MiB")
                texts = {key: bytes(text).decode("utf-8") for key, text in _messages(value)}
                properties[texts.get(_KEY, "")] = texts.get(_VALUE, "")
            elif number == _GRAPH:
                flow = flow or _flow(value)
            elif number == _FUNCTIONS:
                # A function can hide a loop or a branch, and no export has one.
                flow = flow or "a function that the model defines itself"
    except (ValueError, IndexError) as error:
        raise ModelFileError(
            "The file is not an ONNX model, or it is damaged", where=path, reason=str(error)[:200]
        ) from error
    return OnnxText(properties, flow)


def read_onnx_info(path: Path) -> ModelInfo:
    """What an ONNX file says of its model.

    Raises:
        ModelFileError: no such file, not ONNX, or not exported by Convonet.
    """
    check_size(path)
    try:
        with path.open("rb") as file:
            # Mapped, so that weights which are passed over are not even read.
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        raise ModelFileError("The model file cannot be read, or is empty", where=path) from error
    return info_of(read_text(content, path), path)


def info_of(text: OnnxText, path: Path) -> ModelInfo:
    """The model's description among the metadata.

    Raises:
        ModelFileError: none there, or a network that is not one of layers.
    """
    if PROPERTY not in text.properties:
        raise ModelFileError(
            "This ONNX file does not describe its classes and pixels",
            where=path,
            expected=f"a file that Convonet exported, with the property {PROPERTY}",
            hint="Open the .keras file that it was made from and export it again",
        )
    if text.flow is not None:
        raise ModelFileError(
            "The ONNX file contains loops or branches, which no exported network has, so it was not opened",
            where=path,
            received=text.flow,
        )
    return ModelInfo.from_json(text.properties[PROPERTY], path)


def _flow(graph: memoryview) -> str | None:
    """The first operation of a graph that has a graph in an attribute."""
    for number, node in _messages(graph):
        if number != _NODE:
            continue
        parts = list(_messages(node))
        attributes = [value for key, value in parts if key == _ATTRIBUTE]
        if any(key in _SUBGRAPHS for attribute in attributes for key, _ in _messages(attribute)):
            names = [bytes(value).decode("utf-8", "replace") for key, value in parts if key == _OP_TYPE]
            return (names or ["an operation without a name"])[0][:100]
    return None


def _messages(view: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The fields of a message that are bytes: texts and messages. Raises ValueError, IndexError."""
    at = 0
    while at < len(view):
        key, at = _varint(view, at)
        kind = key & 7
        if kind == _BYTES:
            size, at = _varint(view, at)
            # A slice behind the end would be short without a word.
            if size > len(view) - at:
                raise ValueError("a part that is longer than the file")
            # A view, no copy: weights are passed over without being touched.
            yield key >> 3, view[at : at + size]
            at += size
        elif kind == _VARINT:
            _, at = _varint(view, at)
        elif kind in (_FIXED64, _FIXED32):
            at += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError("a field of a type unknown to protobuf")


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = view[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at
        if shift > 63:
            raise ValueError("an unterminated number")
