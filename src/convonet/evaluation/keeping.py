"""Threshold, positive class and temperature written into a model that exists already.

The weights are not touched: in the `.keras` file the member with the description is replaced. The ONNX file
beside it gets the same threshold and the new file's hash; for another temperature it is exported again, since
a temperature stands in its graph.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from convonet.atomic import replacing
from convonet.errors import ModelFileError
from convonet.evaluation.choosing import Chosen, cooled_info
from convonet.evaluation.models import model_files, sha256_of
from convonet.events import FileSaved, Watch
from convonet.inference.model_info import MEMBER, ModelInfo
from convonet.inference.onnx_model import OnnxModel


def keep(path: Path, chosen: Chosen, watch: Watch | None = None) -> ModelInfo:
    """Write what was chosen into the model at `path`, a run folder or a file that Convonet made.

    An ONNX file that was not made from this very `.keras` file is left as it is.

    Returns:
        What the model says of itself from now on.

    Raises:
        ModelFileError: not made by Convonet, or an ONNX file alone where a temperature is to be kept.
        OutputError: the place cannot be written to.
        StorageError: the disk is full.
    """
    watch = watch or Watch()
    keras_file, onnx_file = model_files(path)
    if keras_file is None or keras_file.suffix != ".keras":
        raise ModelFileError(
            "A threshold or a temperature can be saved only in a .keras file made by Convonet",
            where=path,
            hint="To use them for this evaluation only, do not save them in the model",
        )
    # Before the file is changed: the hash tells whether the ONNX file was made from it.
    old_hash = sha256_of(keras_file)
    info = _changed(_described(keras_file), chosen)
    _replace_description(keras_file, info)
    watch.tell(FileSaved(path=str(keras_file), title="Model"))
    if onnx_file is not None and _made_from(onnx_file, old_hash):
        # A threshold stands in the metadata alone, so the graph need not be made again.
        if chosen.temperature == 1:
            _retag(onnx_file, info, sha256_of(keras_file))
        else:
            _export_again(keras_file, onnx_file)
        watch.tell(FileSaved(path=str(onnx_file), title="ONNX model"))
    return info


def _changed(info: ModelInfo, chosen: Chosen) -> ModelInfo:
    # Temperatures multiply: the new one was fitted on probabilities that the old one had cooled.
    info = cooled_info(info, chosen.temperature).changed(temperature=info.temperature * chosen.temperature)
    if chosen.threshold is None:
        return info
    return info.changed(threshold=chosen.threshold, positive=chosen.positive)


def _described(keras_file: Path) -> ModelInfo:
    try:
        with zipfile.ZipFile(keras_file) as archive:
            return ModelInfo.from_json(archive.read(MEMBER).decode("utf-8"), keras_file)
    except (zipfile.BadZipFile, KeyError, OSError, UnicodeDecodeError) as error:
        raise ModelFileError(
            "The threshold and the temperature cannot be saved in this file: it has no Convonet metadata, so it "
            "was not made by Convonet, or it is damaged",
            where=keras_file,
            expected=f"a .keras file with the member {MEMBER}",
        ) from error


def _replace_description(keras_file: Path, info: ModelInfo) -> None:
    with (
        replacing(keras_file) as temporary,
        zipfile.ZipFile(keras_file) as old,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            # A zip archive cannot replace a member in place; appending would leave two of one name, which is refused.
            if member.filename != MEMBER:
                new.writestr(member, old.read(member))
        new.writestr(MEMBER, info.to_json())


def _made_from(onnx_file: Path, keras_sha256: str) -> bool:
    try:
        return OnnxModel.load(onnx_file, threads=1).info.keras_sha256 == keras_sha256
    except ModelFileError:
        return False


def _retag(onnx_file: Path, info: ModelInfo, keras_sha256: str) -> None:
    # Keras takes seconds to load; who only predicts needs neither it nor onnx.
    from convonet.nets.onnx_metadata import describe_file

    own = OnnxModel.load(onnx_file, threads=1, check=False).info
    described = own.changed(
        threshold=info.threshold, positive=info.positive, unknown=info.unknown, keras_sha256=keras_sha256
    )
    describe_file(onnx_file, described)


def _export_again(keras_file: Path, onnx_file: Path) -> None:
    # Keras takes seconds to load; what is wrong is told before anybody waits for it.
    from convonet.nets.export import MADE_UP, export_onnx
    from convonet.nets.net_model import NetModel

    # The same images as before: none may be at hand where the model is calibrated.
    golden = OnnxModel.load(onnx_file, threads=1, check=False).golden
    export_onnx(
        NetModel.load(keras_file),
        onnx_file,
        samples=golden.images if golden else None,
        source=golden.source if golden else MADE_UP,
        keras_sha256=sha256_of(keras_file),
    )
