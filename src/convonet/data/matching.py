"""A person's regular expression over many names, within a time.

Some expressions take longer than the world is old for one name (`(a+)+b`), and nothing in the process that tries them
can end that, nor do anything beside it. They are therefore tried in a process of their own, which costs some hundredths
of a second.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple

from convonet.data import matcher
from convonet.events import Watch
from convonet.own_process import isolated_words
from convonet.text import path_key

MOST_LETTERS = 1_000
_MOST_SHOWN = 100
_SECONDS, _SECONDS_EACH = 5.0, 5e-5
_POLL_SECONDS = 0.1


class PatternError(ValueError):
    """The expression cannot be used; the text says why."""


class PatternMatches(NamedTuple):
    """What an expression is and what it finds.

    Attributes:
        groups: how many groups it has.
        named: those that have a name.
        texts: what the group finds in each text, None where the expression does not; empty without such a group.
    """

    groups: int
    named: list[str]
    texts: list[str | None]


def shown(pattern: str) -> str:
    """An expression as a sentence quotes it: a very long one is cut."""
    return repr(pattern if len(pattern) <= _MOST_SHOWN else f"{pattern[:_MOST_SHOWN]}…")


def find_in(
    pattern: str, group: str | int, texts: Sequence[str], watch: Watch | None = None
) -> PatternMatches:
    """Search each text for a regular expression.

    Args:
        group: the name or number of the group that is wanted.

    Raises:
        PatternError: it is too long, no regular expression, or takes longer than five seconds and some more for
            many texts.
        Cancelled: the watch says so.
    """
    if len(pattern) > MOST_LETTERS:
        raise PatternError(f"it is longer than {MOST_LETTERS:,} characters")
    # A letter with an accent has two forms in Unicode, and file systems have the other one than keyboards.
    texts, pattern = [path_key(text) for text in texts], path_key(pattern)
    question = json.dumps({"pattern": pattern, "group": group, "texts": texts})
    answer: matcher.PatternAnswer = json.loads(
        _asked(question, _SECONDS + _SECONDS_EACH * len(texts), watch or Watch()) or "{}"
    )
    if "fault" in answer:
        raise PatternError(answer["fault"])
    if not answer:
        raise PatternError("it cannot be tested")
    return PatternMatches(answer["groups"], answer["named"], answer["found"])


def _asked(question: str, seconds: float, watch: Watch) -> str:
    ends = time.monotonic() + seconds
    words = isolated_words(matcher.__name__, matcher.__file__)
    with subprocess.Popen(
        words,
        text=True,
        encoding="utf-8",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        unsent: str | None = question
        try:
            while time.monotonic() < ends:
                watch.check()
                try:
                    answer: str = process.communicate(unsent, timeout=_POLL_SECONDS)[0]
                    return answer
                except subprocess.TimeoutExpired:
                    unsent = None  # it goes on with what it was given
        finally:
            process.kill()
    why = f"it takes longer than {seconds:.0f} seconds on these names"
    raise PatternError(f"{why}: avoid nested repeats, such as (a+)+")
