"""Opening model files: ours with their description, others with what can be found in them."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py

from convonet.errors import ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.nets.backend import keras
from convonet.nets.foreign import describe
from convonet.nets.safe_file import damaged, read_h5_text, read_keras_text
from convonet.params.data_params import Scaling

_H5_SUFFIXES = (".h5", ".hdf5")


def load_model(
    path: Path, scaling: Scaling | None, classes: Sequence[str] | None
) -> tuple[keras.Model, ModelInfo]:
    """The network in a file and its description; arguments and errors as `NetModel.load`."""
    if path.suffix.lower() in _H5_SUFFIXES:
        network = _load_h5(path)
        return network, describe(network, path, scaling, classes)
    if path.suffix != ".keras":
        raise ModelFileError(
            "This is no model file that Convonet opens", where=path, expected="a .keras or .h5 file"
        )
    text = read_keras_text(path)
    network = _load(path, path)
    if text.info is None:
        return network, describe(network, path, scaling, classes)
    info = ModelInfo.from_json(text.info, path)
    _check_fits(network, info, path)
    _check_agrees(info, scaling, classes, path)
    return network, info


def load_network(path: Path) -> tuple[keras.Model, ModelInfo | None]:
    """The network in a file, be it a classifier or not, and its description if it was made here.

    Raises:
        ModelFileError: no such file, damaged, or not safe.
    """
    if path.suffix.lower() in _H5_SUFFIXES:
        return _load_h5(path), None
    text = read_keras_text(path)
    return _load(path, path), None if text.info is None else ModelInfo.from_json(text.info, path)


def _load(file: Path, path: Path) -> keras.Model:
    """Keras' own loading in safe mode; `path` is what the person calls the file."""
    try:
        return keras.saving.load_model(file, compile=False, safe_mode=True)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise damaged(path, error) from error
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, ImportError) as error:
        lines = str(error).splitlines()
        raise ModelFileError(
            "Keras cannot rebuild the network from this file",
            where=path,
            expected="a network of Keras' own layers, with all its weights",
            received=(lines[0] if lines else type(error).__name__)[:300],
        ) from error


def _load_h5(path: Path) -> keras.Model:
    """An `.h5` file through a copy, in which what older Keras wrote and newer refuses has been mended."""
    config = _mended(read_h5_text(path).config)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.h5"
        shutil.copyfile(path, copy)
        with h5py.File(copy, "r+") as file:
            file.attrs["model_config"] = json.dumps(config)
        return _load(copy, path)


def _mended(value: Any) -> Any:
    """The configuration without `groups` of depthwise convolutions, always 1, which Keras 3 does not take.

    Every file that Teachable Machine exports has it.
    """
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if not isinstance(value, dict):
        return value
    value = {key: _mended(item) for key, item in value.items()}
    if value.get("class_name") == "DepthwiseConv2D" and isinstance(value.get("config"), dict):
        value["config"].pop("groups", None)
    return value


def _check_fits(network: keras.Model, info: ModelInfo, path: Path) -> None:
    """A description that was not made for this network is a damaged file."""
    takes = tuple(network.input_shape[1:])
    gives = int(network.output_shape[-1])
    expected = 1 if info.output.startswith("sigmoid") else len(info.classes)
    if takes == info.pixels.shape and (gives == expected or not info.classes):
        return
    raise ModelFileError(
        "The description in the model file is not that of its network",
        where=path,
        expected=f"images of {takes} and {gives} outputs",
        received=f"images of {info.pixels.shape} and {expected} outputs",
    )


def _check_agrees(
    info: ModelInfo, scaling: Scaling | None, classes: Sequence[str] | None, path: Path
) -> None:
    """What the person says of a file of ours must be what the file says."""
    if scaling not in (None, "none", info.scaling):
        raise ModelFileError(
            "The model knows its own scaling", where=path, expected=info.scaling, received=scaling
        )
    if classes is not None and info.classes and tuple(classes) != info.classes:
        raise ModelFileError(
            "The model knows its own class names",
            where=path,
            expected=", ".join(info.classes[:10]),
            received=", ".join(list(classes)[:10]),
        )
