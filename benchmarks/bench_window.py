"""The window: how soon it is there, its memory, how late its timers are while a network learns, how soon it stops.

`python benchmarks/bench_window.py`
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from compiled import as_installed

_ROUNDS = 5
_SECONDS = 20.0
_WARM_SECONDS = 12.0
_TICK_MS = 10
_BARE = """
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
"""
_OURS = """
from PySide6.QtWidgets import QApplication
from convonet.desktop.app import open_window
from convonet.desktop.window_state import WindowState
from convonet.desktop.style import apply_look
app = QApplication([])
apply_look(app, "light")
window = open_window(WindowState.load())
"""
_TAIL = """
window.resize(1280, 800)
window.show()
app.processEvents()
window.grab()
import os, time, psutil
process = psutil.Process()
print(time.time() - process.create_time(), process.memory_info().rss / 1e6, flush=True)
os._exit(0)
"""


def opened(code: str) -> tuple[float, float]:
    """Seconds until the window is painted, and the process's megabytes."""
    done = subprocess.run([sys.executable, "-c", code + _TAIL], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, done.stdout.split()[-2:])
    return seconds, megabytes


class Ticks:
    """How late a timer of 10 ms comes, in milliseconds."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self.late: list[float] = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._last = time.perf_counter()
        self._timer.start(_TICK_MS)

    def _tick(self) -> None:
        now = time.perf_counter()
        self.late.append(max(1000 * (now - self._last) - _TICK_MS, 0.0))
        self._last = now

    def stop(self) -> float:
        """End it; the 99th percentile."""
        self._timer.stop()
        return statistics.quantiles(self.late, n=100, method="inclusive")[98]


def loops(app: Any, until: Any, seconds: float = 300.0) -> None:
    """Let the event loop run until something is true, or so long."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    end = time.monotonic() + seconds
    look = QTimer()
    look.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > end else None)
    look.start(20)
    loop.exec()
    look.stop()


def responsiveness() -> None:
    """A training with the window watching it, then an empty loop beside the same training."""
    from PySide6.QtWidgets import QApplication

    from convonet.desktop.app import open_window
    from convonet.desktop.style import apply_look
    from convonet.desktop.window_state import WindowState

    app = QApplication([])
    apply_look(app, "light")
    window = open_window(WindowState(), restore=False)
    session, progress = window.controller.session, lambda: window.controller.progress
    window.show()
    window.controller.actions["demo"].trigger()
    loops(app, lambda: session.work is not None)
    session.stop()
    loops(app, lambda: session.work is None)
    session.params.set_space(session.params.space.changed({"epochs": [1000]}))
    session.backend.warm()
    loops(app, lambda: False, _WARM_SECONDS)
    asked = time.perf_counter()
    window.controller.actions["train_val"].trigger()
    loops(app, lambda: progress().batch is not None)
    print(f"first batch seen {time.perf_counter() - asked:.2f} s after the click, a worker being warm")
    loops(app, lambda: progress().epochs_done >= 1)
    ticks = Ticks()
    loops(app, lambda: False, _SECONDS)
    watching = ticks.stop()
    window.hide()
    window.controller._poll.stop()
    ticks = Ticks()
    loops(app, lambda: False, _SECONDS)
    empty = ticks.stop()
    window.controller._poll.start()
    window.show()
    # It first reads what happened while nobody looked.
    loops(app, lambda: False, 3.0)
    asked = time.perf_counter()
    session.stop()
    loops(app, lambda: progress().acknowledged)
    seen = time.perf_counter() - asked
    loops(app, lambda: session.work is None)
    print(
        f"stop seen in the window after {seen:.2f} s, work put away after {time.perf_counter() - asked:.2f} s"
    )
    heavy = [name for name in ("keras", "torch", "jax", "tensorflow") if name in sys.modules]
    import psutil

    print(f"10 ms timer, 99th percentile late: window {watching:.1f} ms, empty loop {empty:.1f} ms")
    print(
        f"memory after a training {psutil.Process().memory_info().rss / 1e6:.0f} MB; loaded: {heavy or 'no keras'}"
    )
    window.close()


def main() -> None:
    """Measure and print."""
    as_installed()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["CONVONET_HOME"] = home
        pairs = [(opened(_OURS), opened(_BARE)) for _ in range(_ROUNDS + 1)][1:]
        ours = statistics.median(one[0] for one, _ in pairs)
        bare = statistics.median(other[0] for _, other in pairs)
        ratio = statistics.median(one[0] / other[0] for one, other in pairs)
        print(f"window painted after {ours:.2f} s, bare window {bare:.2f} s, ratio {ratio:.2f}")
        print(
            f"memory {max(one[1] for one, _ in pairs):.0f} MB, bare {max(other[1] for _, other in pairs):.0f} MB"
        )
        responsiveness()


if __name__ == "__main__":
    main()
