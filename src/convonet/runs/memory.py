"""Memory that was not enough: how it is told from other deaths, and what makes a training need less."""

from __future__ import annotations

import sys
from pathlib import Path

from convonet import tasks
from convonet.documents.plan import Candidate, Plan
from convonet.events import CandidateEnded, CandidateStarted, StageStarted, Warned
from convonet.runs.run import Run
from convonet.text import counted

NO_MEMORY = "there is not enough memory to train it"
"""Why a candidate of a plan was dropped."""

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


def train_with_less(run: Run) -> bool:
    """Make a training whose memory was not enough need less; False where nothing is left to do without.

    The training goes on with half the batch. Where that cannot help, a plan goes on without the candidate.
    """
    task = run.task()
    if not isinstance(task, tasks.TrainTask):
        return False
    plan = run.read().plan
    candidate = _in_training(run, plan)
    if plan is None or candidate is None:
        return _halve_batch(run, task)
    return _halve_batch_of(run, plan, candidate) or _drop(run, plan, candidate)


def _halve_batch(run: Run, task: tasks.TrainTask) -> bool:
    """It helps only where the training itself had begun, and a batch has more than one image."""
    before, half = task.hyper.batch_size, task.hyper.batch_size // 2
    if not half or not _was_training(run):
        return False
    task = task.changed(hyper=task.hyper.changed(batch_size=half))
    spec = task.to_dict()
    # In the record too, since a resumed or repeated run must have the batch that was trained with.
    run.update(task=spec, params=run.read().params.changed(hyper=spec["hyper"]))
    _warn(run, _halved(before))
    return True


def _halve_batch_of(run: Run, plan: Plan, candidate: Candidate) -> bool:
    """The other candidates keep their batches: they may need less memory."""
    before = candidate.hyper_params().batch_size
    # The head of a frozen backbone is fitted to all features at once.
    if before < 2 or candidate.kind == "frozen" or not _was_training(run):
        return False
    smaller = candidate.changed(hyper={**candidate.hyper, "batch_size": before // 2})
    run.update(plan=plan.with_candidate(smaller))
    _warn(run, f"{candidate.title}: {_halved(before)}")
    return True


def _halved(before: int) -> str:
    return f"not enough memory for batches of {counted(before, 'image')}; continuing with {before // 2}"


def _drop(run: Run, plan: Plan, candidate: Candidate) -> bool:
    dropped = candidate.changed(state="failed", reason=NO_MEMORY)
    run.update(plan=plan.with_candidate(dropped))
    _warn(run, f"{candidate.title}: {NO_MEMORY}, so it is not trained")
    ended = CandidateEnded(name=candidate.name, title=candidate.title, state="failed", reason=NO_MEMORY)
    run.events().tell(ended)
    return True


def _warn(run: Run, message: str) -> None:
    run.events().tell(Warned(message=f"{message[0].upper()}{message[1:]}", subject="memory"))


def _in_training(run: Run, plan: Plan | None) -> Candidate | None:
    """The candidate that the run was about to train, as its events tell."""
    waiting = {one.name: one for one in plan.candidates if one.state == "waiting"} if plan is not None else {}
    events, _ = run.events().read(0)
    started = [item.event.name for item in events if isinstance(item.event, CandidateStarted)]
    return waiting.get(started[-1]) if started else None


def _was_training(run: Run) -> bool:
    events, _ = run.events().read(0)
    stages = [item.event.stage for item in events if isinstance(item.event, StageStarted)]
    # In any other stage, memory ran out for a reason that a smaller training batch does not change.
    return bool(stages) and stages[-1] in ("train", "fine_tune", "speed")
