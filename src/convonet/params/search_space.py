"""A search space: for each hyperparameter that is set, the values it may take."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from convonet.errors import ParamError
from convonet.json_values import JsonObject
from convonet.params.aliases import own_names
from convonet.params.fields import fields_of, unknown_key
from convonet.params.hyper_params import HyperParams
from convonet.params.ranges import Range, ValueRange, means_range
from convonet.params.space_values import (
    Unchecked,
    alternatives,
    checked_condition,
    checked_spread,
    checked_values,
    split_ranges,
    taken_condition,
    wrong_conditions,
)
from convonet.params.transfer_params import anchored_file

REFERENCE_LISTS = ("init_rate", "num_filters", "num_units", "epochs", "batch_size")
"""The five parameters that are lists in the reference application's files, also when they hold one value."""


@dataclass(frozen=True)
class SearchSpace:
    """What a hyperparameter file holds: the first value of each trains, all of them tune.

    Attributes:
        choices: name → its values, at least one; every value has been checked.
        as_lists: names whose single value a file wrote as a list, so that saving gives the same file.
        ranges: names that are drawn from a range instead; a single training takes its low end.
        conditions: name → (another name, its values): the name is set only where the other has one of them.
    """

    choices: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    as_lists: frozenset[str] = frozenset()
    ranges: Mapping[str, ValueRange] = field(default_factory=dict)
    conditions: Mapping[str, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any], where: object = None) -> SearchSpace:
        """The space that a JSON object describes: a list means alternatives.

        For a parameter that is itself a list (`hidden_units`), an outer list means alternatives. An object
        means a range (`ranges.read_spread`), or `{"values": […], "when": {"optimizer": "sgd"}}`.

        Raises:
            ParamError: all faults at once.
        """
        declared = fields_of(HyperParams)
        choices: Unchecked = {}
        ranges: Unchecked = {}
        conditions: Unchecked = {}
        lists = set()
        for name, value in own_names(values, HyperParams.aliases, where).items():
            if name not in declared:
                choices[name] = value
                continue
            value = taken_condition(declared[name], value, conditions)
            if means_range(declared[name], value):
                ranges[name] = value
                continue
            choices[name], is_list = alternatives(declared[name], value)
            if is_list:
                lists.add(name)
        try:
            return cls(choices, frozenset(lists), ranges, conditions)
        except ParamError as error:
            raise ParamError.of(error.faults, where) from error

    @classmethod
    def typed(cls, settings: Mapping[str, Sequence[Any]], before: SearchSpace) -> SearchSpace:
        """The space of these alternatives alone, texts read as typed.

        Args:
            before: what was there; it knows which single values its file wrote as lists, and the conditions.

        Raises:
            ParamError: all faults at once.
        """
        settings = own_names(settings, HyperParams.aliases)
        choices, ranges = split_ranges(settings)
        # A condition on a name that is gone would be refused as a fault.
        kept = {
            name: (other, wanted)
            for name, (other, wanted) in before.conditions.items()
            if name in settings and other in settings
        }
        return cls(choices, before.as_lists, ranges, kept)

    def __post_init__(self) -> None:
        """Check and read what was given. Raises ParamError with all faults."""
        tables = {name: getattr(self, name) for name in ("choices", "ranges", "conditions")}
        if wrong := {name: table for name, table in tables.items() if not isinstance(table, Mapping)}:
            raise ParamError.of(
                {
                    n: f"{n}: expected an object with parameter names as keys, received {v!r:.80}"
                    for n, v in wrong.items()
                }
            )
        tables = {name: own_names(table, HyperParams.aliases) for name, table in tables.items()}
        declared = fields_of(HyperParams)
        names = [name for table in tables.values() for name in table]
        faults = {
            name: unknown_key(name, {**declared, **HyperParams.aliases})
            for name in names
            if name not in declared
        }
        known = {
            table: {name: value for name, value in values.items() if name in declared}
            for table, values in tables.items()
        }
        choices = {n: checked_values(declared[n], v, faults) for n, v in known["choices"].items()}
        ranges = {n: checked_spread(declared[n], v, faults) for n, v in known["ranges"].items()}
        conditions = {n: checked_condition(declared[n], v, faults) for n, v in known["conditions"].items()}
        faults |= wrong_conditions(choices, conditions)
        if faults:
            raise ParamError.of(faults)
        for name, values in (("choices", choices), ("ranges", ranges), ("conditions", conditions)):
            # The class is frozen, so a plain assignment would raise.
            object.__setattr__(self, name, values)

    @classmethod
    def single(cls, hyper: HyperParams) -> SearchSpace:
        """The space with one point."""
        return cls({name: (value,) for name, value in hyper.set_values().items()})

    def anchored(self) -> SearchSpace:
        """The same space with absolute paths of the backbones' files, which mean the same from every folder."""
        choices = dict(self.choices)
        for name in choices.keys() & {"base", "base_weights"}:
            choices[name] = tuple(map(anchored_file, choices[name]))
        return replace(self, choices=choices)

    def first(self) -> HyperParams:
        """The values that a single training takes."""
        values = {name: choices[0] for name, choices in self.choices.items()}
        return self.point(values | {name: spread.first() for name, spread in self.ranges.items()})

    def point(self, values: Mapping[str, Any]) -> HyperParams:
        """The hyperparameters of drawn values, without those whose condition does not hold."""
        return HyperParams.of({name: value for name, value in values.items() if self.is_active(name, values)})

    def is_active(self, name: str, values: Mapping[str, Any]) -> bool:
        """Whether a name is set where the others have these values."""
        if name not in self.conditions:
            return True
        other, wanted = self.conditions[name]
        return values.get(other) in wanted

    @property
    def varied(self) -> tuple[str, ...]:
        """Names with more than one value, in the order of the file; ranges come last."""
        return tuple(name for name, values in self.choices.items() if len(values) > 1) + tuple(self.ranges)

    def grid(self) -> Iterator[HyperParams]:
        """Every combination, each once; the last varied name changes fastest.

        Raises:
            ParamError: a range without a step.
        """
        axes = self._axes()
        seen = set()
        for values in itertools.product(*axes.values()):
            hyper = self.point(dict(zip(axes, values, strict=True)))
            # Where a condition drops a name, several combinations become the same training.
            key = json.dumps(hyper.set_values(), sort_keys=True)
            if key not in seen:
                seen.add(key)
                yield hyper

    def size(self) -> int:
        """How many combinations a grid has; with conditions some of them may be the same.

        Raises:
            ParamError: a range without a step.
        """
        return math.prod(len(values) for values in self._axes().values())

    def _axes(self) -> dict[str, tuple[Any, ...]]:
        axes = dict(self.choices)
        faults = {}
        for name, spread in self.ranges.items():
            values = spread.values() if isinstance(spread, Range) else None
            if values is None:
                faults[name] = (
                    f"{name}: a grid needs values or a range with a step; random and tpe draw from ranges"
                )
            axes[name] = tuple(values or ())
        if faults:
            raise ParamError.of(faults)
        return axes

    def changed(self, settings: Mapping[str, Sequence[Any]]) -> SearchSpace:
        """A copy in which each name has these alternatives (texts are read as typed).

        Raises:
            ParamError: all faults at once.
        """
        new_choices, new_ranges = split_ranges(own_names(settings, HyperParams.aliases))
        # A name that becomes a range must not keep its old values, nor the other way around.
        choices = {n: v for n, v in self.choices.items() if n not in new_ranges} | new_choices
        ranges = {n: v for n, v in self.ranges.items() if n not in new_choices} | new_ranges
        return SearchSpace(choices, self.as_lists, ranges, self.conditions)

    def to_dict(self) -> JsonObject:
        """The JSON object of the file: several values as a list, the reference's five always."""
        listed = self.as_lists | set(REFERENCE_LISTS)
        whole: JsonObject = {
            name: list(map(_plain, values)) if len(values) > 1 or name in listed else _plain(values[0])
            for name, values in self.choices.items()
        }
        whole |= {name: spread.to_dict() for name, spread in self.ranges.items()}
        for name, (other, wanted) in self.conditions.items():
            spread = self.ranges.get(name)
            values = {"values": list(map(_plain, self.choices[name]))} if spread is None else spread.to_dict()
            whole[name] = {**values, "when": {other: list(map(_plain, wanted))}}
        return whole


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
