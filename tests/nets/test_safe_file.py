"""Files of strangers: nothing in them runs, leads out or fills the memory, and damage is called damage."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from convonet.errors import ModelFileError
from convonet.nets import NetModel, safe_file
from convonet.nets.backend import keras

L = keras.layers


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound foreign model as `m.keras` and `m.h5`."""
    folder = tmp_path_factory.mktemp("whole")
    model = keras.Sequential(
        [keras.Input((6, 6, 1)), L.Rescaling(1 / 255), L.Flatten(), L.Dense(3, activation="softmax")]
    )
    model.save(folder / "m.keras")
    model.save(folder / "m.h5")
    return folder


def refused(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        NetModel.load(path)
    assert path.name in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_cut_off(whole: Path, tmp_path: Path, name: str, share: float) -> None:
    content = (whole / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    assert "damaged or incomplete" in refused(tmp_path / name)


@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_empty_absent_or_something_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert "no such model file" in refused(path)
    path.write_bytes(b"")
    assert "empty" in refused(path)
    path.write_text("<html>not found</html>")
    assert "although its name says it is" in refused(path)
    path.unlink()
    path.mkdir()
    assert "cannot be read" in refused(path)


def test_another_kind_of_file(tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_bytes(b"x")
    assert ".keras or .h5" in refused(tmp_path / "m.pt")


def test_flipped_bytes_in_the_weights(whole: Path, tmp_path: Path) -> None:
    content = bytearray((whole / "m.keras").read_bytes())
    place = content.index(b"model.weights.h5") + 3000
    content[place : place + 400] = bytes(255 - byte for byte in content[place : place + 400])
    (tmp_path / "m.keras").write_bytes(content)
    refused(tmp_path / "m.keras")


def rewritten(whole: Path, path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The sound file with other members."""
    with zipfile.ZipFile(whole / "m.keras") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../../escape.txt", "/etc/escape", "assets/x.py", "code.py", "c:\\x"])
def test_members_that_are_no_part_of_a_network(whole: Path, tmp_path: Path, name: str) -> None:
    path = rewritten(whole, tmp_path / "m.keras", lambda members: members.update({name: b"x"}))
    assert "more than a network" in refused(path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["m.keras"]


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_members_that_are_missing(whole: Path, tmp_path: Path, name: str) -> None:
    assert "no network" in refused(rewritten(whole, tmp_path / "m.keras", lambda members: members.pop(name)))


def test_a_member_twice(whole: Path, tmp_path: Path) -> None:
    shutil.copy(whole / "m.keras", tmp_path / "m.keras")
    with (
        pytest.warns(UserWarning, match="Duplicate"),
        zipfile.ZipFile(tmp_path / "m.keras", "a") as archive,
    ):
        archive.writestr("config.json", "{}")
    assert "two members" in refused(tmp_path / "m.keras")


def test_texts_and_files_that_are_too_large(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = rewritten(whole, tmp_path / "m.keras", lambda m: m.update({"metadata.json": b" " * (65 * 2**20)}))
    assert long.stat().st_size < 2**20
    assert "The unpacked model file would be too large" in refused(long)
    monkeypatch.setattr(safe_file, "MAX_BYTES", 100)
    shutil.copy(whole / "m.h5", tmp_path / "m.h5")
    assert "too large" in refused(tmp_path / "m.h5")


def edited(whole: Path, path: Path, change: Callable[[dict], object]) -> Path:
    """The sound file with another configuration."""

    def edit(members: dict[str, bytes]) -> None:
        config = json.loads(members["config.json"])
        change(config)
        members["config.json"] = json.dumps(config).encode()

    return rewritten(whole, path, edit)


def dense(config: dict) -> dict:
    return config["config"]["layers"][-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda c: dense(c).update(class_name="Lambda"), "runs code"),
        (lambda c: dense(c).update(class_name="TFSMLayer"), "runs code"),
        (lambda c: dense(c).update(class_name="TorchModuleWrapper"), "runs code"),
        (lambda c: dense(c)["config"].update(units=10**12), "A layer of the network is too large"),
        (lambda c: dense(c)["config"].update(units=10**300), "A layer of the network is too large"),
        (lambda c: dense(c)["config"].update(units=4), "cannot rebuild"),
        (lambda c: dense(c).update(module="os", class_name="system", registered_name=None), "cannot rebuild"),
        (lambda c: dense(c).update(module="builtins", class_name="eval", config="1"), "cannot rebuild"),
        (lambda c: dense(c).update(class_name="NoSuchLayer"), "cannot rebuild"),
        (lambda c: c["config"].update(layers=[]), "cannot rebuild"),
        (lambda c: c["config"].update(layers="x"), "cannot rebuild"),
        (lambda c: c.clear(), "does not describe a network"),
    ],
)
def test_configurations_that_keras_must_not_or_cannot_build(
    whole: Path, tmp_path: Path, change, said
) -> None:
    assert said in refused(edited(whole, tmp_path / "m.keras", change))


@pytest.mark.parametrize("text", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b"[]", b"null"])
def test_configurations_that_are_none(whole: Path, tmp_path: Path, text: bytes) -> None:
    path = rewritten(whole, tmp_path / "m.keras", lambda members: members.update({"config.json": text}))
    assert "configuration cannot be read" in refused(path) or "does not describe a network" in refused(path)


def test_code_in_a_lambda_does_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    place = str(mark)
    code = L.Lambda(lambda x: (open(place, "w").close(), x)[1])
    model = keras.Sequential([keras.Input((6, 6, 1)), code, L.Flatten(), L.Dense(2, activation="softmax")])
    for name in ("m.keras", "m.h5"):
        model.save(tmp_path / name)
        mark.unlink(missing_ok=True)
        assert "runs code" in refused(tmp_path / name)
        assert not mark.exists()


def test_weights_that_lead_out_of_the_file(whole: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["secret"] = np.zeros((36, 3), np.float32)
    shutil.copy(whole / "m.h5", tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        names: list[str] = []
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        kernel = next(name for name in names if "kernel" in name)
        del file[kernel]
        file[kernel] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "secret")
    assert "cannot rebuild" in refused(tmp_path / "m.h5")


def test_weights_without_a_network(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["kernel"] = np.zeros(3)
    assert "weights but no network" in refused(tmp_path / "m.h5")


def test_a_configuration_in_an_h5_file_that_is_no_text(whole: Path, tmp_path: Path) -> None:
    content = (whole / "m.h5").read_bytes()
    assert content.count(b'"class_name": "Dense"') == 1
    (tmp_path / "m.h5").write_bytes(content.replace(b'"class_name": "Dense"', b'"class_name": "D\xe1\xe1se"'))
    assert "cannot rebuild" in refused(tmp_path / "m.h5")
