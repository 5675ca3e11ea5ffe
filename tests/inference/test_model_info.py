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


def test_keys_of_a_later_minor_version_are_left_alone() -> None:
    value = json.loads(INFO.to_json()) | {"something_new": 1}
    assert ModelInfo.from_json(json.dumps(value)) == INFO
