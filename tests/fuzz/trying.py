"""Gives files to a process that opens them, and tells what became of each; a process that hangs is ended."""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HANG_SECONDS = 60.0
MOST_MEMORY = 2 * 2**30


class Opener:
    """The process, started anew when it has ended."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._lines: queue.Queue[str] = queue.Queue()

    def try_file(self, path: Path) -> dict[str, Any]:
        """What became of one file: `opened`, `refused`, `gave up`, `traceback`, `died` or `hung`; and the memory."""
        process = self._process or self._start()
        assert process.stdin is not None
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        try:
            line = self._lines.get(timeout=HANG_SECONDS)
        except queue.Empty:
            self.close()
            return {"outcome": "hung", "text": "", "memory": 0}
        if line:
            found: dict[str, Any] = json.loads(line)
            return found
        code = process.wait()
        self.close()
        gave_up = code == -getattr(signal, "SIGALRM", 0)
        return {"outcome": "gave up" if gave_up else "died", "text": f"exit code {code}", "memory": 0}

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            if self._reader is not None:
                self._reader.join()
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):  # what was still to be written has no reader any more
                    assert pipe is not None
                    pipe.close()

    def _start(self) -> subprocess.Popen[str]:
        command = [sys.executable, str(Path(__file__).with_name("opener.py")), self._kind]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._process, self._lines = process, queue.Queue()
        self._reader = threading.Thread(target=self._read, args=(process, self._lines), daemon=True)
        self._reader.start()
        return process

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")


def tried(kind: str, files: Iterable[tuple[str, Path]], keep: Path) -> Counter[str]:
    """Open every file and count the outcomes; those that must not be stay in the folder `keep`.

    Args:
        files: (what was done to it, its path).
    """
    opener, counts, faults = Opener(kind), Counter[str](), []
    try:
        for name, path in files:
            found = opener.try_file(path)
            counts[found["outcome"]] += 1
            if found["outcome"] in ("traceback", "hung", "died") or found["memory"] > MOST_MEMORY:
                path.rename(keep / path.name)
                faults.append(
                    f"{name} ({path.name}, {found['memory'] >> 20} MiB): {found['outcome']} {found['text']}"
                )
            else:
                path.unlink()
            if found["memory"] > MOST_MEMORY:
                opener.close()  # its memory would be that of the next file too
    finally:
        opener.close()
    sys.stderr.write(f"{kind}: {dict(counts)}\n")
    assert not faults, f"{len(faults)} of {counts.total()} files in {keep}:\n" + "\n".join(faults[:10])
    return counts
