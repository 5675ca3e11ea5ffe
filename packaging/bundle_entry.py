"""What the programs of a bundle begin with: the command line, the window, or a worker process."""

from __future__ import annotations

import multiprocessing
import runpy
import sys
from pathlib import Path

WINDOW = "convonet-desktop"


def main() -> None:
    """Do what the first words ask for."""
    # A process of `multiprocessing` is this program again, and does not come back from here.
    multiprocessing.freeze_support()
    from convonet.own_process import AS_PYTHON

    words = sys.argv[1:]
    if words[:1] == [AS_PYTHON]:
        act_as_python(words[1:])
        return
    if Path(sys.executable).stem.lower() == WINDOW:
        # The window's program: a double click has no words, an opened file is one.
        sys.argv[1:] = ["desktop", *words]
    from convonet.cli import main as command_line

    command_line()


def act_as_python(words: list[str]) -> None:
    """Run `-m MODULE WORD …` or `-c CODE WORD …` as Python does."""
    kind, what, *rest = words
    sys.argv = [what if kind == "-m" else "-c", *rest]
    if kind == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
