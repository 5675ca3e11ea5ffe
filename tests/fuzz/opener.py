"""A process that opens one file after another: `python opener.py models|images`.

It reads a path a line and tells a JSON object a line.

What it tells: `opened`, `refused` with the sentence, or `traceback` with it; and the most memory it has had.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import numpy as np

from convonet.errors import ConvonetError, DataError, ModelFileError
from convonet.own_process import be_expendable


def open_model(path: Path) -> None:
    """As a prediction does, with one image at the end."""
    from convonet.evaluation.models import open_predictor
    from convonet.session.opened import open_model as look

    look(path)
    predictor = open_predictor(path, scaling=None if path.suffix == ".onnx" else "unit", threads=1)
    try:
        predictor.predict(np.zeros((1, *predictor.info.pixels.shape), np.uint8))
    except ConvonetError:
        return


def open_image(path: Path) -> None:
    """As the preparation of a training does."""
    from convonet.data.decode import decode, read_bytes
    from convonet.params.data_params import PixelParams

    decode(read_bytes(path), PixelParams(32, 32, 3))


def most_memory() -> int:
    """Bytes that this process has had at most."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    if os.path.exists("/proc/self/status"):
        # On Linux, what getrusage tells of a child begins with what its parent held when it was made.
        with open("/proc/self/status", encoding="ascii") as status:
            return 1024 * next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main(kind: str) -> None:
    be_expendable()
    work: Callable[[Path], None] = {"models": open_model, "images": open_image}[kind]
    told = sys.stdout
    sys.stdout = sys.stderr
    for line in sys.stdin:
        try:
            work(Path(line.rstrip("\n")))
            answer = {"outcome": "opened", "text": ""}
        except (ModelFileError, DataError) as error:
            answer = {"outcome": "refused", "text": str(error)}
        except Exception:  # noqa: BLE001 - any other is what is looked for
            answer = {"outcome": "traceback", "text": traceback.format_exc()}
        told.write(json.dumps(answer | {"memory": most_memory()}) + "\n")
        told.flush()


if __name__ == "__main__":
    main(sys.argv[1])
