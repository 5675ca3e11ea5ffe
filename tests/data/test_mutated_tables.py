"""Damaged tables are read, or refused in words: never a traceback, never for long."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzing import tries

sys.path.insert(0, str(Path(__file__).parent))
from people_tables import SHAPES, Make

from convonet.data.sources import scan
from convonet.errors import ConvonetError
from convonet.params import DataParams

EACH = tries(400)
SECONDS = 50
Mutation = Callable[[bytes, random.Random], bytes]


def _flip(content: bytes, rng: random.Random) -> bytes:
    damaged = bytearray(content)
    for _ in range(rng.randint(1, 8)):
        damaged[rng.randrange(len(damaged))] = rng.randrange(256)
    return bytes(damaged)


def _cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def _repeat(content: bytes, rng: random.Random) -> bytes:
    start = rng.randrange(len(content))
    return (
        content[:start] + content[start : start + rng.randrange(1, 60)] * rng.randint(1, 20) + content[start:]
    )


def _lines(content: bytes, rng: random.Random) -> bytes:
    lines = content.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def _signs(content: bytes, rng: random.Random) -> bytes:
    sign = rng.choice([b'"', b"\0", b"\r", b"\n", b"\t", b",,", b";", b"../", b"\xff\xfe", b"=", b"'" * 200])
    place = rng.randrange(len(content))
    return content[:place] + sign + content[place:]


def _encoding(content: bytes, rng: random.Random) -> bytes:
    return content.decode("latin-1").encode(rng.choice(["utf-16", "utf-16-be", "utf-32", "utf-8-sig"]))


MUTATIONS: tuple[Mutation, ...] = (_flip, _cut, _repeat, _lines, _signs, _encoding)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_a_damaged_table_is_read_or_refused(shape: Make, tmp_path: Path) -> None:
    folder = shape(tmp_path)
    table = next(folder.glob("*.csv"))
    whole, read, refused = table.read_bytes(), 0, 0
    for seed in range(EACH):
        rng = random.Random(seed)
        content = whole
        for mutation in rng.choices(MUTATIONS, k=rng.randint(1, 3)):
            content = mutation(content or b"x", rng)
        table.write_bytes(content)
        started = time.monotonic()
        try:
            read += bool(len(scan(DataParams(train_dir=str(rng.choice([folder, table])))).train))
        except ConvonetError:
            refused += 1
        assert time.monotonic() - started < SECONDS, seed
    assert read + refused == EACH
    assert read
    assert refused
