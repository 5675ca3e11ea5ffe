"""What JSON can hold, as a type: values that go to a file, a browser or another process, or come from there.

Where the keys are ours, a document of `convonet.documents` says more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    JsonValue: TypeAlias = Mapping[str, "JsonValue"] | Sequence["JsonValue"] | str | float | bool | None
    """A value that JSON can hold. Any sequence is written as a list."""
else:
    # Pydantic would check a recursive type item by item, which a file of thousands of rows need not wait for.
    JsonValue = Any

JsonObject: TypeAlias = dict[str, JsonValue]
"""An object of JSON whose keys are somebody else's, or that is only written or handed on."""


def object_at(values: Mapping[str, JsonValue], key: str) -> JsonObject:
    """The object at a key; an empty one where there is none, or something else."""
    found = values.get(key)
    return dict(found) if isinstance(found, Mapping) else {}


SCALARS = frozenset({str, int, float, bool, type(None)})
"""The types of values that hold no others."""
