"""Numbered steps from each older format of the parameter files to the present one.

Version 0 is the reference application's: no version, five keys of data parameters, grey images.
"""

from __future__ import annotations

from collections.abc import Callable

from convonet.errors import ParamError
from convonet.params.fields import ParamValues

FORMAT_VERSION = 2
VERSION_KEY = "format_version"

_REFERENCE_KEYS = {"num_classes", "train_dir", "test_dir", "image_size", "result_dir"}


def _data_0_to_1(values: ParamValues) -> ParamValues:
    """A file of the reference application means grey images; a file by hand says nothing of it."""
    if set(values) <= _REFERENCE_KEYS and {"num_classes", "train_dir", "image_size"} <= set(values):
        return values | {"channels": 1}
    return values


def _hyper_0_to_1(values: ParamValues) -> ParamValues:
    return values


def _data_1_to_2(values: ParamValues) -> ParamValues:
    return values


def hyper_1_to_2(values: ParamValues) -> ParamValues:
    """Until version 1 the model was that of the last epoch unless `save_best` named a score."""
    return {"save_best": "none"} | values


# A step's position is the version that it starts from, so a version without a change needs one too.
_STEPS: dict[str, tuple[Callable[[ParamValues], ParamValues], ...]] = {
    "data": (_data_0_to_1, _data_1_to_2),
    "hyper": (_hyper_0_to_1, hyper_1_to_2),
}


def migrated(kind: str, values: ParamValues, where: object = None) -> ParamValues:
    """The values in the current format, without the version key. `kind` is `data` or `hyper`.

    Raises:
        ParamError: the file is of a newer version than this software knows.
    """
    version = values.get(VERSION_KEY, 0)
    # bool is a subclass of int, so `true` would pass as version 1.
    if not isinstance(version, int) or isinstance(version, bool) or not 0 <= version <= FORMAT_VERSION:
        sentence = f"{VERSION_KEY}: expected a whole number up to {FORMAT_VERSION}, received {version!r}"
        raise ParamError.of({VERSION_KEY: sentence}, where)
    values = {name: value for name, value in values.items() if name != VERSION_KEY}
    for step in _STEPS[kind][version:]:
        values = step(values)
    return values
