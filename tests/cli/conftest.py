"""The command line as a person starts it: a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code and both streams."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as the one document that it must be."""
        return json.loads(self.out)


Convonet = Callable[..., Said]


def start(arguments: Sequence[object], **options: Any) -> subprocess.Popen[str]:
    """Start the command line without waiting for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "convonet", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        **options,
    )


def home_in(folder: Path) -> dict[str, str]:
    """The environment of a command that a fixture of a module starts, with a Convonet folder below `folder`."""
    return os.environ | {"CONVONET_HOME": str(folder / "home")}


@pytest.fixture
def convonet(own_home: Path) -> Convonet:
    """Run a command and give what it left."""

    def run(*arguments: object, timeout: float = 240, before: Callable[[], None] | None = None) -> Said:
        with start(arguments, cwd=own_home, preexec_fn=before) as process:
            out, err = process.communicate(timeout=timeout)
        return Said(process.returncode, out, err)

    return run


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Twelve pictures in two classes, train and test, and the two parameter files."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        for place, name in enumerate(("dark", "light")):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for number in range(6):
                values = rng.integers(place * 128, place * 128 + 127, (8, 8), dtype=np.uint8)
                Image.fromarray(values).save(folder / f"{number}.png")
    data = {"train_dir": str(tmp_path / "train"), "test_dir": str(tmp_path / "test"), "image_size": 8}
    (tmp_path / "data.json").write_text(json.dumps(data))
    (tmp_path / "hyper.json").write_text(
        json.dumps({"num_filters": 4, "num_units": 8, "epochs": 3, "batch_size": 4})
    )
    return tmp_path
