"""The name of `run.json`, its version, and numbered steps from each older format to the present one."""

from __future__ import annotations

from collections.abc import Callable

from convonet.errors import RunNotFoundError
from convonet.json_values import JsonObject, object_at
from convonet.params.migrations import hyper_1_to_2

RECORD = "run.json"
RUN_VERSION = 2


def _record_1_to_2(record: JsonObject) -> JsonObject:
    """The parameters in the current format; the job under `task` has its own version."""
    params = object_at(record, "params")
    hyper = object_at(params, "hyper")
    return record | {"params": params | {"hyper": hyper_1_to_2(hyper)}} if hyper else record


# A step's position is the version that it starts from, so a version without a change needs one too.
_STEPS: tuple[Callable[[JsonObject], JsonObject], ...] = (lambda record: record, _record_1_to_2)


def migrated(record: JsonObject) -> JsonObject:
    """The record in the current format.

    Raises:
        RunNotFoundError: it was written by a newer version, or is not a record.
    """
    version = record.get("format_version") if isinstance(record, dict) else None
    if not isinstance(version, int) or not 0 <= version <= RUN_VERSION:
        raise RunNotFoundError(
            "The run's record has a different format version",
            expected=f"format version {RUN_VERSION}",
            received=version,
        )
    for step in _STEPS[version:]:
        record = step(record)
    return record | {"format_version": RUN_VERSION}
