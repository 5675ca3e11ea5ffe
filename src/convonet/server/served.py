"""Networks that answer predictions: opened when they are asked for, the last few kept, checked when files change."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from convonet.errors import ModelFileError
from convonet.inference.onnx_model import OnnxModel
from convonet.runs import Run
from convonet.runs.environment import available_cores
from convonet.server.batching import AnswerOptions, Batcher, best_batch
from convonet.server.metrics import Metrics
from convonet.server.multipart import Upload
from convonet.server.refusals import Refusal
from convonet.server.settings import Limits

_THREADS = 2


class _State(NamedTuple):
    """What changes when a model's files are written anew."""

    keras: tuple[int, int] | None
    onnx: tuple[int, int]


class ServedModels:
    """Answers for the models of runs. Belongs to the event loop."""

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._limits = limits
        self._metrics = metrics
        self._open: OrderedDict[Path, tuple[_State, Batcher]] = OrderedDict()
        self._opening = asyncio.Lock()
        self._executor = ThreadPoolExecutor(_THREADS, thread_name_prefix="predict")
        self._images = 0

    @property
    def waiting(self) -> int:
        """Images that wait for an answer."""
        return self._images

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """End the threads."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    async def answer(
        self, run: Run, uploads: list[Upload], wish: AnswerOptions
    ) -> list[dict[str, Any]] | None:
        """The predictions; None where the run's model can only be opened by keras.

        Raises:
            Refusal: 404 no model, 429 too many images wait.
            ConvonetError: the model cannot be opened, or gives no probabilities.
        """
        if self._images + len(uploads) > self._limits.waiting_images:
            raise Refusal(429, "Too many images are waiting", retry_after=1, hint="Try again in a second")
        self._images += len(uploads)
        try:
            batcher = await self._batcher(run)
            return None if batcher is None else await batcher.answer(uploads, wish)
        finally:
            self._images -= len(uploads)

    async def _batcher(self, run: Run) -> Batcher | None:
        state = _state(run)
        if state is None:
            return None
        known = self._open.get(run.path)
        if known is None or known[0] != state:
            async with self._opening:
                known = self._open.get(run.path)
                if known is None or known[0] != state:
                    model = await asyncio.to_thread(_opened, run)
                    if model is None:
                        return None
                    most = self._limits.batch
                    batch = await asyncio.to_thread(best_batch, model, most)
                    known = state, Batcher(model, batch, self._executor, self._metrics, self._limits)
                    self._open[run.path] = known
                    while len(self._open) > self._limits.models:
                        self._open.popitem(last=False)
        self._open.move_to_end(run.path)
        return known[1]


def _state(run: Run) -> _State | None:
    """The files as they are now; None where there is no ONNX file."""
    keras, onnx = _stat(run.file("model.keras")), _stat(run.file("model.onnx"))
    if keras is None and onnx is None:
        raise Refusal(
            404,
            "This run has no model",
            where=run.id,
            hint="Only a training leaves one, once its first batch is done",
        )
    return None if onnx is None else _State(keras, onnx)


def _stat(file: Path) -> tuple[int, int] | None:
    try:
        info = os.stat(file)
    except OSError:
        return None
    return info.st_mtime_ns, info.st_size


def _opened(run: Run) -> OnnxModel | None:
    """The ONNX model if it was made from the run's `.keras` file and is sound."""
    try:
        model = OnnxModel.load(run.file("model.onnx"), threads=available_cores())
        keras = run.file("model.keras")
        if keras.is_file():
            with keras.open("rb") as content:
                if hashlib.file_digest(content, "sha256").hexdigest() != model.info.keras_sha256:
                    return None
    except (ModelFileError, OSError):
        if run.file("model.keras").is_file():
            return None
        raise
    return model
