"""ONNX Runtime Web: only the pinned files, only on request."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from convonet.errors import ConvonetError, InputError
from convonet.exporting import runtime
from convonet.exporting.runtime import HASHES, find_runtime


def packed(files: dict[str, bytes], target: Path) -> Path:
    """A package as npm packs it."""
    with tarfile.open(target, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"package/dist/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return target


def test_nothing_is_downloaded_unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime.subprocess, "run", lambda *_, **__: pytest.fail("a program was started"))
    with pytest.raises(InputError, match="is not on this machine") as caught:
        find_runtime()
    assert caught.value.hint is not None
    assert "fetch=True" in caught.value.hint
    assert "runtime" in caught.value.hint


def test_a_package_or_a_folder_is_kept(ort: Path, tmp_path: Path, own_home: Path) -> None:
    package = packed({name: (ort / name).read_bytes() for name in HASHES}, tmp_path / "package.tgz")
    folder = find_runtime(source=package)
    assert folder.is_relative_to(own_home)
    assert {path.name for path in folder.iterdir()} == set(HASHES)
    assert find_runtime() == folder
    shutil.rmtree(folder)
    shutil.copytree(ort, tmp_path / "node_modules" / "onnxruntime-web" / "dist")
    assert find_runtime(source=tmp_path) == folder


def test_other_files_are_refused(tmp_path: Path) -> None:
    package = packed({name: b"something else" for name in HASHES}, tmp_path / "package.tgz")
    with pytest.raises(InputError, match="does not match onnxruntime-web"):
        find_runtime(source=package)
    with pytest.raises(InputError, match="no ONNX Runtime Web in this folder"):
        find_runtime(source=tmp_path)
    (tmp_path / "letter.tgz").write_text("dear")
    with pytest.raises(InputError, match="cannot be read"):
        find_runtime(source=tmp_path / "letter.tgz")
    assert not runtime.is_cached()


def test_a_file_that_was_changed_on_this_machine_is_refused(ort: Path, tmp_path: Path) -> None:
    folder = find_runtime(source=ort)
    (folder / next(iter(HASHES))).write_text("something else")
    with pytest.raises(InputError, match="does not match onnxruntime-web"):
        find_runtime()


def test_a_download_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="npm, which downloads"):
        find_runtime(fetch=True)
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(ConvonetError, match="could not download") as caught:
        find_runtime(fetch=True)
    assert caught.value.received == "no network"
