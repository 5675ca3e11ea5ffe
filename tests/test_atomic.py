"""JSON that every reader takes, whatever the numbers and names are."""

from __future__ import annotations

import errno
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convonet.atomic import check_place, is_no_room, json_text, replacing, write_bytes, write_json, write_text
from convonet.csv_files import write_csv
from convonet.documents.predictions import UnreadableImage
from convonet.errors import ConvonetError, OutputError, StorageError
from convonet.params import DataParams, save_data
from convonet.session.models import write_predictions


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


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text('ab"\n,é'),
        lambda item: (
            st.lists(item)
            | st.lists(item).map(tuple)
            | st.dictionaries(st.text("ab,") | st.integers() | st.booleans() | st.none(), item)
        ),
    ),
    st.integers(1, 3),
)
def test_json_is_indented_as_the_standard_library_does(value: Any, indent: int) -> None:
    assert json_text(value, indent=indent) == json.dumps(value, indent=indent, ensure_ascii=False)


def test_letters_stay_legible() -> None:
    assert json_text({"类": "东"}) == '{"类": "东"}'


def _with_replacing(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_text("text")


WRITERS: dict[str, Callable[[Path], None]] = {
    "bytes": lambda path: write_bytes(path, b"text"),
    "text": lambda path: write_text(path, "text"),
    "JSON": lambda path: write_json(path, {"a": 1}),
    "table": lambda path: write_csv(path, ("a", "b"), [("x", 1)]),
    "predictions": lambda path: write_predictions(path, [UnreadableImage(path="x", error="is no image")]),
    "parameters": lambda path: save_data(path, DataParams(num_classes=2)),
    "replacing": _with_replacing,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_link_stays_a_link(name: str, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link, again = tmp_path / "real/file", tmp_path / "link", tmp_path / "again"
    target.write_text("before")
    link.symlink_to("real/file")
    again.symlink_to("link")
    WRITERS[name](again)
    assert link.is_symlink()
    assert again.is_symlink()
    assert target.read_text() != "before"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["again", "file", "link", "real"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
@pytest.mark.parametrize("name", WRITERS)
def test_a_pipe_stays_a_pipe(name: str, tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    WRITERS[name](pipe)
    reader.join(60)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert len(read[0]) > 3


@pytest.mark.skipif(os.name == "nt", reason="no such device on this system")
@pytest.mark.parametrize("name", WRITERS)
def test_a_device_stays_a_device(name: str) -> None:
    before = os.stat("/dev/null")
    WRITERS[name](Path("/dev/null"))
    after = os.stat("/dev/null")
    assert stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_rdev) == (before.st_ino, before.st_rdev)


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "x"), True),
        (OSError(errno.EDQUOT, "x"), True),
        (StorageError("x"), True),
        (RuntimeError("unable to write: errno = 28, error message = 'No space left on device'"), True),
        (OSError(errno.EACCES, "x"), False),
        (ValueError("x"), False),
        (ConvonetError("x"), False),
    ],
)
def test_a_full_disk_is_known_whoever_says_it(error: Exception, full: bool) -> None:
    wrapped = RuntimeError("it cannot be saved")
    wrapped.__cause__ = error
    assert is_no_room(error) is is_no_room(wrapped) is full


@pytest.mark.parametrize("sign", ["\x7f", "\x9b", "\u2028", "\u202e", "\x1b"])
def test_signs_that_a_terminal_obeys_are_escaped_in_json(sign: str) -> None:
    assert sign not in json_text({sign: sign})
    assert json.loads(json_text({sign: sign})) == {sign: sign}


def test_a_place_that_cannot_be_written_to_is_known_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for name in ("file", "new", "new/er", "", os.devnull):
        check_place(tmp_path / name)
    with pytest.raises(OutputError, match="a file, not a folder") as caught:
        check_place(tmp_path / "file" / "a" / "b.png")
    assert caught.value.where == str(tmp_path / "file")
    # As on a read-only disk: the tests may be run by somebody who may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(OutputError, match=r"b\.png cannot be written") as caught:
        check_place(tmp_path / "b.png")
    assert caught.value.where == str(tmp_path)
    check_place(Path(os.devnull))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
