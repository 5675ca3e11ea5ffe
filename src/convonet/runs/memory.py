"""Memory that was not enough: how it is told from other deaths, and what makes a training need less."""

from __future__ import annotations

import sys
from pathlib import Path

from convonet import tasks
from convonet.events import StageStarted, Warned
from convonet.runs.run import Run

_WORDS = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "bad_alloc",
    "could not create a memory object",
    "resource_exhausted",
)


def is_memory_error(error: BaseException) -> bool:
    """Whether an allocation failed: NumPy says so by its type; torch, oneDNN and XLA only in their words."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, (RuntimeError, OSError)) and any(word in str(error).lower() for word in _WORDS)


def memory_kills() -> int:
    """Processes that Linux has ended for want of memory since it started, in any group; elsewhere 0."""
    if sys.platform != "linux":
        return 0
    try:
        # A killed process cannot tell why; only the kernel's counter can.
        lines = Path("/proc/vmstat").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)


def halve_batch(run: Run) -> bool:
    """Make a training whose memory was not enough go on with half the batch; False where that cannot help.

    It can only where the training itself had begun, and a batch has more than one image.
    """
    task = run.task()
    if not isinstance(task, tasks.TrainTask) or task.hyper.batch_size < 2 or not _was_training(run):
        return False
    before, half = task.hyper.batch_size, task.hyper.batch_size // 2
    task = task.changed(hyper=task.hyper.changed(batch_size=half))
    spec = task.to_dict()
    # In the record too, since a resumed or repeated run must have the batch that was trained with.
    run.update(task=spec, params=run.read().params.changed(hyper=spec["hyper"]))
    message = f"Not enough memory for batches of {before} images: continuing with {half}"
    run.events().tell(Warned(message=message, subject="memory"))
    return True


def _was_training(run: Run) -> bool:
    events, _ = run.events().read(0)
    stages = [item.event.stage for item in events if isinstance(item.event, StageStarted)]
    # In any other stage, memory ran out for a reason that a smaller training batch does not change.
    return bool(stages) and stages[-1] in ("train", "fine_tune")
