"""Open a model by its path: a run folder, or a file of one of the kinds that predict."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from convonet.errors import ModelFileError, nearest
from convonet.evaluation.net_evaluation import Predictor
from convonet.events import Warned, Watch
from convonet.inference.onnx_model import OnnxModel
from convonet.params.data_params import Scaling

KERAS_SUFFIXES = (".keras", ".h5", ".hdf5")
ACCEPTED = "a run folder with model.keras or model.onnx, or a .keras, .h5 or .onnx file"


def open_predictor(
    path: Path,
    *,
    scaling: Scaling | None = None,
    classes: Sequence[str] | None = None,
    threads: int | None = None,
    watch: Watch | None = None,
) -> Predictor:
    """The fastest model that `path` holds: ONNX where it was made from this very `.keras`, else Keras.

    Args:
        path: a run folder, or a `.keras`, `.h5` or `.onnx` file.
        scaling: how pixels are scaled for a network made elsewhere whose file does not tell.
        classes: names for a network that holds none.
        threads: of ONNX Runtime; None: its own choice.
        watch: is told why the slower way is taken.

    Raises:
        ModelFileError: nothing there that can be opened, or not safely.
    """
    keras_file, onnx_file = model_files(path)
    if keras_file is None:
        if onnx_file is None:
            raise _nothing(path)
        return OnnxModel.load(onnx_file, threads=threads)
    # What a person says about a model (scaling, names) is said about the Keras file that does not tell it.
    if onnx_file is not None and scaling is None and classes is None:
        found = _matching(onnx_file, keras_file, threads, watch or Watch())
        if found is not None:
            return found
    # Keras takes seconds to load, and most models are answered by their ONNX file.
    from convonet.nets.net_model import NetModel

    return NetModel.load(keras_file, scaling=scaling, classes=classes)


def model_files(path: Path) -> tuple[Path | None, Path | None]:
    """The Keras file and the ONNX file that `path` means, each None where it is not there."""
    keras_file, onnx_file = path / "model.keras", path / "model.onnx"
    if path.suffix.lower() in KERAS_SUFFIXES and path.is_file():
        keras_file, onnx_file = path, path.with_suffix(".onnx")
    elif path.suffix.lower() == ".onnx" and path.is_file():
        return None, path
    return (keras_file if keras_file.is_file() else None), (onnx_file if onnx_file.is_file() else None)


def _matching(onnx_file: Path, keras_file: Path, threads: int | None, watch: Watch) -> OnnxModel | None:
    """The ONNX model if it was made from the Keras file; else None, and the reason is told."""
    try:
        model = OnnxModel.load(onnx_file, threads=threads)
    except ModelFileError as error:
        reason = error.what
    else:
        # A name is no proof: a run folder into which another model was copied still has the old ONNX file.
        if model.info.keras_sha256 == sha256_of(keras_file):
            return model
        reason = f"{onnx_file.name} was not made from {keras_file.name}"
    watch.tell(Warned(message=f"Predicting with Keras, which is slower: {reason}", subject=str(onnx_file)))
    return None


def sha256_of(file: Path) -> str:
    """The hash of a file as 64 hexadecimal digits.

    Raises:
        ModelFileError: it cannot be read.
    """
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        reason = (error.strerror or "reading failed").lower()
        raise ModelFileError(f"The model file cannot be read: {reason}", where=file) from error


def keras_file(path: Path) -> Path:
    """The Keras file at a path, which is the file itself or a run folder.

    Raises:
        ModelFileError: there is none.
    """
    file = path / "model.keras" if path.is_dir() else path
    if not file.is_file():
        raise _nothing(path, "a run folder with model.keras, or a .keras or .h5 file")
    return file


def _nothing(path: Path, accepted: str = ACCEPTED) -> ModelFileError:
    if path.is_dir():
        return ModelFileError("There is no model in this folder", where=path, expected=accepted)
    if path.exists():
        return ModelFileError("This file is not a model", where=path, expected=accepted)
    # A typo is most likely in the name, so its neighbours are offered.
    beside = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    near = nearest(path.name, beside)
    hint = f"Did you mean {near}?" if near else None
    return ModelFileError("There is no such model", where=path, expected=accepted, hint=hint)
