"""Other words for a parameter. They are read wherever a person may write one; files get the parameter's own name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from convonet.errors import ParamError

Value = TypeVar("Value")

BACKBONE_WORDS: Mapping[str, str] = {
    "backbone": "base",
    "backbone_weights": "base_weights",
    "backbone_sha256": "base_sha256",
}
"""The field's word for what files and JSON have always called `base`."""


def own_names(
    values: Mapping[str, Value], aliases: Mapping[str, str], where: object = None
) -> dict[str, Value]:
    """The values under the parameters' own names.

    Args:
        aliases: other word → own name.
        where: says in an error where the values stand.

    Raises:
        ParamError: a parameter is given under both of its names.
    """
    both = {
        name: f"{name}: means the same as {own}, which is also given"
        for name, own in aliases.items()
        if name in values and own in values
    }
    if both:
        raise ParamError.of(both, where)
    return {aliases.get(name, name): value for name, value in values.items()}
