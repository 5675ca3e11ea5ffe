"""Damaged parameter files are refused in words."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from convonet.errors import InputError
from convonet.params import load_data, load_hyper, preset, preset_names
from fuzzing import tries

EACH = tries(500)
VALUES: tuple[Any, ...] = (
    None, -1, 0, 1e400, 10**40, "", "none", "\\", "\0", [], [[]], {}, {"when": 3}, {"low": 1}, True, [None], "é" * 5000,
)  # fmt: skip


def _mutated(values: dict[str, Any], rng: random.Random) -> bytes:
    values = dict(values)
    for name in rng.choices(sorted(values), k=2):
        values[name] = rng.choice(VALUES)
    if rng.random() < 0.3:
        values[rng.choice(["epoch", "format_version", "", "train_dir", "layers"])] = rng.choice(VALUES)
    content = bytearray(json.dumps(values).encode())
    if rng.random() < 0.5:
        for _ in range(rng.randint(1, 4)):
            content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content[: rng.randrange(len(content))] if rng.random() < 0.1 else content)


@pytest.mark.parametrize(("kind", "load"), [("data", load_data), ("hyper", load_hyper)])
def test_a_damaged_file_is_read_or_refused(kind: Any, load: Any, tmp_path: Path) -> None:
    file, refused = tmp_path / "p.json", 0
    names = preset_names(kind)
    for seed in range(EACH):
        rng = random.Random(seed)
        values = preset(kind, rng.choice(names)) if names else {"train_dir": "x", "image_size": 8}
        file.write_bytes(_mutated(values, rng))
        try:
            load(file)
        except InputError:
            refused += 1
    assert refused > EACH // 4
