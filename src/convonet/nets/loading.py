"""Opening model files: ours with their description, others with what can be found in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from convonet.errors import ModelFileError
from convonet.hints import Hint, Spelling
from convonet.inference.keras_file import UNREADABLE, damaged
from convonet.inference.model_info import ModelInfo
from convonet.inference.unknown import MEMBER as UNKNOWN_MEMBER
from convonet.inference.unknown import UnknownScorer
from convonet.nets.backend import keras
from convonet.nets.budget import check_maps, parameters_within, stored_numbers
from convonet.nets.foreign import describe, with_channel_axis
from convonet.nets.keras2 import open_keras2
from convonet.nets.last_layer import last_layer
from convonet.nets.safe_file import WEIGHTS, read_h5_text, read_keras_text
from convonet.own_process import opening_limits
from convonet.params.data_params import Scaling
from convonet.text import counted

_REGISTERED = Spelling(
    "first run the code that registers them with keras.saving.register_keras_serializable",
    "open it in Python after running the code that registers them",
    "open it in Python after running the code that registers them",
)
_H5_SUFFIXES = (".h5", ".hdf5")


def load_model(
    path: Path, scaling: Scaling | None, classes: Sequence[str] | None
) -> tuple[keras.Model, ModelInfo, UnknownScorer | None]:
    """The network in a file and its description; arguments and errors as `NetModel.load`."""
    network, info = load_network(path)
    if info is None:
        network = with_channel_axis(network)
        return network, describe(network, path, scaling, classes), None
    _check_fits(network, info, path)
    _check_agrees(info, scaling, classes, path)
    scorer = _scorer(path, network) if info.unknown is not None else None
    return network, info if scorer is not None else info.changed(unknown=None), scorer


def _scorer(path: Path, network: keras.Model) -> UnknownScorer | None:
    """What tells unknown images, where the file holds it and it fits the network."""
    try:
        with zipfile.ZipFile(path) as archive:
            if UNKNOWN_MEMBER not in archive.namelist():
                return None
            content = archive.read(UNKNOWN_MEMBER)
    except UNREADABLE as error:
        raise damaged(path, error) from error
    scorer, last = UnknownScorer.from_bytes(content, path), last_layer(network)
    return scorer if last is not None and last.width == scorer.bank.shape[1] else None


def load_network(path: Path) -> tuple[keras.Model, ModelInfo | None]:
    """The network in a file, be it a classifier or not, and its description if it was made here.

    Raises:
        ModelFileError: no such file, damaged, too much, or not safe.
    """
    is_h5 = path.suffix.lower() in _H5_SUFFIXES
    if not is_h5 and path.suffix != ".keras":
        raise ModelFileError(
            "Convonet cannot open this kind of model file", where=path, expected="a .keras or .h5 file"
        )
    # A small file may ask for gigabytes: time and memory are bounded by what its size explains.
    with opening_limits(path.stat().st_size if path.is_file() else 0):
        text = read_h5_text(path) if is_h5 else read_keras_text(path)
        with _weights(path) as weights, parameters_within(stored_numbers(weights, path), path):
            # Not left to Keras 3: layers of Keras 2 are read from a list of known ones, so what is opened is exact.
            network = open_keras2(path, text.config, weights) if text.keras2 else _load(path)
        check_maps(network, path)
    return network, None if text.info is None else ModelInfo.from_json(text.info, path)


@contextmanager
def _weights(path: Path) -> Iterator[Path | BinaryIO]:
    """The HDF5 file with the weights: the `.h5` file itself, or the member of a `.keras` file."""
    if path.suffix.lower() in _H5_SUFFIXES:
        yield path
        return
    try:
        with zipfile.ZipFile(path) as archive:
            weights = io.BytesIO(archive.read(WEIGHTS))
    except UNREADABLE as error:
        raise damaged(path, error) from error
    yield weights


def _load(path: Path) -> keras.Model:
    """Keras' own loading in safe mode."""
    try:
        # Without its loss and metrics, which may be a stranger's own functions.
        network = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise damaged(path, error) from error
    except UNREADABLE as error:
        raise _cannot_rebuild(path, error) from error
    if not isinstance(network, keras.Model):
        raise _cannot_rebuild(path, TypeError(f"the file describes a {type(network).__name__}"))
    return network


def _cannot_rebuild(path: Path, error: Exception) -> ModelFileError:
    if isinstance(error, MemoryError) or "not enough memory" in str(error):
        return ModelFileError("Opening the model file takes more memory than allowed", where=path)
    lines = str(error).splitlines()
    return ModelFileError(
        "Keras cannot rebuild the network from this file",
        where=path,
        expected="a network of built-in Keras layers, with all its weights",
        received=(lines[0] if lines else type(error).__name__)[:300],
        hint=Hint.of(
            "If it has custom layers, {}",
            _REGISTERED,
            window="A network with custom layers can be opened only in Python",
        ),
    )


def _check_fits(network: keras.Model, info: ModelInfo, path: Path) -> None:
    """A description that was not made for this network is a damaged file."""
    takes = tuple(network.input_shape[1:])
    gives = int(network.output_shape[-1])
    expected = 1 if info.output.startswith("sigmoid") else len(info.classes)
    if takes == info.pixels.shape and (gives == expected or not info.classes):
        return
    raise ModelFileError(
        "The description in the model file does not match its network",
        where=path,
        expected=f"images of shape {takes}, and {counted(gives, 'output')}",
        received=f"images of shape {info.pixels.shape}, and {counted(expected, 'output')}",
    )


def _check_agrees(
    info: ModelInfo, scaling: Scaling | None, classes: Sequence[str] | None, path: Path
) -> None:
    """What the person says of a file of ours must be what the file says."""
    if scaling not in (None, "none", info.scaling):
        raise ModelFileError(
            "The model file specifies a different scaling",
            where=path,
            expected=info.scaling,
            received=scaling,
        )
    if classes is not None and info.classes and tuple(classes) != info.classes:
        raise ModelFileError(
            "The model file specifies different class names",
            where=path,
            expected=", ".join(info.classes[:10]),
            received=", ".join(list(classes)[:10]),
        )
