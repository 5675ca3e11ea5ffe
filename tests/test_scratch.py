"""Folders for one call: gone afterwards, and those of killed processes with the next one; nobody else's."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from convonet.scratch import Scratch, remove_abandoned

_KILLED = """
import os
from convonet.scratch import Scratch
made = Scratch()
(made.path / "image.png").write_bytes(b"x")
print(made.path, flush=True)
os._exit(9)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's temporary folder."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def age(folder: Path) -> None:
    long_ago = time.time() - 3600
    os.utime(folder, (long_ago, long_ago))


def test_it_goes_with_everything_in_it(temporary: Path) -> None:
    with Scratch() as folder:
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "b" / "c.png").touch()
        assert folder.is_relative_to(temporary)
    assert list(temporary.iterdir()) == []
    made = Scratch()
    made.close()
    made.close()


def test_what_a_killed_process_left_goes_and_what_is_used_stays(temporary: Path) -> None:
    words = [sys.executable, "-c", _KILLED]
    left = Path(subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()).parent
    assert (left / "files" / "image.png").is_file()
    assert remove_abandoned() == 0, "too young"
    stranger = temporary / "convonet-notes"
    stranger.mkdir()
    for folder in (left, stranger):
        age(folder)
    used = Scratch()
    assert not left.exists()
    age(used.path.parent)
    with Scratch():
        assert used.path.is_dir()
    assert stranger.is_dir()
    used.close()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="folders have owners there")
def test_another_persons_folder_and_a_link_are_left(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = temporary / "precious"
    target.mkdir()
    for folder in (target, temporary / "convonet-theirs"):
        folder.mkdir(exist_ok=True)
        (folder / ".lock").write_text("kept")
        age(folder)
    (temporary / "convonet-link").symlink_to(target)
    monkeypatch.setattr(os, "getuid", lambda: target.stat().st_uid + 1)
    assert remove_abandoned() == 0
    monkeypatch.undo()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert remove_abandoned() == 1
    assert (target / ".lock").read_text() == "kept"
