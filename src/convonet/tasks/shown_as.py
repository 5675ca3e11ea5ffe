"""What was clicked, as the command or the Python that does the same."""

from __future__ import annotations

import os
import shlex
import subprocess

from convonet.tasks import Task
from convonet.tasks.command_words import WORDS, several
from convonet.tasks.python_lines import LINES

__all__ = ["as_command", "as_python", "command_words", "quoted", "several", "words_of"]


def command_words(task: Task) -> list[str]:
    """The words of the command line that does this task.

    Raises:
        KeyError: there is no command for such a task.
    """
    return ["convonet", *WORDS[task.kind](task)]


def words_of(task: Task) -> list[str]:
    """The words of the command line that does this task; none where there is no command."""
    return command_words(task) if task.kind in WORDS else []


def as_command(task: Task) -> str:
    """The command, quoted for a shell of this machine."""
    return quoted(command_words(task))


def quoted(words: list[str]) -> str:
    """A command line of these words, quoted for a shell of this machine."""
    # shlex quotes for POSIX shells only.
    if os.name == "nt":
        return subprocess.list2cmdline(words)
    return shlex.join(words)


def as_python(task: Task) -> str:
    """A few lines of Python that do the same."""
    return "import convonet\n\n" + LINES[task.kind](task)
