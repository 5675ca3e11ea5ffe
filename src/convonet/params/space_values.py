"""What somebody wrote for a search space: alternatives, ranges and conditions, read and checked one by one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from convonet.errors import ParamError
from convonet.params.aliases import own_names
from convonet.params.fields import Field, fields_of, unknown_key
from convonet.params.hyper_params import HyperParams
from convonet.params.ranges import ListRange, ValueRange, means_range, read_spread
from convonet.params.values import checked

Unchecked: TypeAlias = dict[str, Any]
"""What somebody wrote by name, right or wrong; `SearchSpace.__post_init__` reads it and tells all faults at once."""


def taken_condition(declared: Field, value: Any, conditions: Unchecked) -> Any:
    """The value without its `when`, which is entered into `conditions`."""
    # A parameter that is itself a JSON object may have a key `when` of its own.
    if not isinstance(value, Mapping) or "when" not in value or declared.is_json:
        return value
    rest = {key: item for key, item in value.items() if key != "when"}
    when, known = value["when"], fields_of(HyperParams)
    if isinstance(when, Mapping) and len(when) == 1:
        other, wanted = next(iter(own_names(when, HyperParams.aliases).items()))
        when = other, alternatives(known[other], wanted)[0] if other in known else wanted
    conditions[declared.name] = when
    return rest.get("values", rest)


def checked_condition(
    declared: Field, condition: Any, faults: dict[str, str]
) -> tuple[str, tuple[Any, ...]] | None:
    """Another parameter and the values that it must have."""
    known = fields_of(HyperParams)
    other, wanted = condition if isinstance(condition, tuple) and len(condition) == 2 else (None, ())
    other = HyperParams.aliases.get(other, other) if isinstance(other, str) else None
    if other is None or other not in known:
        faults[declared.name] = (
            f'{declared.name}: when: expected one parameter and its values, such as {{"optimizer": "sgd"}}'
        )
        return None
    return other, checked_values(known[other], wanted, faults)


def wrong_conditions(
    choices: Mapping[str, Any], conditions: Mapping[str, tuple[str, tuple[Any, ...]] | None]
) -> dict[str, str]:
    """A condition is about another name of the space that has no condition itself."""
    return {
        name: f"{name}: its condition refers to {condition[0]}, which must be in the space and have no condition itself"
        for name, condition in conditions.items()
        if condition is not None and (condition[0] in conditions or condition[0] not in choices)
    }


def split_ranges(settings: Mapping[str, Sequence[Any]]) -> tuple[Unchecked, Unchecked]:
    """Alternatives and ranges among settings; what nobody declared is left to the space's own check."""
    declared = fields_of(HyperParams)
    ranges = {
        name: values[0]
        for name, values in settings.items()
        if name in declared and len(values) == 1 and means_range(declared[name], values[0])
    }
    return {name: values for name, values in settings.items() if name not in ranges}, ranges


def checked_spread(declared: Field, value: Any, faults: dict[str, str]) -> ValueRange | None:
    """The range that a value means, its ends checked; None when it has a fault."""
    try:
        spread = read_spread(declared, value)
    except ValueError as error:
        faults[declared.name] = f"{declared.name} ({declared.label}): {error}"
        return None
    # If both ends are within the bounds of the parameter, so is everything between them.
    ends = spread.each if isinstance(spread, ListRange) else (spread.low, spread.high)
    for end in ends:
        _, wrong = checked(HyperParams, {declared.name: (end,) if isinstance(spread, ListRange) else end})
        faults |= wrong
    return spread


def alternatives(declared: Field, value: Any) -> tuple[list[Any], bool]:
    """The alternatives that a JSON value means, and whether it was written as a list of them."""
    if not isinstance(value, list):
        return [value], False
    if declared.is_list and not (value and all(isinstance(item, list) for item in value)):
        return [value], False
    return value, True


def checked_values(declared: Field, values: Any, faults: dict[str, str]) -> tuple[Any, ...]:
    """The alternatives, each checked; faults get a sentence. A value that stands twice is kept once."""
    read: list[Any] = []
    for value in values if isinstance(values, (list, tuple)) else (values,):
        made, wrong = checked(HyperParams, {declared.name: value})
        if made is None:
            faults[declared.name] = next(iter(wrong.values()))
        # Compared after reading, so that 0.1 and 1e-1 count as one value.
        elif getattr(made, declared.name) not in read:
            read.append(getattr(made, declared.name))
    if not read and declared.name not in faults:
        faults[declared.name] = (
            f"{declared.name} ({declared.label}): expected at least one value, received []"
        )
    return tuple(read)


def split_setting(setting: str, known: Mapping[str, Field]) -> tuple[str, list[str]]:
    """Name and alternatives of a typed setting `name=value,value`; text that no search varies is one value.

    Raises:
        ParamError: not of that form, or an unknown name.
    """
    name, equals, text = setting.partition("=")
    name = name.strip()
    if not equals or not name:
        raise ParamError.of({setting: f"expected NAME=VALUE, received {setting!r}"})
    name = name if name in known else HyperParams.aliases.get(name, name)
    if name not in known:
        raise ParamError.of({name: unknown_key(name, {**known, **HyperParams.aliases})})
    # A folder name may contain commas, which separate alternatives elsewhere.
    if known[name].is_literal:
        return name, [text]
    text = text.strip()
    if text.startswith(("[", "{")):
        value = _json(name, text)
        items, _ = alternatives(known[name], value)
        # Back to text, since the alternatives of a setting are read as typed.
        return name, [item if isinstance(item, str) else json.dumps(item) for item in items]
    return name, [part.strip() for part in text.split(",")]


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        hint = "; write each backslash twice" if "escape" in error.msg else ""
        sentence = f"{name}: expected JSON, received {text[:80]!r} ({error.msg}{hint})"
        raise ParamError.of({name: sentence}) from error
