"""A set of six images, and a server of a few digits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from convonet.session.remote import connection as connection_room
from served import Served


@pytest.fixture
def served(tmp_path: Path, digits: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("CONVONET_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(connection_room, "PAUSES", (0.1, 0.2))
    for split in ("train", "test"):
        for name in ("3", "7"):
            target = tmp_path / "root" / "digits" / split / name
            target.mkdir(parents=True)
            for file in sorted((digits / split / name).iterdir())[:12]:
                shutil.copyfile(file, target / file.name)
    made = Served(tmp_path / "root")
    yield made
    made.stop()


@pytest.fixture
def tiny_set(tmp_path: Path) -> Path:
    """Six images in two classes."""
    for name in "ab":
        (tmp_path / "set" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("L", (4, 4), 80 * number).save(tmp_path / "set" / name / f"{number}.png")
    return tmp_path / "set"
