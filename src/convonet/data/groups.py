"""What images belong together: by a pattern in their path or by a column of their table."""

from __future__ import annotations

from collections.abc import Sequence

from convonet.data.listing import ImageListing
from convonet.data.matching import PatternError, find_in, shown
from convonet.errors import ParamError
from convonet.params import DataParams
from convonet.text import counted

_MOST_TOLD = 5


def grouped(listing: ImageListing, data: DataParams, *, required: bool) -> ImageListing:
    """The listing with the groups that the pattern finds in its paths; those of a table's column stay.

    Args:
        required: refuse a set in which no group is found.

    Raises:
        ParamError: no regular expression, not one group in it, it finds nothing or takes too long; a column where
            no table is.
    """
    pattern = data.group_pattern
    if data.group_column is not None and (pattern is not None or (required and listing.groups is None)):
        raise _column_fault(data.group_column, pattern)
    if pattern is None:
        return listing
    groups = tuple([name or "" for name in _found(pattern, listing.paths)])
    # A pattern with a typo would quietly put each image into a group of its own, and patients on both sides.
    if required and listing.paths and not any(groups):
        raise _fault(pattern, f"it matches none of the paths; the first is {listing.paths[0]}")
    return listing.changed(groups=groups)


def shared_groups(one: ImageListing, other: ImageListing) -> list[str]:
    """Names of groups that stand in both sets."""
    return sorted(set(one.groups or ()) & set(other.groups or ()) - {""})


def shared_sentence(names: list[str], other: str) -> str:
    """For a warning."""
    shown = ", ".join(names[:_MOST_TOLD]) + (" …" if len(names) > _MOST_TOLD else "")
    some = counted(len(names), "group has", "groups have")
    return f"{some} images in both training and {other} ({shown}), so {other} scores are too high"


def _found(pattern: str, paths: Sequence[str]) -> list[str | None]:
    try:
        found = find_in(pattern, 1, paths)
    except PatternError as error:
        raise _fault(pattern, str(error)) from error
    if found.groups != 1:
        raise _fault(pattern, counted(found.groups, "capture group"))
    return found.texts


def _fault(pattern: str, why: str) -> ParamError:
    wanted = "group_pattern (Group pattern): expected a regular expression with one capture group such as (p[0-9]+)_"
    return ParamError.of({"group_pattern": f"{wanted}, received {shown(pattern)} ({why})"})


def _column_fault(column: str, pattern: str | None) -> ParamError:
    why = (
        f" together with group_pattern {pattern!r}"
        if pattern
        else ", but the training set is not such a file"
    )
    return ParamError.of(
        {
            "group_column": "group_column (Group column): expected a column of a CSV or TSV file, without "
            f"group_pattern; received {column!r}{why}"
        }
    )
