"""An ONNX model in a process of its own: `python -m convonet.inference.serving FILE THREADS`.

It opens the file within bounds, tells what the model says of itself, and then answers images that come over standard
input until that closes. Whatever a file does to the runtime, its owner lives on and can end this process.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from convonet.errors import ConvonetError
from convonet.inference.onnx_model import OnnxModel
from convonet.own_process import be_expendable, opening_limits

REQUEST = struct.Struct("<II")
"""Before images: how many, and how many are computed at once."""
REPLY = struct.Struct("<BQ")
"""Before an answer: 0 for probabilities or a description, 1 for an error as JSON; and its bytes."""

_POLL_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """Serve one file until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a key in the terminal is the owner's business
    be_expendable()
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    path, threads = Path(arguments[0]), int(arguments[1])
    size = path.stat().st_size if path.is_file() else 0  # later it may be gone
    requests, replies = sys.stdin.buffer, sys.stdout.buffer
    try:
        model = OnnxModel.load(path, threads=threads)
    except ConvonetError as error:
        _reply(replies, error)
        return error.exit_code
    _reply(replies, model.info.to_json().encode())
    while head := requests.read(REQUEST.size):
        count, batch = REQUEST.unpack(head)
        shape = (count, *model.info.pixels.shape)
        images = np.frombuffer(requests.read(int(np.prod(shape))), np.uint8).reshape(shape)
        # Running takes memory too: a graph may ask for maps that its file gives no hint of.
        with opening_limits(size):
            answer = _answer(model, images, batch)
        _reply(replies, answer)
    return 0


def _end_with(owner: int) -> None:
    """End when the owner has, also in the middle of a computation."""
    # An orphan gets another parent. Closing standard input is no sign while a computation runs.
    while os.getppid() == owner:
        time.sleep(_POLL_SECONDS)
    os._exit(1)


def _answer(model: OnnxModel, images: Any, batch: int) -> bytes | ConvonetError:
    try:
        scored = model.predict_scored(images, batch_size=batch)
        parts = [scored.probabilities] + ([] if scored.unknown is None else [scored.unknown[:, None]])
        return np.concatenate(parts, axis=1).tobytes()
    except ConvonetError as error:
        return error
    except (RuntimeError, ValueError, MemoryError) as error:
        return ConvonetError("The network cannot be run", reason=str(error)[:200])


def _reply(replies: BinaryIO, answer: bytes | ConvonetError) -> None:
    failed = isinstance(answer, ConvonetError)
    content = json.dumps(answer.to_dict()).encode() if isinstance(answer, ConvonetError) else answer
    replies.write(REPLY.pack(failed, len(content)) + content)
    replies.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
