"""Whatever a person points to: a sentence that says what, where, what was expected and what to do, or true counts."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from convonet.data.cache import ImageCache
from convonet.data.data_prep import prepare
from convonet.data.sources import scan
from convonet.errors import ConvonetError, DataError, ParamError
from convonet.params import DataParams
from convonet.params.data_params import PixelParams


def picture(kind: str = "PNG", mode: str = "L", **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.new(mode, (8, 8)).save(stream, kind, **options)
    return stream.getvalue()


def huge() -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


GOOD = {"a/1.png": picture(), "b/1.png": picture()}
REFUSED: list[tuple[str, dict[str, bytes], dict[str, Any], type[ConvonetError], tuple[str, ...]]] = [
    ("missing folder", GOOD, {"train_dir": "sett"}, DataError, ("no such folder", "Did you mean", "set")),
    (
        "deep missing folder",
        GOOD,
        {"train_dir": "set/c/d"},
        DataError,
        ("no such folder", "exists, but contains no c"),
    ),
    ("empty folder", {}, {}, DataError, ("No images were found", "an empty folder", "png")),
    (
        "only other files",
        {"a/1.txt": b"x", "b/2.doc": b"x"},
        {},
        DataError,
        ("No images were found", "not an image"),
    ),
    ("images without folders", {"1.png": picture()}, {}, DataError, ("No images", "not in a class folder")),
    ("one class", {"a/1.png": picture()}, {}, DataError, ("only one class", "two or more classes", "a")),
    (
        "one folder too high",
        {f"set2/{name}/1.png": picture() for name in "abc"},
        {},
        DataError,
        ("only one class", "Did you mean", "set2", "3 folders"),
    ),
    (
        "wrong kind of file",
        GOOD | {"x.docx": b"x"},
        {"train_dir": "set/x.docx"},
        DataError,
        ("not a set of images", "CSV"),
    ),
    ("an image as the set", GOOD, {"train_dir": "set/a/1.png"}, DataError, ("not a set of images", "folder")),
    ("num_classes disagrees", GOOD, {"num_classes": 3}, ParamError, ("say 3", "have 2", "a, b")),
    ("missing test folder", GOOD, {"test_dir": "set/test"}, DataError, ("no such folder", "test_dir")),
    ("empty table", {"x.csv": b""}, {"train_dir": "set/x.csv"}, DataError, ("header", "an empty file")),
    (
        "table without label",
        {"x.csv": b"path,size\n"},
        {"train_dir": "set/x.csv"},
        DataError,
        ("path, size",),
    ),
    (
        "table of bytes",
        {"x.csv": b"path,label\n\0\xff\xfe"},
        {"train_dir": "set/x.csv"},
        DataError,
        ("not text", "UTF-8", "Save it"),
    ),
    (
        "table of nothing",
        {"x.csv": b"path,label\nq,a\n"},
        {"train_dir": "set/x.csv"},
        DataError,
        ("no such file",),
    ),
    ("broken arrays", {"x.npz": b"PK\3\4"}, {"train_dir": "set/x.npz"}, DataError, ("not an .npz file",)),
    (
        "a root without test",
        {f"{part}/{name}/1.png": picture() for part in ("train", "val") for name in "ab"},
        {"test_dir": "set"},
        DataError,
        ("no test images here", "test or testing"),
    ),
    (
        "all bad",
        {"a/1.png": b"x", "b/1.png": b""},
        {},
        DataError,
        ("could be read", "a/1.png", "not an image"),
    ),
]


@pytest.mark.parametrize(
    ("_", "files", "params", "kind", "words"), REFUSED, ids=[case[0] for case in REFUSED]
)
def test_refused_with_a_sentence(
    make_files: Callable[..., Path],
    cache: ImageCache,
    _: str,
    files: dict[str, bytes],
    params: dict[str, Any],
    kind: type[ConvonetError],
    words: tuple[str, ...],
) -> None:
    root = make_files(content=files)
    paths = {key: str(root.parent / value) for key, value in params.items() if key.endswith("_dir")}
    data = DataParams.of({"train_dir": str(root)} | params | paths)
    with pytest.raises(kind) as caught:
        prepare(scan(data).train, PixelParams(8, 8, 1), cache=cache)
    for word in words:
        assert word in caught.value.sentence()
    assert caught.value.exit_code == 2
    assert "\n" not in caught.value.sentence()


SKIPPED: list[tuple[str, bytes, str]] = [
    ("a/text.png", b"hello, this is text", "not an image"),
    ("a/empty.jpg", b"", "empty"),
    ("a/cut.png", picture()[:50], "truncated"),
    ("a/cut.jpg", picture("JPEG")[:-20], "truncated"),
    ("a/huge.png", huge(), "too large: 20,000 × 20,000"),
    ("a/notes.txt", b"x", "not an image type"),
]
TAKEN: list[tuple[str, bytes]] = [
    ("a/UPPER.PNG", picture()),
    ("a/jpeg_inside.png", picture("JPEG")),
    ("a/sixteen.png", picture(mode="I;16")),
    ("a/cmyk.jpg", picture("JPEG", "CMYK")),
    ("a/palette.png", picture(mode="P", transparency=0)),
    ("a/moving.gif", picture("GIF", save_all=True, append_images=[Image.new("L", (8, 8), 9)])),
    ("东/东.webp", picture("WEBP", "RGB")),
    ('a/a, b\'s "c".png', picture()),
]


def test_the_bad_files_are_listed_and_all_others_counted(make_files, cache: ImageCache) -> None:
    hidden = {"a/.ipynb_checkpoints/x.png": picture(), ".git/x.png": picture()}
    bad = {path: content for path, content, _ in SKIPPED}
    root = make_files(content={**GOOD, **hidden, **bad, **dict(TAKEN)})
    prepared = prepare(scan(DataParams(train_dir=str(root))).train, PixelParams(8, 8, 1), cache=cache)
    assert set(prepared.paths) == {*GOOD, *dict(TAKEN)}
    reasons = dict(prepared.listing.skipped)
    assert set(reasons) == set(bad)
    for path, _, reason in SKIPPED:
        assert reason in reasons[path]
    assert prepared.listing.counts() == {"a": 1 + len(TAKEN) - 1, "b": 1, "东": 1}
