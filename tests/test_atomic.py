"""JSON that every reader takes, whatever the numbers and names are."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from convonet.atomic import json_text, write_json


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({"loss": [0.5, float("nan"), float("inf")]}, {"loss": [0.5, None, None]}),
        ((1, {"a": (float("-inf"), 2)}), [1, {"a": [None, 2]}]),
        ({"name": "东\u2028\n\"'"}, {"name": "东\u2028\n\"'"}),
        (os.fsdecode(b"caf\xe9.png"), os.fsdecode(b"caf\xe9.png")),
    ],
)
def test_json_has_no_nan_and_is_utf8(value: Any, read: Any, tmp_path: Path) -> None:
    def refused(name: str) -> None:
        raise AssertionError(name)

    assert json.loads(json_text(value).encode("utf-8"), parse_constant=refused) == read
    write_json(tmp_path / "a.json", value)
    assert json.loads((tmp_path / "a.json").read_bytes(), parse_constant=refused) == read


def test_letters_stay_legible() -> None:
    assert json_text({"类": "东"}) == '{"类": "东"}'
