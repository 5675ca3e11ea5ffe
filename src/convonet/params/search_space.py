"""A search space: for each hyper parameter that is set, the values it may take."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from convonet.errors import ParamError
from convonet.params.families import FAMILIES, family_info
from convonet.params.fields import Field, checked, fields_of, unknown_key
from convonet.params.hyper_params import HyperParams

REFERENCE_LISTS = ("init_rate", "num_filters", "num_units", "epochs", "batch_size")
"""The five parameters that are lists in the reference application's files, also when they hold one value."""


@dataclass(frozen=True)
class SearchSpace:
    """What a hyper-parameter file holds: the first value of each trains, all of them tune.

    Attributes:
        choices: name → its values, at least one; every value has been checked.
        as_lists: names whose single value a file wrote as a list, so that saving gives the same file.
    """

    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    as_lists: frozenset[str] = frozenset()

    @classmethod
    def of(cls, values: Mapping[str, Any], where: object = None) -> SearchSpace:
        """The space that a JSON object describes: a list means alternatives.

        For a parameter that is itself a list (`hidden_units`), an outer list means alternatives.

        Raises:
            ParamError: all faults at once.
        """
        declared = fields_of(HyperParams)
        faults = {name: unknown_key(name, declared) for name in values if name not in declared}
        choices: dict[str, tuple[Any, ...]] = {}
        lists = set()
        for name, value in values.items():
            if name not in declared:
                continue
            alternatives, is_list = _alternatives(declared[name], value)
            choices[name] = _checked_values(declared[name], alternatives, faults)
            if is_list:
                lists.add(name)
        if faults:
            raise ParamError.of(faults, where)
        return cls(choices, frozenset(lists))

    @classmethod
    def single(cls, hyper: HyperParams) -> SearchSpace:
        """The space with one point."""
        return cls({name: (value,) for name, value in hyper.set_values().items()})

    def first(self) -> HyperParams:
        """The values that a single training takes."""
        return HyperParams.of({name: values[0] for name, values in self.choices.items()})

    @property
    def varied(self) -> tuple[str, ...]:
        """Names with more than one value, in the order of the file."""
        return tuple(name for name, values in self.choices.items() if len(values) > 1)

    def grid(self) -> Iterator[HyperParams]:
        """Every combination; the last varied name changes fastest."""
        names = list(self.choices)
        for values in itertools.product(*self.choices.values()):
            yield HyperParams.of(dict(zip(names, values, strict=True)))

    def changed(self, settings: Mapping[str, Sequence[Any]]) -> SearchSpace:
        """A copy in which each name has these alternatives (texts are read as typed).

        Raises:
            ParamError: all faults at once.
        """
        declared = fields_of(HyperParams)
        faults = {name: unknown_key(name, declared) for name in settings if name not in declared}
        new = {
            name: _checked_values(declared[name], values, faults)
            for name, values in settings.items()
            if name in declared
        }
        if faults:
            raise ParamError.of(faults)
        return SearchSpace(dict(self.choices) | new, self.as_lists)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object of the file: several values as a list, the reference's five always."""
        listed = self.as_lists | set(REFERENCE_LISTS)
        return {
            name: list(map(_plain, values)) if len(values) > 1 or name in listed else _plain(values[0])
            for name, values in self.choices.items()
        }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _alternatives(declared: Field, value: Any) -> tuple[list[Any], bool]:
    """The alternatives that a JSON value means, and whether it was written as a list of them."""
    if not isinstance(value, list):
        return [value], False
    if declared.is_list and not (value and all(isinstance(item, list) for item in value)):
        return [value], False
    return value, True


def _checked_values(declared: Field, values: Iterable[Any], faults: dict[str, str]) -> tuple[Any, ...]:
    """The values, each checked; faults get a sentence. A value that stands twice is kept once."""
    read: list[Any] = []
    for value in values:
        made, wrong = checked(HyperParams, {declared.name: value})
        if made is None:
            faults[declared.name] = next(iter(wrong.values()))
            continue
        item = getattr(made, declared.name)
        if declared.name == "family" and item not in FAMILIES:
            try:
                family_info(item)
            except ParamError as error:
                faults["family"] = error.faults["family"]
        if item not in read:
            read.append(item)
    if not read and declared.name not in faults:
        faults[declared.name] = (
            f"{declared.name} ({declared.label}): expected at least one value, received []"
        )
    return tuple(read)


def split_setting(setting: str, known: Mapping[str, Field]) -> tuple[str, list[str]]:
    """Name and alternatives of a typed setting `name=value,value`.

    Raises:
        ParamError: not of that form, or an unknown name.
    """
    name, equals, text = setting.partition("=")
    name = name.strip()
    if not equals or not name:
        raise ParamError.of({setting: f"--set {setting}: expected NAME=VALUE, received no '='"})
    if name not in known:
        raise ParamError.of({name: unknown_key(name, known)})
    text = text.strip()
    if text.startswith(("[", "{")):
        value = _json(name, text)
        alternatives, _ = _alternatives(known[name], value)
        return name, [item if isinstance(item, str) else json.dumps(item) for item in alternatives]
    return name, [part.strip() for part in text.split(",")]


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ParamError.of({name: f"{name}: expected JSON, received {text[:80]!r} ({error.msg})"}) from error
