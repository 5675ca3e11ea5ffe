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
from convonet.inference.golden import Golden, largest_difference
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_file import GOLDEN_PROPERTY, PROPERTY, info_of, read_content, read_text
from convonet.inference.probabilities import to_probabilities
from convonet.inference.unknown import SCORE_OUTPUT, Scored
from convonet.own_process import opening_limits
from convonet.text import counted

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


__all__ = ["GOLDEN_PROPERTY", "PROPERTY", "OnnxModel"]


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
        content = read_content(path)
        text = read_text(content, path)
        info = info_of(text, path)
        with opening_limits(len(content)):
            session = _session(content, threads, path)
            _check_ends(session, info, path)
            golden = text.properties.get(GOLDEN_PROPERTY)
            model = cls(session, info, Golden.from_text(golden, path) if golden is not None else None)
            if check:
                model._check_golden(path)
        return model

    def _check_golden(self, path: Path) -> None:
        if self.golden is None:
            return

        def refusal(expected: str, received: str) -> ModelFileError:
            return ModelFileError(
                "The ONNX file no longer gives the predictions recorded at export",
                where=path,
                expected=expected,
                received=received,
                hint="Export it again from its .keras file, or update ONNX Runtime",
            )

        try:
            answers = self.predict(self.golden.images)
        except (DataError, *_REFUSALS) as error:
            raise refusal("the size and layers at export", str(error)[:200]) from error
        largest_difference(self.golden.probabilities, answers, self.golden.tolerance, refusal)

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

    def predict_scored(
        self, images: NDArray[np.uint8], *, batch_size: int | None = None, watch: Watch | None = None
    ) -> Scored:
        """Probabilities, and the score of images of no known class where the file gives one; as `predict`."""
        check_images(images, self.info.pixels.shape)
        rows = predict_in_batches(images, self._rows, batch_size, watch or Watch())
        return Scored.of_rows(rows, self.info.unknown is not None)

    def _probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        return Scored.of_rows(self._rows(images), self.info.unknown is not None).probabilities

    def _rows(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        raw, *scores = self._session.run(None, {self._input: images.astype(np.float32)})
        made = to_probabilities(raw, self.info.output, self.info.temperature)
        return np.column_stack([made, scores[0]]) if self.info.unknown is not None else made


def _check_ends(session: onnxruntime.InferenceSession, info: ModelInfo, path: Path) -> None:
    """The network takes one batch of the described images and gives one row of answers for each."""
    takes, gives = session.get_inputs(), session.get_outputs()
    shapes = [list(end.shape or []) for end in (*takes, *gives)]
    count = 1 if info.output.startswith("sigmoid") else len(info.classes)
    names = [end.name for end in gives[1:]]
    scored = names == ([SCORE_OUTPUT] if info.unknown is not None else [])
    if len(takes) == 1 and scored and {end.type for end in (*takes, *gives)} == {"tensor(float)"}:
        sizes_fit = shapes[0][1:] == list(info.pixels.shape) and len(shapes[1]) == 2
        if sizes_fit and (isinstance(shapes[1][1], str | None) or not info.classes or shapes[1][1] == count):
            return
    ends = f"{counted(len(takes), 'input')} and {counted(len(gives), 'output')}"
    raise ModelFileError(
        "The description in the ONNX file does not match its network",
        where=path,
        expected=f"one input of images {info.pixels.shape}, one output of {count}"
        + (f", and {SCORE_OUTPUT}" if info.unknown is not None else ""),
        received=f"{ends}: {', '.join(map(str, shapes))}"[:200],
    )


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
            "The file is not an ONNX model, or it is damaged",
            where=path,
            reason=str(error).splitlines()[0][:200],
        ) from error
