"""What Windows and macOS do differently, as far as it can be tried on any system."""

from __future__ import annotations

import ast
import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

import convonet
from convonet import atomic
from convonet.errors import OutputError
from convonet.runs import event_log

SOURCE = Path(convonet.__file__).parent
ABSENT_ON_WINDOWS = {
    "os": {
        *(
            "fork",
            "getuid",
            "geteuid",
            "getpgid",
            "killpg",
            "setsid",
            "sched_getaffinity",
            "sched_setaffinity",
        ),
        *(
            "O_NONBLOCK",
            "O_CLOEXEC",
            "O_DIRECTORY",
            "O_NOFOLLOW",
            "nice",
            "statvfs",
            "fchmod",
            "mkfifo",
            "uname",
        ),
    },
    "signal": {
        "SIGKILL",
        "SIGALRM",
        "SIGHUP",
        "SIGUSR1",
        "SIGUSR2",
        "SIGPIPE",
        "setitimer",
        "pause",
        "alarm",
    },
    "socket": {"AF_UNIX"},
}
GUARDED = {
    ("cli/desktop.py", "AF_UNIX"),  # asked on Linux alone
    ("data/pool.py", "sched_getaffinity"),  # behind hasattr
    ("exporting/chromium.py", "geteuid"),  # behind hasattr
    ("launch/worker.py", "SIGKILL"),  # after a count that only Linux has
    ("own_process.py", "setitimer"),  # asked on Linux alone
    ("server/serving.py", "AF_UNIX"),  # several workers are refused on Windows
    ("server/serving.py", "SIGHUP"),  # the same
    ("runs/environment.py", "sched_getaffinity"),  # behind hasattr
    ("scratch.py", "getuid"),  # behind hasattr
}


def names_absent_on_windows() -> Iterator[tuple[str, str]]:
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.attr in ABSENT_ON_WINDOWS.get(node.value.id, ()):
                    yield path.relative_to(SOURCE).as_posix(), node.attr


def test_what_windows_lacks_is_asked_for_where_it_cannot_be_missed() -> None:
    assert set(names_absent_on_windows()) == GUARDED


@pytest.mark.parametrize(("refusals", "written"), [(3, True), (1_000, False)])
def test_a_file_that_is_being_read_on_windows_is_replaced_a_little_later(
    refusals: int, written: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows refuses to replace a file that another process has open; the window reads run.json all the time."""
    calls = iter(range(refusals))
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if next(calls, None) is not None:
            raise PermissionError(13, "Access is denied")
        replace(source, target)

    monkeypatch.setattr(atomic, "_REPLACES_OPEN_FILES", False)
    # A busy machine may need long for three tries.
    monkeypatch.setattr(atomic, "_PATIENCE", 60.0 if written else 0.3)
    monkeypatch.setattr(os, "replace", refuse)
    file = tmp_path / "run.json"
    file.write_text("old", encoding="utf-8")
    if written:
        atomic.write_text(file, "new")
    else:
        with pytest.raises(OutputError, match="access is denied"):
            atomic.write_text(file, "new")
    assert file.read_text(encoding="utf-8") == ("new" if written else "old")
    assert list(tmp_path.iterdir()) == [file]


def test_line_ends_of_logs_are_one_byte_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    flag = 0x8000  # the value of O_BINARY there
    monkeypatch.setattr(os, "O_BINARY", flag, raising=False)
    assert runpy.run_path(str(event_log.__file__))["_APPEND"] & flag


def test_paths_in_sets_have_forward_slashes() -> None:
    from convonet.text import relative_path

    assert relative_path(r"cat\1.png") == relative_path("./cat/1.png") == "cat/1.png"


@pytest.mark.parametrize("name", ["con", "NUL.txt", "a:b", "a?", "end.", "end "])
def test_no_class_becomes_a_file_name_that_windows_refuses(name: str) -> None:
    from convonet.text import file_name

    made = file_name(name)
    assert made.lower() not in ("con", "nul.txt")
    assert not set(made) & set('<>:"/\\|?*')
    assert not made.endswith((".", " "))
