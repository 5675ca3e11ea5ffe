"""What a typed text or a value of JSON means for a declared parameter."""

from __future__ import annotations

import json
import numbers
from typing import Any

from convonet.params.fields import Field

TYPED_KINDS = ("int", "float", "bool", "choice", "ints", "floats", "size")
"""Kinds whose values are no texts, so that a text can only mean what a person types for one."""

_NOT_GIVEN = ("", "none", "auto")
"""What a person types where the software is to choose."""

_BOOLS = {"true": True, "yes": True, "on": True, "1": True}
_BOOLS |= {"false": False, "no": False, "off": False, "0": False}


def read_text(field: Field, text: str) -> Any:
    """What a text means that a person typed for a field of this kind.

    Raises:
        ValueError: nothing.
    """
    if field.is_literal:
        # The name of a folder may end in a blank, and a pattern may look for one.
        return text if text.strip() else None
    text = text.strip()
    if field.optional and text.lower() in _NOT_GIVEN and text not in field.choices:
        return None
    if field.kind == "choice":
        # A text that is no choice is passed on, so that the error can show it and suggest the nearest.
        return next((choice for choice in field.choices if str(choice).lower() == text.lower()), text)
    if field.kind == "bool":
        return _BOOLS.get(text.lower(), text)
    if field.kind in ("int", "float"):
        # 1e2 may be typed for a whole number too; a fraction is refused by the check that follows.
        return float(text) if field.kind == "float" or not text.lstrip("+-").isdigit() else int(text)
    if field.is_json or (text.startswith("[") and field.is_list):
        return json.loads(text)
    if field.kind == "size":
        sides = text.lower().replace("×", "x").replace(",", "x").split("x")
        return tuple(int(side) for side in sides) if len(sides) > 1 else int(text)
    if field.kind == "ints":
        return tuple(int(part) for part in text.split("-"))
    if field.kind == "floats":
        return tuple(float(part) for part in text.replace(",", " ").split())
    return text


def read_value(field: Field, value: Any) -> Any:
    """The value as pydantic takes it. Pydantic would read "5" and True as numbers, and 1 as true.

    Raises:
        ValueError: it is of another kind.
    """
    if value is None:
        return None
    if field.kind in ("bool", "choice") and isinstance(value, bool) != (field.kind == "bool"):
        raise ValueError
    if field.kind == "size" and not isinstance(value, (list, tuple)):
        value = (value, value)
    if field.kind in ("ints", "floats") and isinstance(value, numbers.Real):
        value = (value,)
    if field.kind in ("ints", "floats", "size"):
        return tuple(map(_number, value)) if isinstance(value, (list, tuple)) else value
    return _number(value) if field.kind in ("int", "float") else value


def _number(value: Any) -> int | float:
    """A plain number, also of one that numpy made."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise ValueError
    return int(value) if isinstance(value, numbers.Integral) else float(value)
