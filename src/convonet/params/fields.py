"""A parameter is declared once, here: type, bounds, default, label, help and whether it can be tuned.

`param(...)` declares it inside a `ParamModel`; `fields_of(Model)` gives the declarations as data, from
which the form, the command line option, the JSON key, the web input and the table in the docs are made.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Self, TypeVar, Union, get_args, get_origin

import pydantic
from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from convonet.errors import ParamError, nearest

Kind = Literal[
    "int", "float", "bool", "text", "choice", "ints", "floats", "size", "path", "map", "weights", "layers"
]

_KIND_WORDS: dict[str, str] = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "text": "text",
    "ints": "whole numbers such as 128-64 or [128, 64]",
    "floats": "numbers such as [0.5, 0.5, 0.5]",
    "size": "a number of pixels such as 28, or height × width such as 80x60 or [80, 60]",
    "path": "a path",
    "map": 'a table such as {"name in the set": "name in the model"}',
    "weights": 'a table of class name and weight such as {"NORMAL": 2}',
    "layers": "a list of layers, each an object with a type",
}


_NOT_GIVEN = ("", "none", "auto")
"""What a person types where the software is to choose."""


@dataclass(frozen=True)
class Field:
    """One declared parameter.

    Attributes:
        low, high: bounds, None where there is none; `low_open` and `high_open` leave the bound itself out.
        optional: None is allowed and means "chosen by the software"; `default_text` says what is chosen.
        literal: every text but the empty one is a value, also `none`.
        tunable: a search may vary it.
    """

    name: str
    label: str
    help: str
    kind: Kind
    default: Any
    group: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    choices: tuple[Any, ...] = ()
    tunable: bool = False
    optional: bool = False
    default_text: str = ""
    literal: bool = False

    @property
    def is_list(self) -> bool:
        """Whether one value of it is itself a list."""
        return self.kind in ("ints", "floats", "size", "layers")

    @property
    def is_literal(self) -> bool:
        """Whether every text but the empty one is a value: a folder may be called `none`, and so may a column."""
        return self.kind == "path" or self.literal

    @property
    def is_json(self) -> bool:
        """Whether a person types it as JSON."""
        return self.kind in ("map", "weights", "layers")

    def range_text(self) -> str:
        """The bounds in words, empty where there are none."""
        low = "" if self.low is None else f"{'>' if self.low_open else '≥'} {_plain(self.low)}"
        high = "" if self.high is None else f"{'<' if self.high_open else '≤'} {_plain(self.high)}"
        return " and ".join(part for part in (low, high) if part)

    def expected_text(self) -> str:
        """What a right value looks like."""
        if self.kind == "choice":
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        words = _KIND_WORDS[self.kind]
        if self.kind == "size" and self.optional:
            words = f"auto, {words}"
        return " ".join(part for part in (words, self.range_text(), self.unit) if part)

    def fault(self, received: object) -> str:
        """The sentence about a wrong value."""
        shown = json.dumps(received, ensure_ascii=False, default=str)
        sentence = f"{self.name} ({self.label}): expected {self.expected_text()}, received {shown[:80]}"
        if self.kind == "choice" and isinstance(received, str):
            near = nearest(received, [str(choice) for choice in self.choices])
            sentence += f" (did you mean {near}?)" if near else ""
        return sentence

    def show(self, value: Any) -> str:
        """A value as a person would type it; the text parses back to the value."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        if self.kind == "size":
            return str(value[0]) if value[0] == value[1] else f"{value[0]}x{value[1]}"
        if self.kind in ("ints", "floats") and isinstance(value, (list, tuple)):
            return ("-" if self.kind == "ints" else " ").join(f"{item:g}" for item in value)
        if self.is_json:
            return json.dumps(value, ensure_ascii=False)
        return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)

    def to_dict(self) -> dict[str, Any]:
        """The declaration as JSON, for the web page."""
        return {
            "name": self.name,
            "label": self.label,
            "help": self.help,
            "kind": self.kind,
            "default": self.default,
            "group": self.group,
            "unit": self.unit,
            "low": self.low,
            "high": self.high,
            "choices": list(self.choices),
            "tunable": self.tunable,
            "optional": self.optional,
            "default_text": self.default_text,
            "expected": self.expected_text(),
        }


def _plain(bound: float) -> str:
    """A bound with all its digits where it is whole."""
    return f"{bound:,}" if isinstance(bound, int) else f"{bound:g}"


def param(
    default: Any,
    label: str,
    help: str,
    *,
    group: str = "",
    unit: str = "",
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    tunable: bool = False,
    default_text: str = "",
    kind: Kind | None = None,
    literal: bool = False,
) -> Any:
    """Declare one parameter of a `ParamModel`. Bounds apply to each item of a list."""
    extra: dict[str, Any] = {
        "label": label,
        "group": group,
        "unit": unit,
        "tunable": tunable,
        "default_text": default_text,
        "kind": kind,
        "literal": literal,
        "bounds": {"ge": ge, "gt": gt, "le": le, "lt": lt},
    }
    return pydantic.Field(default, description=help, json_schema_extra=extra)


