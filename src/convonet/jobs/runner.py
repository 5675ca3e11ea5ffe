"""Takes up a run: holds its lock, keeps its state true, and maps what happens to an end."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

from convonet.atomic import is_no_room, no_room
from convonet.errors import Cancelled, ConvonetError, OutOfMemoryError, StorageError
from convonet.events import Event, RunEnded, RunStarted, RunState, Watch
from convonet.packages import missing_package
from convonet.runs import Run
from convonet.runs.memory import is_memory_error
from convonet.runs.run import now
from convonet.user_code import UserCodeError, user_code

Job = Callable[[Run, Watch], None]


def execute(
    run: Run,
    job: Job,
    *,
    process: int,
    should_stop: Callable[[], bool] | None = None,
    interrupted: Callable[[], bool] = lambda: False,
    listen: Callable[[Event], None] | None = None,
) -> RunState:
    """Do a run's job in this process and give the state it ended in.

    Args:
        should_stop: asked beside the run's own wish to stop.
        interrupted: whether the stop means that nobody waits any more; the run then stays stored as running,
            which reads as `interrupted` once the lock is free.
        listen: told every event beside the run's log.

    Raises:
        RunAliveError: another process works on the run.
        ConvonetError: the job failed; the run says so.
        UserCodeError: `listen` or a callback raised; the run has failed.
    """
    with run.lock():
        # An attempt that was killed may have left half-written files; nobody else writes while we hold the lock.
        run.sweep()
        started, log = time.monotonic(), run.events()

        def tell(event: Event) -> None:
            log.tell(event)
            if listen is not None:
                # A listener's exception is the person's own, and must not look like a fault of the job.
                with user_code():
                    listen(event)

        def stop() -> bool:
            return (should_stop is not None and should_stop()) or run.cancel_requested()

        record = run.read()
        before = record.seconds
        attempt = record.attempt + 1
        run.update(
            state=RunState.RUNNING,
            process=process,
            attempt=attempt,
            # The run began with its first attempt.
            started=record.started or now(),
            error=None,
        )
        tell(RunStarted(kind=record.kind, process=process, attempt=attempt))

        def end(state: RunState, error: ConvonetError | None = None) -> None:
            # Work is counted over all attempts.
            seconds = before + time.monotonic() - started
            said = error.to_dict() if error else None
            run.update(state=state, ended=now(), seconds=seconds, error=said)
            tell(RunEnded(state=state, seconds=seconds, error=said))

        try:
            job(run, Watch(tell, stop))
        except Cancelled:
            if interrupted():
                # Nothing is written: the state stays running, which without its lock reads as interrupted.
                return RunState.INTERRUPTED
            end(RunState.CANCELLED)
            return RunState.CANCELLED
        except UserCodeError as error:
            _end_failed(end, error.told())
            raise
        except ConvonetError as error:
            _end_failed(end, error)
            raise
        except Exception as error:
            failed = _reason(run, error)
            _end_failed(end, failed)
            raise failed from error
        end(RunState.DONE)
        return RunState.DONE


def _end_failed(end: Callable[[RunState, ConvonetError], Any], error: ConvonetError) -> None:
    """Record the failure; on a full disk even that may fail, and then the first reason counts."""
    try:
        end(RunState.FAILED, error)
    except StorageError:
        return


def _reason(run: Run, error: Exception) -> ConvonetError:
    if is_no_room(error):
        return no_room(run.path)
    if is_memory_error(error):
        return _out_of_memory()
    return missing_package(error) or _unexpected(error)


def _out_of_memory() -> ConvonetError:
    return OutOfMemoryError("Not enough memory", hint="Use a smaller batch size, image size or network")


def _unexpected(error: Exception) -> ConvonetError:
    """A fault of the software itself: said in one sentence, with the place for a report."""
    # The last frame of ours is where a report should begin; libraries lie below it.
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "convonet" in frame.filename]
    place = (
        f"{frames[-1].filename.rsplit('convonet', 1)[-1].lstrip('/')}:{frames[-1].lineno}" if frames else None
    )
    return ConvonetError(
        f"Unexpected error: {type(error).__name__}: {error}"[:500],
        where=place,
        hint="The run's worker.log has the details; finished work is kept",
    )
