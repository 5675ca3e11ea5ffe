"""What images belong together: by a pattern in their path or by a column of their table."""

from __future__ import annotations

import re

from convonet.data.listing import ImageListing
from convonet.errors import ParamError
from convonet.params import DataParams

_MOST_TOLD = 5


def grouped(listing: ImageListing, data: DataParams, *, required: bool) -> ImageListing:
    """The listing with the groups that the pattern finds in its paths; those of a table's column stay.

    Args:
        required: refuse a set in which no group is found.

    Raises:
        ParamError: no regular expression, not one group in it, or it finds nothing; a column where no table is.
    """
    pattern = data.group_pattern
    if data.group_column is not None and (pattern is not None or (required and listing.groups is None)):
        raise _column_fault(data.group_column, pattern)
    if pattern is None:
        return listing
    finder = _compiled(pattern)
    found = (finder.search(path) for path in listing.paths)
    groups = tuple([(match[1] or "") if match else "" for match in found])
    if required and listing.paths and not any(groups):
        raise _fault(pattern, f"it finds nothing in any path, such as {listing.paths[0]}")
    return listing.changed(groups=groups)


def shared_groups(one: ImageListing, other: ImageListing) -> list[str]:
    """Names of groups that stand in both sets."""
    return sorted(set(one.groups or ()) & set(other.groups or ()) - {""})


def shared_sentence(names: list[str], other: str) -> str:
    """For a warning."""
    shown = ", ".join(names[:_MOST_TOLD]) + (" …" if len(names) > _MOST_TOLD else "")
    return f"{len(names):,} groups stand in training and in {other} ({shown}): scores there are too good"


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        finder = re.compile(pattern)
    except re.error as error:
        raise _fault(pattern, str(error)) from error
    if finder.groups != 1:
        raise _fault(pattern, f"{finder.groups} groups")
    return finder


def _fault(pattern: str, why: str) -> ParamError:
    wanted = "group_pattern (Group pattern): expected a regular expression with one group such as (p[0-9]+)_"
    return ParamError.of({"group_pattern": f"{wanted}, received {pattern!r} ({why})"})


def _column_fault(column: str, pattern: str | None) -> ParamError:
    why = f"together with group_pattern {pattern!r}" if pattern else "and the training set has no such table"
    return ParamError.of(
        {
            "group_column": "group_column (Group column): expected a column of a CSV or TSV file, and no pattern "
            f"beside it; received {column!r} {why}"
        }
    )
