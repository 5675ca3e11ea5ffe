"""Damaged, encrypted and oversized model files: each is refused in a sentence, before it takes memory or time."""

from __future__ import annotations

import json
import struct
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import psutil
import pytest

from convonet.errors import ModelFileError
from convonet.inference.model_info import MEMBER, ModelInfo
from convonet.nets import NetModel
from convonet.nets.backend import keras
from convonet.params import PixelParams
from convonet.session.opened import open_model
from nets.keras2_files import entry, layer, sequential, write_h5

L = keras.layers
INFO = ModelInfo(("a", "b", "c"), PixelParams(6, 6, 1))


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What a sound file holds."""
    path = tmp_path_factory.mktemp("sound") / "m.keras"
    rows = [keras.Input((6, 6, 1)), L.Rescaling(1 / 255), L.Flatten(), L.Dense(3, activation="softmax")]
    NetModel(keras.Sequential(rows), INFO).save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def encrypted(path: Path, members: dict[str, bytes]) -> None:
    """Marked as encrypted in both of its heads, as zip programs do."""
    content = bytearray(packed(path, members).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 1)
    path.write_bytes(content)


def lzma_damaged(path: Path, members: dict[str, bytes]) -> None:
    content = bytearray(packed(path, members, zipfile.ZIP_LZMA).read_bytes())
    for at in range(60, len(content) - 400, 7):
        content[at] ^= 0x5A
    path.write_bytes(content)


def unknown_packing(path: Path, members: dict[str, bytes]) -> None:
    content = bytearray(packed(path, members).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = content.find(mark)
        while at >= 0:
            struct.pack_into("<H", content, at + offset, 97)
            at = content.find(mark, at + 1)
    path.write_bytes(content)


def with_config(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, dict[str, bytes]], None]:
    def made(path: Path, members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        change(config)
        packed(path, members | {"config.json": json.dumps(config).encode()})

    return made


def with_member(name: str, content: bytes) -> Callable[[Path, dict[str, bytes]], None]:
    return lambda path, members: packed(path, members | {name: content}) and None


def deep(path: Path, members: dict[str, bytes]) -> None:
    nested = b"[" * 5000 + b"]" * 5000
    config = members["config.json"].replace(b'"units": 3', b'"more": ' + nested + b', "units": 3')
    assert len(config) > 10_000
    packed(path, members | {"config.json": config})


def wide(config: dict[str, Any]) -> None:
    """Two dense layers of 30,000: 3.6 GB of weights in two kilobytes."""
    for number in (1, 2):
        dense = json.loads(json.dumps(config["config"]["layers"][-1]))
        dense["config"] |= {"units": 30_000, "name": f"wide_{number}"}
        config["config"]["layers"].insert(-1, dense)


def long(config: dict[str, Any]) -> None:
    flat = config["config"]["layers"][-2]
    rows = [json.loads(json.dumps(flat)) for _ in range(9000)]
    for number, row in enumerate(rows):
        row["config"]["name"] = f"flat_{number}"
    config["config"]["layers"][-1:-1] = rows


def padded(config: dict[str, Any]) -> None:
    """A border of 100,000 pixels that the next layer takes away again."""
    border = [[10**5, 10**5], [10**5, 10**5]]
    for kind, key in (("Cropping2D", "cropping"), ("ZeroPadding2D", "padding")):
        row = json.loads(json.dumps(config["config"]["layers"][-2]))
        row |= {"class_name": kind, "registered_name": None, "config": {"name": key, key: border}}
        config["config"]["layers"].insert(2, row)


def typed(key: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda config: config["config"]["layers"][-1].update({key: value})


DAMAGED: dict[str, tuple[Callable[[Path, dict[str, bytes]], object], str]] = {
    "encrypted": (encrypted, "encrypted"),
    "LZMA that is damaged": (lzma_damaged, "damaged|no network|more than a network"),
    "packed in no known way": (unknown_packing, "damaged"),
    "a deep description": (deep, "cannot be read|cannot rebuild"),
    "weights of no file": (with_config(wide), "more parameters"),
    "9,000 layers": (with_config(long), "too many layers"),
    "a map of a giga": (with_config(padded), "The feature map .* is too large"),
    "a bomb of zeros": (
        with_member("model.weights.h5", b"\0" * 2**28),
        "The unpacked model file would be too large",
    ),
    "weights in another layout": (with_member("model.weights.h5", b"no HDF5"), "damaged"),
    "a class that is a list": (with_config(typed("class_name", ["Dense"])), "cannot rebuild|cannot be read"),
    "a class that is a number": (with_config(typed("class_name", 5)), "cannot rebuild|cannot be read"),
    "a configuration that is a list": (with_config(typed("config", [1])), "cannot rebuild|cannot be read"),
    "a configuration that is a text": (with_config(typed("config", "x")), "cannot rebuild|cannot be read"),
    "a module that is a number": (with_config(typed("module", 3)), "cannot rebuild|cannot be read"),
    "metadata that are no JSON": (with_member("metadata.json", b"\xff"), ""),
    "a description that is no text": (with_member(MEMBER, b"\xff\xfe"), "damaged|cannot be read"),
    "a description that is a list": (with_member(MEMBER, b"[1]"), "description"),
    "a description of another network": (
        with_member(MEMBER, INFO.changed(pixels=PixelParams(5, 6, 1)).to_json().encode()),
        "does not match its network",
    ),
    "a description of other classes": (
        with_member(MEMBER, INFO.changed(classes=("a", "b")).to_json().encode()),
        "does not match its network",
    ),
    "an output that nobody knows": (
        with_member(MEMBER, INFO.to_json().replace('"probabilities"', '"oracle"').encode()),
        "oracle",
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_each_is_refused_soon_and_without_memory(
    members: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    make, said = DAMAGED[name]
    make(tmp_path / "m.keras", members)
    before, started = psutil.Process().memory_info().rss, time.monotonic()
    if not said:
        assert NetModel.load(tmp_path / "m.keras").info == INFO
        return
    with pytest.raises(ModelFileError, match=said):
        NetModel.load(tmp_path / "m.keras")
    assert time.monotonic() - started < 25
    assert psutil.Process().memory_info().rss - before < 700 * 2**20
    try:  # what only looks at a file gives the same kind of error, or sees nothing wrong
        open_model(tmp_path / "m.keras")
    except ModelFileError:
        return


def test_numbers_of_an_h5_file_count(tmp_path: Path) -> None:
    wide = [layer("Dense", f"wide_{i}", units=30_000) for i in (1, 2)]
    rows = [layer("Flatten", "flat"), *wide, layer("Dense", "head", units=2, activation="softmax")]
    path = write_h5(tmp_path / "m.h5", sequential("net", entry("in", (60, 60, 3)), *rows), {})
    with pytest.raises(ModelFileError, match="more parameters"):
        NetModel.load(path, scaling="unit")


def test_packed_numbers_of_an_h5_file_are_bounded(tmp_path: Path) -> None:
    """A file says that it holds many numbers; there are no more of them than parameters that are opened."""
    rows = [layer("Flatten", "flat"), layer("Dense", "wide", units=600_000), layer("Dense", "head", units=2)]
    path = write_h5(tmp_path / "m.h5", sequential("net", entry("in", (30, 30, 1)), *rows), {})
    with h5py.File(path, "r+") as file:
        file.create_dataset("zeros", (10**9,), np.float32, chunks=(2**20,), compression="gzip")
    with pytest.raises(ModelFileError, match="more parameters"):
        NetModel.load(path, scaling="unit")


def test_maps_of_a_keras_2_file_are_looked_at_before_it_computes(tmp_path: Path) -> None:
    border = [[10**5, 10**5], [10**5, 10**5]]
    rows = [
        layer("ZeroPadding2D", "pad", padding=border),
        layer("Cropping2D", "crop", cropping=border),
        layer("Flatten", "flat"),
        layer("Dense", "head", units=2, activation="softmax"),
    ]
    held = {"head": {"head/kernel:0": np.ones((36, 2)), "head/bias:0": [0, 0]}}
    path = write_h5(tmp_path / "m.h5", sequential("net", entry("in", (6, 6, 1)), *rows), held)
    with pytest.raises(ModelFileError, match=r"The feature map .* is too large"):
        NetModel.load(path, scaling="unit")
