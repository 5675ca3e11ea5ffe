"""Mutated models of three kinds: each is opened or refused in a sentence, in a minute and two gigabytes."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import onnx
import pytest

from convonet.inference.model_info import ModelInfo
from convonet.nets import NetModel, export_onnx
from convonet.nets.backend import keras, name
from convonet.params import PixelParams
from nets.keras2_files import entry, layer, sequential, write_h5, write_keras

from .mutations import changed_json, damaged
from .trying import tried

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(
        name() != "torch", reason="files are opened the same way everywhere; one backend shows it"
    ),
]
L = keras.layers
SHAPE = (12, 10, 3)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Sound files by kind: ours and others', of Keras 2 and 3."""
    folder = tmp_path_factory.mktemp("whole")
    inner = keras.Sequential([keras.Input(SHAPE), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU()])
    plain = keras.Sequential([keras.Input(SHAPE), inner, L.Flatten(), L.Dense(3, activation="softmax")])
    ours = NetModel(plain, ModelInfo(("a", "b", "c"), PixelParams(*SHAPE), inside=False))
    ours.save(folder / "ours.keras")
    export_onnx(ours, folder / "ours.onnx", samples=np.zeros((2, *SHAPE), np.uint8))
    plain.save(folder / "theirs.keras")
    plain.save(folder / "theirs.h5")
    old = sequential(
        "net",
        sequential("inner", entry("in", SHAPE), layer("Conv2D", "conv", filters=2, kernel_size=[3, 3])),
        layer("Flatten", "flat"),
        layer("Dense", "head", units=2, activation="softmax"),
    )
    kernel, dense = np.ones((3, 3, 3, 2)), np.ones((160, 2))
    held = {
        "inner": {"conv/kernel:0": kernel, "conv/bias:0": [0, 0]},
        "head": {"head/kernel:0": dense, "head/bias:0": [0, 0]},
    }
    write_h5(folder / "old.h5", old, held)
    names = {"sequential/layers/conv2d": (kernel, [0, 0]), "dense": (dense, [0, 0])}
    numbered = {f"layers/{n}/vars/{i}": v for n, values in names.items() for i, v in enumerate(values)}
    write_keras(folder / "old.keras", old, numbered)
    return {kind: sorted(folder.glob(f"*{kind}")) for kind in (".keras", ".h5", ".onnx")}


def changed_zip(content: bytes, rng: random.Random) -> bytes:
    """A `.keras` file with one of its members changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    target = rng.choice(list(members))
    if target.endswith(".json"):
        members[target] = changed_json(members[target].decode(), rng).encode()
    else:
        members[target] = damaged(members[target], rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(
        packed, "w", rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
    ) as made:
        for member, value in members.items():
            made.writestr(member, value)
    return packed.getvalue()


def changed_h5(content: bytes, rng: random.Random) -> bytes:
    """An `.h5` file with another configuration."""
    stream = io.BytesIO(content)
    with h5py.File(stream, "r+") as file:
        file.attrs["model_config"] = changed_json(file.attrs["model_config"], rng)
    return stream.getvalue()


def changed_onnx(content: bytes, rng: random.Random) -> bytes:
    """An ONNX file with a node, a shape, a weight or a text changed."""
    model = onnx.load_from_string(content)
    graph = model.graph
    kind = rng.randrange(5)
    if kind == 0:
        node = rng.choice(graph.node)
        node.op_type = rng.choice(("Relu", "Tile", "Expand", "NonZero", "Range", "Loop", "Resize", "Nothing"))
    elif kind == 1:
        end = rng.choice([*graph.input, *graph.output])
        rng.choice(end.type.tensor_type.shape.dim).dim_value = rng.choice((0, 1, 7, -3, 10**9))
    elif kind == 2:
        tensor = rng.choice(graph.initializer)
        tensor.dims[:] = [rng.choice((0, 1, 5, 10**6)) for _ in tensor.dims]
    elif kind == 3:
        text = rng.choice(model.metadata_props)
        changed = text.value.startswith(("{", "["))
        text.value = changed_json(text.value, rng) if changed else text.value[: len(text.value) // 2]
    else:
        graph.node.remove(rng.choice(graph.node))
    return model.SerializeToString()


KNOWING: dict[str, Callable[[bytes, random.Random], bytes]] = {
    ".keras": changed_zip,
    ".h5": changed_h5,
    ".onnx": changed_onnx,
}


def mutated(kind: str, sound: list[Path], count: int, folder: Path) -> Iterator[tuple[str, Path]]:
    """Files of one kind, half of them damaged blindly and half by somebody who knows the format."""
    for number in range(count):
        rng = random.Random(f"{kind} {number}")
        source = rng.choice(sound)
        change = damaged if number % 2 else KNOWING[kind]
        path = folder / f"{number:04}-{source.stem}{kind}"
        path.write_bytes(change(source.read_bytes(), rng))
        yield f"{change.__name__} of {source.name}", path


@pytest.mark.parametrize("kind", KNOWING)
def test_mutated_models(
    whole: dict[str, list[Path]], tmp_path: Path, share: Callable[[int], int], kind: str
) -> None:
    (tmp_path / "work").mkdir()
    count = share(100)
    counts = tried("models", mutated(kind, whole[kind], count, tmp_path / "work"), tmp_path)
    assert counts.total() == count
    assert counts["refused"] > count // 4
