"""Ways in which files are damaged: by accident in transit, or by somebody who knows the format."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

Change = Callable[[bytearray, random.Random], bytearray]


def _place(content: bytearray, rng: random.Random) -> int:
    return rng.randrange(max(len(content), 1))


def flipped(content: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice((1, 3, 30))):
        content[_place(content, rng)] = rng.randrange(256)
    return content


def cut(content: bytearray, rng: random.Random) -> bytearray:
    return content[: _place(content, rng)]


def zeroed(content: bytearray, rng: random.Random) -> bytearray:
    at = _place(content, rng)
    size = min(rng.choice((4, 64, 4096)), len(content) - at)
    content[at : at + size] = bytes(size)
    return content


def repeated(content: bytearray, rng: random.Random) -> bytearray:
    at = _place(content, rng)
    return content[:at] + content[at : at + rng.choice((8, 300))] * rng.choice((2, 20)) + content[at:]


def dropped(content: bytearray, rng: random.Random) -> bytearray:
    at = _place(content, rng)
    return content[:at] + content[at + rng.choice((1, 16, 500)) :]


def large_number(content: bytearray, rng: random.Random) -> bytearray:
    """Sizes and counts stand in the first bytes of most formats."""
    at = rng.randrange(max(min(len(content), 512) - 4, 1))
    content[at : at + 4] = rng.choice(
        (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")
    )
    return content


CHANGES: tuple[Change, ...] = (flipped, cut, zeroed, repeated, dropped, large_number)


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Bytes with one to three accidents."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3))):
        made = rng.choice(CHANGES)(made, rng) or made
    return bytes(made)


_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    7,
    10**5,
    30_000,
    2**40,
    1e308,
    float("nan"),
    "",
    "x",
    "softmax",
    "channels_first",
    [],
    {},
    [None, 28, 28, 1],
    [[["x", 0, 0, {}]]],
    {"class_name": "Dense", "config": {}},
)


def changed_json(text: str, rng: random.Random) -> str:
    """A JSON text with one to four values replaced, removed, copied elsewhere or nested."""
    value = json.loads(text)
    for _ in range(rng.choice((1, 1, 2, 4))):
        _change(rng.choice(_parts(value)), rng, value)
    return json.dumps(value)


def _parts(value: Any) -> list[Any]:
    """Every object and list that is not empty."""
    found = [value] if isinstance(value, (dict, list)) and value else []
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return found + [part for item in inner for part in _parts(item)]


def _change(part: Any, rng: random.Random, whole: Any) -> None:
    key = rng.choice(list(part)) if isinstance(part, dict) else rng.randrange(len(part))
    kind = rng.randrange(5)
    if kind == 0:
        del part[key]
    elif kind == 1:
        nested: Any = part[key]
        for _ in range(rng.choice((1, 200))):
            nested = [nested]
        part[key] = nested
    elif kind == 2 and isinstance(part, list):
        part.extend([json.loads(json.dumps(part[key]))] * rng.choice((1, 50)))
    elif kind == 3:
        part[key] = json.loads(json.dumps(rng.choice(_parts(whole))))
    else:
        part[key] = rng.choice(_VALUES)
