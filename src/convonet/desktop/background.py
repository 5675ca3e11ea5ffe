"""Functions that take long, in threads of a pool; their results come back into the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal, Slot

from convonet.errors import Cancelled, ConvonetError
from convonet.events import Event, Watch

T = TypeVar("T")


class _Post(QObject):
    """Carries a thread's result to the window's thread."""

    done = Signal(object)
    failed = Signal(object)
    told = Signal(object)


class _Call(QRunnable, Generic[T]):
    def __init__(self, function: Callable[[Watch], T], post: _Post, should_stop: Callable[[], bool]) -> None:
        super().__init__()
        self._function, self._post = function, post
        self._watch = Watch(self._tell, should_stop)

    def _tell(self, event: Event) -> None:
        self._post.told.emit(event)

    def run(self) -> None:
        try:
            # The call may have been replaced while it waited for a thread.
            self._watch.check()
            result = self._function(self._watch)
        except Cancelled:
            # Even an end that nobody wants to hear of is sent, since only then is the post dropped.
            self._post.failed.emit(None)
        except ConvonetError as error:
            self._post.failed.emit(error)
        else:
            self._post.done.emit(result)


def _is_alive(callback: Callable[..., object]) -> bool:
    """Whether the page or dialog that a callback belongs to, or whose it has in hand, was not destroyed meanwhile."""
    cells = getattr(callback, "__closure__", None) or ()
    held = [getattr(callback, "__self__", None), *(cell.cell_contents for cell in cells)]
    # The Python half of a widget outlives its C++ half, and to use it then raises a RuntimeError.
    return all(shiboken6.isValid(each) for each in held if isinstance(each, QObject))


class Background(QObject):
    """Runs functions one after the other or side by side; a newer call of the same name replaces the older.

    Args:
        threads: at most so many at once.
    """

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        self._stops: dict[str, threading.Event] = {}
        self._posts: set[_Post] = set()

    def call(
        self,
        name: str,
        function: Callable[[Watch], T],
        done: Callable[[T], None],
        failed: Callable[[ConvonetError], None] | None = None,
        told: Callable[[Event], None] | None = None,
    ) -> None:
        """Do `function` in a thread, then `done` with its result or `failed` with its error in this one."""
        self.cancel(name)
        stop = self._stops[name] = threading.Event()
        post = _Post()
        # The runnable goes as soon as it has run; the post must live until its queued signal is delivered.
        self._posts.add(post)

        @Slot(object)
        def finish(result: T) -> None:
            self._posts.discard(post)
            if not stop.is_set() and _is_alive(done):
                done(result)

        @Slot(object)
        def fail(error: ConvonetError | None) -> None:
            self._posts.discard(post)
            if error is not None and failed is not None and not stop.is_set() and _is_alive(failed):
                failed(error)

        # The signals come from a thread of the pool, and what they call touches widgets.
        post.done.connect(finish, Qt.ConnectionType.QueuedConnection)
        post.failed.connect(fail, Qt.ConnectionType.QueuedConnection)
        if told is not None:
            tell = told

            @Slot(object)
            def hear(event: Event) -> None:
                if _is_alive(tell):
                    tell(event)

            post.told.connect(hear, Qt.ConnectionType.QueuedConnection)
        self._pool.start(_Call(function, post, stop.is_set))

    def cancel(self, name: str) -> None:
        """Ask the call of that name to stop; its result is not told."""
        if name in self._stops:
            self._stops.pop(name).set()

    def is_busy(self) -> bool:
        """Whether something is under way or about to be told."""
        return bool(self._posts)

    def close(self) -> None:
        """Stop everything and wait for the threads."""
        for name in list(self._stops):
            self.cancel(name)
        self._pool.clear()
        self._pool.waitForDone()
