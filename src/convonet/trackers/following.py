"""The trackers of a run while its job is running."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from convonet.errors import ConvonetError, InputError
from convonet.events import Event, Warned, Watch
from convonet.runs import Run
from convonet.trackers import create_tracker
from convonet.trackers.addresses import addresses_of
from convonet.trackers.base import Tracker


@contextmanager
def tracked(run: Run, watch: Watch) -> Iterator[Watch]:
    """A watch that also passes events to the run's trackers.

    Raises:
        InputError: a tracker cannot be reached. Later failures are only warnings, because the job does not depend on
            trackers.
    """
    with ExitStack() as stack:
        for address in addresses_of(run):
            tracker = create_tracker(address)
            stack.enter_context(_begun(tracker, run, address))
            watch = watch.also(_Telling(tracker, address, watch))
        yield watch


@contextmanager
def _begun(tracker: Tracker, run: Run, address: str) -> Iterator[None]:
    following = tracker.following(run)
    try:
        following.__enter__()
    except ConvonetError:
        raise
    except Exception as error:
        raise InputError("The tracker cannot be used", where=address, reason=str(error)[:300]) from error
    with ExitStack() as stack:
        stack.push(following)
        yield


class _Telling:
    """Passes events to one tracker until it fails."""

    def __init__(self, tracker: Tracker, address: str, watch: Watch) -> None:
        self._tracker, self._address, self._watch, self._failed = tracker, address, watch, False

    def __call__(self, event: Event) -> None:
        if self._failed:
            return
        try:
            self._tracker(event)
        except Exception as error:  # noqa: BLE001  whatever another package raises
            self._failed = True
            message = f"Tracking to {self._address} has ended: {str(error)[:300]}"
            self._watch.tell(Warned(message=message, subject="track"))
