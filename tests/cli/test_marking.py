"""`convonet mark`, called in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from convonet.cli.app import app
from convonet.errors import InputError, ParamError

RUNNER = CliRunner()


def said(*arguments: object) -> str:
    result = RUNNER.invoke(app, ["mark", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def test_marks_are_set_shown_and_taken_back(tiny: Path) -> None:
    folder = tiny / "train"
    assert "0 images are marked" in said(folder)
    said(folder, "dark/0.png", "dark/1.png", "--label", "light")
    document = json.loads(said(folder, "light/2.png", "--leave-out", "--json"))
    assert [(mark["path"], mark["label"], mark["leave_out"]) for mark in document["marks"]] == [
        ("dark/0.png", "light", False),
        ("dark/1.png", "light", False),
        ("light/2.png", None, True),
    ]
    assert document["files"] == [str(folder / "convonet-marks.json")]
    assert "dark/0.png: dark → light" in said(folder)
    assert "0 images are marked" in said(folder, "dark/0.png", "dark/1.png", "light/2.png", "--undo")


def test_the_first_images_of_a_table_are_marked(tiny: Path) -> None:
    (tiny / "list.csv").write_text("path,why\ndark/3.png,x\ndark/1.png,y\nlight/0.png,z\n")
    marks = json.loads(
        said(tiny / "train", "--from", tiny / "list.csv", "--first", 2, "--leave-out", "--json")
    )
    assert [mark["path"] for mark in marks["marks"]] == ["dark/1.png", "dark/3.png"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--leave-out"], InputError),
        (["dark/0.png"], InputError),
        (["dark/0.png", "--undo", "--leave-out"], InputError),
        (["dark/0.png", "--label", "lihgt"], ParamError),
        (["dark/17.png", "--leave-out"], ParamError),
    ],
)
def test_what_cannot_be_done_is_refused(tiny: Path, arguments: list[str], error: type[InputError]) -> None:
    with pytest.raises(error):
        said(tiny / "train", *arguments)
    assert not (tiny / "train" / "convonet-marks.json").exists()
