"""From typed texts to values and back, for both kinds of parameters. No widget in here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

from convonet.errors import ParamError
from convonet.params import DataParams, HyperParams, SearchSpace, fields_of, split_setting

T = TypeVar("T", DataParams, SearchSpace)
Read = tuple[T | None, dict[str, str]]


def read_data(texts: Mapping[str, str]) -> Read[DataParams]:
    """The data parameters that were typed, or None and a sentence for each wrong field."""
    try:
        return DataParams.of(texts), {}
    except ParamError as error:
        return None, dict(error.faults)


def read_space(texts: Mapping[str, str], before: SearchSpace) -> Read[SearchSpace]:
    """The hyperparameters that were typed, alternatives between commas, or None and the faults.

    Args:
        before: what was there; it knows which single values its file wrote as lists, and the conditions.
    """
    declared = fields_of(HyperParams)
    settings: dict[str, list[str]] = {}
    faults: dict[str, str] = {}
    for name, text in texts.items():
        try:
            settings[name] = split_setting(f"{name}={text}", declared)[1]
        except ParamError as error:
            faults |= error.faults
    try:
        space = SearchSpace.typed(settings, before)
    except ParamError as error:
        faults |= error.faults
        return None, faults
    return (None if faults else space), faults


def data_texts(data: DataParams) -> dict[str, str]:
    """What a person would type for these parameters."""
    fields = fields_of(DataParams)
    return {name: fields[name].show(value) for name, value in data.set_values().items()}


def space_texts(space: SearchSpace) -> dict[str, str]:
    """What a person would type for this space; alternatives between commas."""
    fields = fields_of(HyperParams)
    texts = {}
    for name, values in space.choices.items():
        if fields[name].kind == "layers" and len(values) > 1:
            texts[name] = json.dumps([list(value) for value in values], ensure_ascii=False)
        else:
            texts[name] = ", ".join(fields[name].show(value) for value in values)
    return texts | {name: json.dumps(spread.to_dict()) for name, spread in space.ranges.items()}
