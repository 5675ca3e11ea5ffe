"""Prediction with ONNX Runtime and numpy alone: no keras, no torch."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as runtime

from convonet.errors import DataError, ModelFileError
from convonet.events import Watch
from convonet.inference.batches import check_images, predict_in_batches
from convonet.inference.golden import LOAD_TOLERANCE, Golden, largest_difference
from convonet.inference.model_info import ModelInfo
from convonet.inference.probabilities import to_probabilities

PROPERTY = "convonet"
"""The metadata property of an ONNX file that holds the ModelInfo."""
GOLDEN_PROPERTY = "convonet_golden"
"""The property with the golden samples; files of older versions have none."""

# ONNX Runtime's errors have no common class of their own.
_REFUSALS = (
    runtime.Fail,
    runtime.InvalidArgument,
    runtime.InvalidGraph,
    runtime.InvalidProtobuf,
    runtime.NoSuchFile,
    runtime.NotImplemented,
    runtime.RuntimeException,
    RuntimeError,
    ValueError,
)
_MAX_BYTES = 2**31 - 1  # protobuf's own limit for one file


class OnnxModel:
    """A network in an ONNX file that Convonet exported.

    Attributes:
        info: what the model says of itself.
        golden: images and the answers it was exported with; None in files of older versions.
    """

    def __init__(
        self, session: onnxruntime.InferenceSession, info: ModelInfo, golden: Golden | None = None
    ) -> None:
        self._session = session
        self._input = session.get_inputs()[0].name
        self.info = info
        self.golden = golden

    @classmethod
    def load(
        cls, path: str | os.PathLike[str], *, threads: int | None = None, check: bool = True
    ) -> OnnxModel:
        """Open a file, and see that it gives the answers that it was exported with.

        The network is read from memory, so nothing beside the file is ever opened.

        Args:
            path: the `.onnx` file.
            threads: threads that compute, all processors when None.
            check: compare with the golden samples.

        Raises:
            ModelFileError: no such file, not ONNX, not exported by Convonet, or it gives other answers than then.
        """
        path = Path(path)
        session = _session(_content(path), threads, path)
        try:
            metadata = session.get_modelmeta().custom_metadata_map
        except UnicodeDecodeError as error:
            raise ModelFileError("The ONNX file's description is damaged", where=path) from error
        if PROPERTY not in metadata:
            raise ModelFileError(
                "This ONNX file says nothing of its classes and pixels",
                where=path,
                expected=f"a file that Convonet exported, with the property {PROPERTY}",
                hint="Open the .keras file that it was made from, and export it",
            )
        golden = Golden.from_text(metadata[GOLDEN_PROPERTY], path) if GOLDEN_PROPERTY in metadata else None
        model = cls(session, ModelInfo.from_json(metadata[PROPERTY], path), golden)
        if check:
            model._check_golden(path)
        return model

    def _check_golden(self, path: Path) -> None:
        if self.golden is None:
            return

        def refusal(expected: str, received: str) -> ModelFileError:
            return ModelFileError(
                "The ONNX file no longer gives the answers that it was exported with",
                where=path,
                expected=expected,
                received=received,
                hint="Export it again from its .keras file, or update ONNX Runtime",
            )

        try:
            answers = self.predict(self.golden.images)
        except (DataError, *_REFUSALS) as error:
            raise refusal("the size and layers that it was exported with", str(error)[:200]) from error
        largest_difference(self.golden.probabilities, answers, LOAD_TOLERANCE, refusal)

    def predict(
        self, images: NDArray[np.uint8], *, batch_size: int | None = None, watch: Watch | None = None
    ) -> NDArray[np.float32]:
        """Probabilities of shape (N, classes).

        Args:
            images: (N, height, width, channels), 0..255, as `info.pixels` says.
            batch_size: images computed at once; None: as many as suit their size.
            watch: asked between batches.

        Raises:
            DataError: images of another shape or type.
            Cancelled: the person asked to stop.
        """
        check_images(images, self.info.pixels.shape)
        return predict_in_batches(images, self._probabilities, batch_size, watch or Watch())

    def _probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        (raw,) = self._session.run(None, {self._input: images.astype(np.float32)})
        return to_probabilities(raw, self.info.output, self.info.temperature)


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ModelFileError(
                "The file is too large for an ONNX model", where=path, expected="at most 2 GiB"
            )
        return path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "reading failed").lower()
        raise ModelFileError(f"The model file cannot be read: {reason}", where=path) from error


def _session(content: bytes, threads: int | None, path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # Weights in a second file would be looked for in the folder that the program happens to stand in.
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", os.devnull)
    # Threads that wait by spinning take the processor from others: beside a busy process that is several times slower.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if threads is not None:
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except _REFUSALS as error:
        raise ModelFileError(
            "The file is no ONNX model, or it is damaged",
            where=path,
            received=str(error).splitlines()[0][:200],
        ) from error
