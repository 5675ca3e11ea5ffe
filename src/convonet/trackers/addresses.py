"""The trackers of a run, saved in its record so that a resumed run is also tracked."""

from __future__ import annotations

from collections.abc import Sequence

from convonet.runs import Run

TRACK = "track"
"""The key of `run.json`."""


def track_run(run: Run, addresses: Sequence[str]) -> None:
    """Make the job of a run write to the trackers with these addresses, which must be checked already."""
    if addresses:
        run.update(**{TRACK: list(addresses)})


def addresses_of(run: Run) -> list[str]:
    """Addresses of a run's trackers."""
    return list(run.read().get(TRACK) or ())
