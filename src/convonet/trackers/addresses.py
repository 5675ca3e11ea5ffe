"""The trackers of a run, kept in its record so that a resumed run is tracked too."""

from __future__ import annotations

from collections.abc import Sequence

from convonet.runs import Run

TRACK = "track"
"""The key of `run.json`."""


def track_run(run: Run, addresses: Sequence[str]) -> None:
    """Let the job of a run write to the trackers of these addresses, which have been checked."""
    if addresses:
        run.update(**{TRACK: list(addresses)})


def addresses_of(run: Run) -> list[str]:
    """The addresses of a run's trackers."""
    return list(run.read().get(TRACK) or ())
