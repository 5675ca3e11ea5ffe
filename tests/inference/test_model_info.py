"""The description in a model file: whole, in any script, and honest about what it cannot read."""

from __future__ import annotations

import json

import pytest

from convonet.errors import ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.params import PixelParams

INFO = ModelInfo(
    classes=("东", "主", "人 x"),
    pixels=PixelParams(80, 60, 3, "pad", "lanczos", "white"),
    scaling="standard",
    mean=(0.1, 0.2, 0.3),
    deviation=(0.5,),
    output="logits",
    temperature=1.5,
    family="three_block",
)


def test_reading_gives_what_was_written() -> None:
    assert ModelInfo.from_json(INFO.to_json()) == INFO
    assert "东" in INFO.to_json()


def test_a_copy_with_other_values() -> None:
    assert INFO.changed(temperature=2.0).temperature == 2.0
    assert INFO.temperature == 1.5


def _without(key: str) -> str:
    value = json.loads(INFO.to_json())
    del value[key]
    return json.dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        _without("format_version"),
        _without("classes"),
        _without("pixels"),
        INFO.to_json().replace('"format_version": 1', '"format_version": 99'),
        INFO.to_json().replace('"东"', "7"),
        INFO.to_json().replace('"height": 80', '"tallness": 80'),
    ],
)
def test_what_is_no_description_is_said_so(text: str) -> None:
    with pytest.raises(ModelFileError, match=r"m\.keras"):
        ModelInfo.from_json(text, "m.keras")


def _with(key: str, value: object) -> str:
    document = json.loads(INFO.to_json())
    group = document["pixels"] if key in document["pixels"] else document
    group[key] = value
    return json.dumps(document)


WRONG = {
    "format_version": [None, "1", 0, True, [], 1.0],
    "classes": [
        None,
        "abc",
        5,
        ["a", 1],
        ["a", ""],
        ["a", "  "],
        ["a", "a"],
        ["a"],
        [["a"], ["b"]],
        {"a": 1, "b": 2},
    ],
    "pixels": [None, 5, [], "x"],
    "height": [None, 0, -1, 2.0, "80", True, 10**9, [80]],
    "width": [0, "60"],
    "channels": [0, 2, 4, "3", True, None],
    "resize": ["squash", None, 3, ["pad"]],
    "filter": ["sharp", None],
    "alpha": ["red", {}],
    "scaling": ["0..1", None, 1, ["unit"]],
    "mean": [5, [], ["a"], [float("nan")], {}, None],
    "deviation": [[0], [-1.0], [float("inf")], "x", None],
    "inside": [None, 1, "yes"],
    "output": ["answers", None, 3, ["logits"], {}],
    "temperature": [0, -1, "1", None, float("nan"), float("inf"), True],
    "threshold": [2, "0.5", float("nan"), True, []],
    "positive": ["nobody", 5, ["东"]],
    "family": [5, []],
    "base": [False],
    "keras_sha256": [5],
    "made_by": [5, []],
}


@pytest.mark.parametrize(
    ("key", "value"), [(key, value) for key, values in WRONG.items() for value in values]
)
def test_every_value_is_looked_at(key: str, value: object) -> None:
    with pytest.raises(ModelFileError, match="description cannot be read"):
        ModelInfo.from_json(_with(key, value), "m.keras")


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ModelFileError, match="description cannot be read"):
        ModelInfo.from_json("[" * 100_000, "m.keras")


def test_keys_of_a_later_minor_version_are_left_alone() -> None:
    value = json.loads(INFO.to_json()) | {"something_new": 1}
    assert ModelInfo.from_json(json.dumps(value)) == INFO
