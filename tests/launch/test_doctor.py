"""What an installation says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from convonet.launch import doctor


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CONVONET_HOME", str(tmp_path / "file" / "home"))
    report = doctor.examine()
    assert not report.ready
    (state,) = [part.state for part in report.parts if part.name == "Convonet folder"]
    assert "set CONVONET_HOME to a different folder" in state
