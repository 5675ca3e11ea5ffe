"""A parameter is declared once: type, bounds, default, label, help and whether it can be tuned.

`param(...)` declares it inside a `ParamModel` and hands type and bounds to pydantic, which checks them;
`fields_of(Model)` gives the declarations as data, from which the form, the command line option, the JSON key,
the web input and the table in the docs are made.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias, TypedDict, Union, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from convonet.errors import nearest
from convonet.json_values import JsonObject, JsonValue

Kind = Literal[
    "int",
    "float",
    "bool",
    "text",
    "choice",
    "ints",
    "floats",
    "size",
    "path",
    "map",
    "weights",
    "layers",
    "texts",
    "value",
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
    "map": 'an object such as {"name in the set": "name in the model"}',
    "weights": 'an object with the weights of classes such as {"NORMAL": 2}',
    "layers": "a list of layers, each an object with a type",
    "texts": "a list of strings",
    "value": "a value of a different type",
}

ParamValues: TypeAlias = dict[str, JsonValue]
"""Values of parameters by name, as a file, a form or a request has them; those of a model are checked."""


@dataclass(frozen=True)
class Field:
    """One declared parameter.

    Attributes:
        low, high: bounds, None where there is none; `low_open` and `high_open` leave the bound itself out.
        optional: None is allowed and means "chosen by the software"; `default_text` says what is chosen.
        literal: every text but the empty one is a value, also `none`.
        tunable: a search may vary it.
        type_name: of a value that is itself made of parameters.
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
    type_name: str = ""

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
        words = self.type_name or _KIND_WORDS[self.kind]
        if self.kind == "size" and self.optional:
            words = f"auto, {words}"
        bounds = self.range_text()
        if bounds and self.kind in ("ints", "floats", "size"):
            # The bounds hold for each number, not for the example before them.
            words, bounds = f"{words},", f"each {bounds}"
        return " ".join(part for part in (words, bounds, self.unit) if part)

    def fault(self, received: object) -> str:
        """The sentence about a wrong value."""
        # A caller in Python may have given a value that JSON does not know.
        shown = json.dumps(received, ensure_ascii=False, default=str)
        subject = f"{self.name} ({self.label})" if self.label else self.name
        sentence = f"{subject}: expected {self.expected_text()}, received {shown[:80]}"
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
        # Files spell a square as one number.
        if self.kind == "size" and not isinstance(value, int):
            return str(value[0]) if value[0] == value[1] else f"{value[0]}x{value[1]}"
        if self.kind in ("ints", "floats") and isinstance(value, (list, tuple)):
            return ("-" if self.kind == "ints" else " ").join(f"{item:g}" for item in value)
        if self.is_json:
            return json.dumps(value, ensure_ascii=False)
        # :g keeps six digits, so a number that needs more is written in full to read back as itself.
        return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)

    def to_dict(self) -> JsonObject:
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
    """Declare one parameter of a `ParamModel`. The items of a list have bounds in their own annotation."""
    return pydantic.Field(
        default,
        description=help,
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        json_schema_extra={
            "label": label,
            "group": group,
            "unit": unit,
            "tunable": tunable,
            "default_text": default_text,
            "kind": kind,
            "literal": literal,
        },
    )


class _Declared(TypedDict, total=False):
    """What `param` hands through pydantic: the attributes of `Field` that pydantic has no place for."""

    label: str
    group: str
    unit: str
    tunable: bool
    default_text: str
    kind: Kind | None
    literal: bool


def unknown_key(name: str, known: Mapping[str, Any]) -> str:
    """The sentence about a key that nobody declared."""
    near = nearest(name, known)
    return f"{name}: unknown parameter" + (f" (did you mean {near}?)" if near else "")


@cache
def fields_of(model: type[pydantic.BaseModel]) -> dict[str, Field]:
    """The declarations of a model by name, in their order."""
    return {name: _field(name, info) for name, info in model.model_fields.items()}


def _field(name: str, info: FieldInfo) -> Field:
    extra = typing.cast(_Declared, info.json_schema_extra or {})
    annotation, optional = _without_none(info.annotation)
    kind = extra.get("kind") or _kind(annotation)
    declared = Field(
        name=name,
        label=extra.get("label", ""),
        help=info.description or "",
        kind=kind,
        default=None if info.default is PydanticUndefined else info.default,
        group=extra.get("group", ""),
        unit=extra.get("unit", ""),
        choices=get_args(annotation) if kind == "choice" else (),
        tunable=extra.get("tunable", False),
        optional=optional,
        default_text=extra.get("default_text", ""),
        literal=extra.get("literal", False),
        type_name=annotation.__name__ if kind == "value" else "",
    )
    return _bounded(declared, [*info.metadata, *_item_metadata(annotation)])


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The annotation without None and without what it is annotated with, and whether None was part of it."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    parts = [part for part in get_args(annotation) if part is not type(None)]
    first = get_args(parts[0])[0] if get_origin(parts[0]) is Annotated else parts[0]
    return first, len(parts) < len(get_args(annotation))


def _item_metadata(annotation: Any) -> tuple[Any, ...]:
    """What the items of a tuple are annotated with."""
    item = get_args(annotation)[0] if get_origin(annotation) is tuple else None
    if get_origin(item) is not Annotated:
        return ()
    return tuple(part for info in get_args(item)[1:] for part in info.metadata)


def _bounded(field: Field, metadata: Iterable[Any]) -> Field:
    """The field with the bounds that are among pydantic's constraints."""
    for part in metadata:
        for name in ("ge", "gt"):
            if hasattr(part, name):
                field = replace(field, low=getattr(part, name), low_open=name == "gt")
        for name in ("le", "lt"):
            if hasattr(part, name):
                field = replace(field, high=getattr(part, name), high_open=name == "lt")
    return field


def _kind(annotation: Any) -> Kind:
    """The kind of value that an annotation without None means."""
    origin = get_origin(annotation)
    if origin is Literal:
        return "choice"
    if origin is tuple:
        item = get_args(annotation)[0]
        kinds: dict[Any, Kind] = {int: "ints", float: "floats", str: "texts"}
        return kinds[get_args(item)[0] if get_origin(item) is Annotated else item]
    if origin is dict:
        return "weights" if get_args(annotation)[1] is float else "map"
    simple: dict[Any, Kind] = {int: "int", float: "float", bool: "bool", str: "text"}
    return simple.get(annotation, "value")
