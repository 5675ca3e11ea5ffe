"""A model that the server answers with: it lives in a process of its own, which is ended when it takes too long."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ConvonetError, ModelFileError, WorkerError, error_from_dict
from convonet.inference.model_info import ModelInfo
from convonet.inference.serving import REPLY, REQUEST
from convonet.inference.unknown import Scored
from convonet.own_process import OPENING_SECONDS, child_environment, neutral_folder, python_words

_MODULE = "convonet.inference.serving"
_CLOSE_SECONDS = 1.0
ANSWER_SECONDS = OPENING_SECONDS


class ModelProcess:
    """An ONNX model by its file. Its methods may be called from any thread, one at a time.

    Attributes:
        info: what the model says of itself.

    Args:
        seconds: how long opening, and each answer, may take; None: `ANSWER_SECONDS`.

    Raises:
        ModelFileError: the file cannot be opened, or not in that time.
    """

    def __init__(self, path: Path, threads: int, seconds: float | None = None) -> None:
        self._path, self._seconds = path, seconds or ANSWER_SECONDS
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            python_words("-m", _MODULE, str(path.absolute()), str(threads)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # ONNX Runtime writes warnings there; a pipe that nobody reads would fill and stop it.
            stderr=subprocess.DEVNULL,
            cwd=neutral_folder(),
            env=child_environment(),
            # Ctrl-C in the terminal is meant for the server, which ends its models itself.
            start_new_session=True,
        )
        try:
            self.info = ModelInfo.from_json(self._told().decode(), path)
        except BaseException:
            self.close()
            raise

    def __del__(self) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether it can still answer."""
        return self._process.poll() is None

    @property
    def process(self) -> int:
        """The process's number."""
        return self._process.pid

    def predict(self, images: NDArray[np.uint8], *, batch_size: int) -> NDArray[np.float32]:
        """Probabilities of shape (N, classes); images and errors as of `predict_scored`."""
        return self.predict_scored(images, batch_size=batch_size).probabilities

    def predict_scored(self, images: NDArray[np.uint8], *, batch_size: int) -> Scored:
        """What `OnnxModel.predict_scored` gives.

        Raises:
            ConvonetError: the network cannot compute, takes too long, or its process has ended.
        """
        with self._lock:
            try:
                stdin = _pipe(self._process.stdin)
                stdin.write(REQUEST.pack(len(images), batch_size))
                # The bytes as they lie in memory: no copy, and nothing to parse on the other side.
                stdin.write(np.ascontiguousarray(images).data)
                stdin.flush()
            except (OSError, ValueError) as error:
                raise self._ended() from error
            content = self._told()
        rows = np.frombuffer(content, np.float32).reshape(len(images), -1)
        return Scored.of_rows(rows, self.info.unknown is not None)

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was still to be written has no reader any more
                    continue

    def _told(self) -> bytes:
        """The next answer. A timer ends a process that gives none: reading then comes to its end."""
        # A read of a pipe has no timeout, but it ends when the other side does.
        timer = threading.Timer(self._seconds, self._process.kill)
        timer.daemon = True
        timer.start()
        try:
            stdout = _pipe(self._process.stdout)
            head = stdout.read(REPLY.size)
            if len(head) < REPLY.size:
                raise self._ended()
            failed, size = REPLY.unpack(head)
            content = stdout.read(size)
            if len(content) < size:
                raise self._ended()
        finally:
            timer.cancel()
        if failed:
            error = error_from_dict(json.loads(content))
            # Clients know the model by its name; where its file lies is the server's business.
            error.where = self._path.name
            raise error
        return content

    def _ended(self) -> ConvonetError:
        try:
            # An empty read may come shortly before the process has ended.
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            return WorkerError("The model's process is not responding", where=self._path.name)
        return ModelFileError(
            f"The model exceeded its time limit of {self._seconds:g} seconds or its memory limit, so it was stopped",
            where=self._path.name,
            hint="Export it again from its .keras file",
        )


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise OSError("no pipe")
    return pipe
