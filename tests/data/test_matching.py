"""Regular expressions of strangers: what they find, and that none of them holds the process."""

from __future__ import annotations

import re
import time

import pytest

from convonet.data import matching
from convonet.data.matching import PatternError, find_in
from convonet.events import Cancelled, Watch

NAMES = ["cat_1.png", "dog_12.png", "猫_3.png", "é\u0301\\\"'\n.png", "mouse.png", ""]


@pytest.mark.parametrize(
    "pattern", [r"^(?P<label>[^_]+)_\d+", r"(?P<label>)", "(?P<label>[\u4e00-\u9fff]+)|x"]
)
def test_it_finds_what_re_finds(pattern: str) -> None:
    matches = [re.search(pattern, name) for name in NAMES]
    found = find_in(pattern, "label", NAMES)
    assert found.texts == [match and match["label"] for match in matches]
    assert (found.groups, found.named) == (1, ["label"])


@pytest.mark.parametrize(
    "pattern", ["(", "(?P<label>", "a{99999999999999999999}", "(" * 900 + ")" * 90, "x" * 1001]
)
def test_what_is_no_expression_is_told(pattern: str) -> None:
    with pytest.raises(PatternError, match=r"\w"):
        find_in(pattern, 1, NAMES)


def test_a_group_that_is_not_there_finds_nothing() -> None:
    assert find_in("(a)(b)", "label", NAMES) == (2, [], [])


HOSTILE = {
    "nested": ("(a+)+b", "a" * 60),
    "alternatives": ("(a|a)*b", "a" * 60),
    "many": (r"(.*){30}b", "a" * 200),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_an_expression_without_end_is_ended(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_SECONDS", 0.3)
    pattern, text = HOSTILE[name]
    began = time.monotonic()
    with pytest.raises(PatternError, match="takes longer"):
        find_in(pattern, 1, [text])
    assert time.monotonic() - began < 15


def test_it_can_be_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_SECONDS", 120)
    ends = time.monotonic() + 0.3
    pattern, text = HOSTILE["nested"]
    with pytest.raises(Cancelled):
        find_in(pattern, 1, [text], Watch(should_stop=lambda: time.monotonic() > ends))
    assert time.monotonic() - ends < 10