class ParamModel(BaseModel):
    """A frozen value whose fields were declared with `param`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())

    @classmethod
    def of(cls, values: Mapping[str, Any], where: object = None) -> Self:
        """The value that `values` describe; texts are read as a person types them.

        Raises:
            ParamError: all faults at once, each naming the field, the value and the range.
        """
        value, faults = checked(cls, values)
        if value is None:
            raise ParamError.of(faults, where)
        return value

    def set_values(self) -> dict[str, Any]:
        """Only what was set; the rest are defaults."""
        return {name: getattr(self, name) for name in self.__class__.model_fields if self.is_set(name)}

    def is_set(self, name: str) -> bool:
        """Whether the person gave this value."""
        return name in self.model_fields_set

    def changed(self, **values: Any) -> Self:
        """A copy in which `values` are set, checked like any other input."""
        return self.of(self.set_values() | values)


M = TypeVar("M", bound=ParamModel)


def checked(model: type[M], values: Mapping[str, Any]) -> tuple[M | None, dict[str, str]]:
    """The value, or None and a sentence for each field that is wrong."""
    fields = fields_of(model)
    faults = {name: unknown_key(name, fields) for name in values if name not in fields}
    known: dict[str, Any] = {}
    for name, value in values.items():
        if name not in fields:
            continue
        try:
            known[name] = _read(fields[name], value)
        except ValueError:
            faults[name] = fields[name].fault(value)
    made: M | None = None
    try:
        made = model.model_validate(known)
    except pydantic.ValidationError as error:
        for part in error.errors():
            name = str(part["loc"][0]) if part["loc"] else model.__name__
            own = str(part["ctx"]["error"]) if part["type"] == "value_error" else None
            faults.setdefault(name, own or fields[name].fault(values.get(name)))
    return (None if faults else made), faults


def unknown_key(name: str, known: Mapping[str, Any]) -> str:
    """The sentence about a key that nobody declared."""
    near = nearest(name, known)
    return f"{name}: unknown parameter" + (f" (did you mean {near}?)" if near else "")


@cache
def fields_of(model: type[ParamModel]) -> dict[str, Field]:
    """The declarations of a model by name, in their order."""
    return {name: _field(name, info) for name, info in model.model_fields.items()}


def _field(name: str, info: FieldInfo) -> Field:
    extra = typing.cast(dict[str, Any], info.json_schema_extra or {})
    kind, choices, optional = _kind(info.annotation)
    bounds = extra["bounds"]
    default = None if info.default is PydanticUndefined else info.default
    return Field(
        name=name,
        label=extra["label"],
        help=info.description or "",
        kind=extra["kind"] or kind,
        default=default,
        group=extra["group"],
        unit=extra["unit"],
        low=bounds["ge"] if bounds["gt"] is None else bounds["gt"],
        high=bounds["le"] if bounds["lt"] is None else bounds["lt"],
        low_open=bounds["gt"] is not None,
        high_open=bounds["lt"] is not None,
        choices=choices,
        tunable=extra["tunable"],
        optional=optional,
        default_text=extra["default_text"],
        literal=extra["literal"],
    )


def _kind(annotation: Any) -> tuple[Kind, tuple[Any, ...], bool]:
    """Kind, choices and whether None is allowed, from a type annotation."""
    optional = False
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        optional = len(parts) < len(get_args(annotation))
        annotation = parts[0]
    if get_origin(annotation) is Literal:
        return "choice", get_args(annotation), optional
    if get_origin(annotation) is tuple:
        item = get_args(annotation)[0]
        return ("ints" if item is int else "floats"), (), optional
    if get_origin(annotation) is dict:
        return ("weights" if get_args(annotation)[1] is float else "map"), (), optional
    simple: dict[Any, Kind] = {int: "int", float: "float", bool: "bool", str: "text"}
    return simple[annotation], (), optional


def _read(field: Field, value: Any) -> Any:
    """The value that a person or a JSON file meant; ValueError when it is of another kind or out of range."""
    if isinstance(value, str):
        # The name of a folder may end in a blank, and a pattern may look for one.
        value = _read_text(field, value if field.is_literal else value.strip())
    if value is None:
        if not field.optional:
            raise ValueError
        return None
    if field.kind == "size":
        value = (
            (value, value) if isinstance(value, (int, float)) else tuple(value) if _is_list(value) else value
        )
        if not isinstance(value, tuple) or len(value) != 2:
            raise ValueError
    if field.kind == "choice" and (
        isinstance(value, (bool, list, tuple, dict)) or value not in field.choices
    ):
        raise ValueError
    if field.kind in ("ints", "floats") and isinstance(value, (int, float)):
        value = (value,)
    if field.kind in ("int", "float", "size", "ints", "floats"):
        items = value if isinstance(value, (tuple, list)) else (value,)
        read = tuple(_number(field, item) for item in items)
        return read if isinstance(value, (tuple, list)) else read[0]
    if field.kind == "bool" and not isinstance(value, bool):
        raise ValueError
    return value


def _is_list(value: object) -> bool:
    return isinstance(value, (list, tuple))


def _number(field: Field, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError
    if not math.isfinite(value):
        raise ValueError
    whole = field.kind in ("int", "ints", "size")
    if whole and value != int(value):
        raise ValueError
    too_low = field.low is not None and (value <= field.low if field.low_open else value < field.low)
    too_high = field.high is not None and (value >= field.high if field.high_open else value > field.high)
    if too_low or too_high:
        raise ValueError
    return int(value) if whole else float(value)


def _read_text(field: Field, text: str) -> Any:
    """What a typed text means for a field of this kind."""
    if field.is_literal:
        return text if text.strip() else None
    if field.optional and text.lower() in _NOT_GIVEN and text not in field.choices:
        return None
    if field.kind == "choice":
        return next((choice for choice in field.choices if str(choice).lower() == text.lower()), text)
    if field.kind == "bool":
        words = {"true": True, "yes": True, "on": True, "1": True}
        words |= {"false": False, "no": False, "off": False, "0": False}
        return words.get(text.lower(), text)
    if field.kind in ("int", "float"):
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
