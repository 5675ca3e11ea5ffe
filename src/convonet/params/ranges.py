"""Ranges that a search draws from, where naming every value would be too much."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from convonet.json_values import JsonObject
from convonet.params.fields import Field

_TYPED = re.compile(r"(?P<low>[^.:].*?)\.\.(?P<high>[^:]+)(?::(?P<how>.+))?")
_MAX_LENGTH = 16


@dataclass(frozen=True)
class Range:
    """Numbers from `low` to `high`, both included.

    Attributes:
        log: drawn evenly on a logarithmic scale.
        step: only low, low + step, low + 2 · step …; for whole numbers at least 1.
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def first(self) -> float:
        """What a single training takes."""
        return self.low

    def values(self) -> list[float] | None:
        """Every number of it, or None where there is no step."""
        if self.step is None:
            return None
        # Rounding would lose the last value otherwise: (0.3 − 0.1) / 0.1 is slightly less than 2.
        count = math.floor((self.high - self.low) / self.step + 1e-9) + 1
        # 0.1 + 2 · 0.1 is meant to be 0.3.
        return [type(self.low)(f"{self.low + place * self.step:.12g}") for place in range(count)]

    def to_dict(self) -> JsonObject:
        """As in a file: `{"low": …, "high": …}`, with `log` and `step` where they are set."""
        values: JsonObject = {"low": self.low, "high": self.high}
        return values | ({"log": True} if self.log else {}) | ({"step": self.step} if self.step else {})


@dataclass(frozen=True)
class ListRange:
    """Lists such as hidden layers: how long they are, and what each item may be.

    A conditional space: the second item is drawn only where the list has two or more.

    Attributes:
        shortest, longest: bounds of the length.
        each: values of an item.
    """

    shortest: int
    longest: int
    each: tuple[int, ...]

    def first(self) -> tuple[int, ...]:
        """What a single training takes."""
        return self.each[:1] * self.shortest

    def to_dict(self) -> JsonObject:
        """As in a file: `{"length": [1, 3], "each": [8, 16]}`."""
        return {"length": [self.shortest, self.longest], "each": list(self.each)}


ValueRange: TypeAlias = Range | ListRange


def means_range(declared: Field, value: Any) -> bool:
    """Whether a value of a file or a typed text is meant as a range rather than as a value."""
    if isinstance(value, str):
        typed = declared.kind in ("int", "float") and _TYPED.fullmatch(value) is not None
        return typed or (value.startswith("{") and not declared.is_json)
    return isinstance(value, (Range, ListRange)) or (isinstance(value, Mapping) and not declared.is_json)


def read_spread(declared: Field, value: Any) -> ValueRange:
    """The range that a value of a file or a typed text means.

    Typed: `1e-4..1e-2:log`, `4..256:4` (with its step), or the JSON object of a file.

    Raises:
        ValueError: a range with a fault, or no range; the text says which.
    """
    if isinstance(value, (Range, ListRange)):
        # A range made in Python is read like one from a file, since its class checks nothing itself.
        value = value.to_dict()
    if isinstance(value, str):
        value = _typed(value)
    if not isinstance(value, Mapping):
        raise ValueError(f"expected a range, received {json.dumps(value, default=str)[:80]}")
    if declared.kind in ("int", "float"):
        return _range(declared, value)
    if declared.kind == "ints":
        return _list_range(value)
    raise ValueError(f"only numbers have ranges; list the values of {declared.name}")


def _typed(text: str) -> Any:
    if text.startswith("{"):
        return json.loads(text)
    found = _TYPED.fullmatch(text)
    if found is None:
        return text
    how = found["how"]
    steps = {} if how is None else {"log": True} if how == "log" else {"step": float(how)}
    return {"low": float(found["low"]), "high": float(found["high"])} | steps


def _range(declared: Field, value: Mapping[str, Any]) -> Range:
    _known_keys(value, ("low", "high", "log", "step"), required=("low", "high"))
    low, high = (_number(declared, value[name], name) for name in ("low", "high"))
    step = None if value.get("step") is None else _number(declared, value["step"], "step")
    # A logarithmic range takes no step, also for whole numbers.
    if declared.kind == "int" and not value.get("log"):
        step = step or 1
    log = bool(value.get("log", False))
    if not low < high:
        raise ValueError(f"expected low < high, received {low:g} and {high:g}")
    if log and (low <= 0 or step):
        raise ValueError("a logarithmic range must begin above 0 and cannot have a step")
    if step is not None and not 0 < step <= high - low:
        raise ValueError(f"expected a step > 0 and ≤ {high - low:g}, received {step:g}")
    return Range(low, high, log, step)


def _number(declared: Field, value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name}: expected a number, received {json.dumps(value, default=str)}")
    if declared.kind == "int":
        if value != int(value):
            raise ValueError(f"{name}: expected a whole number, received {value:g}")
        return int(value)
    return float(value)


def _list_range(value: Mapping[str, Any]) -> ListRange:
    _known_keys(value, ("length", "each"), required=("length", "each"))
    length, each = value["length"], value["each"]
    # Not isinstance for the items, which would take true for a whole number.
    whole = isinstance(length, (list, tuple)) and len(length) == 2 and all(type(n) is int for n in length)
    if not whole or not 1 <= length[0] <= length[1] <= _MAX_LENGTH:
        raise ValueError(f"length: expected two whole numbers from 1 to {_MAX_LENGTH}, such as [1, 3]")
    if not isinstance(each, (list, tuple)) or not each or not all(type(item) is int for item in each):
        raise ValueError("each: expected whole numbers such as [8, 16, 32]")
    return ListRange(length[0], length[1], tuple(each))


def _known_keys(value: Mapping[str, Any], known: tuple[str, ...], required: tuple[str, ...]) -> None:
    missing = [name for name in required if name not in value]
    unknown = [name for name in value if name not in known]
    if missing or unknown:
        raise ValueError(f"expected the keys {', '.join(known)}, received {', '.join(value)}")
