"""Folders of uploads are kept within bounds without looking at all of them again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from convonet.server import upload_folders
from convonet.server.upload_folders import UploadFolders


def test_the_oldest_go_first_and_each_is_looked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    look = upload_folders._look

    def counting(folder: Path) -> upload_folders._Kept | None:
        looked.append(folder.name)
        return look(folder)

    monkeypatch.setattr(upload_folders, "_KEPT", 3)
    monkeypatch.setattr(upload_folders, "_look", counting)
    # Of an earlier server, in another order than that of their names.
    for age, name in enumerate(("upload-b", "upload-c", "upload-a")):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (age, age))
    uploads = UploadFolders(tmp_path)
    made = []
    for _ in range(2):
        with uploads.new() as folder:
            (folder / "0.png").write_bytes(b"x")
        made.append(folder.name)
    assert {path.name for path in tmp_path.iterdir()} == {"upload-a", *made}
    assert sorted(looked) == sorted(["upload-a", "upload-b", "upload-c", *made])


def test_one_beyond_the_bytes_stays_until_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_folders, "_KEPT_BYTES", 10)
    uploads = UploadFolders(tmp_path)
    for size in (4, 20):
        with uploads.new() as folder:
            (folder / "0.png").write_bytes(bytes(size))
        assert list(tmp_path.iterdir()) == [folder]
    with uploads.new() as small:
        (small / "0.png").write_bytes(b"x")
    assert list(tmp_path.iterdir()) == [small]
