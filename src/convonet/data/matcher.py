"""What `matching` runs as a program of its own: a regular expression over many texts, both from standard input.

Nothing but the standard library, so that it starts at once.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from typing import TypedDict


class PatternAnswer(TypedDict, total=False):
    """What a pattern finds; `fault` alone where it is no regular expression.

    Attributes:
        groups, named: how many groups the pattern has, and the names of those that have one.
        found: what the group that was asked for finds in each text.
    """

    groups: int
    named: list[str]
    found: list[str | None]
    fault: str


def found_in(pattern: str, group: str | int, texts: list[str]) -> PatternAnswer:
    """What a group of a pattern finds in texts."""
    try:
        finder = re.compile(pattern)
    except (re.error, RecursionError, OverflowError, MemoryError) as error:
        return {"fault": str(error) or "too large"}
    named = sorted(finder.groupindex)
    known = group in named if isinstance(group, str) else group <= finder.groups
    matches = (finder.search(text) for text in texts) if known else ()
    return {
        "groups": finder.groups,
        "named": named,
        "found": [match[group] if match else None for match in matches],
    }


def main() -> None:
    """Read one question, write one answer, each as JSON."""
    warnings.simplefilter("ignore")
    question = json.load(sys.stdin.buffer)
    sys.stdout.write(json.dumps(found_in(**question)))


if __name__ == "__main__":
    main()
