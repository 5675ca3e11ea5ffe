"""The kernel explorer on the command line; in this process, since none of it starts a worker."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from convonet.cli.app import app
from convonet.errors import InputError

run = CliRunner()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Left half black, right half white."""
    values = np.zeros((6, 8, 3), np.uint8)
    values[:, 4:] = 255
    Image.fromarray(values).save(tmp_path / "half.png")
    return tmp_path / "half.png"


def test_a_kernel_writes_a_picture(picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "edge.png"
    said = run.invoke(
        app,
        [
            "kernel",
            str(picture),
            "--kernel",
            "vertical_edge",
            "--padding",
            "valid",
            "--grey",
            "--out",
            str(out),
            "--json",
        ],
    )
    document = json.loads(said.stdout)
    assert document["output_shape"] == [4, 6]
    assert document["max"] == pytest.approx(3 * 255)
    assert np.asarray(Image.open(out)).tolist() == [[0, 0, 255, 255, 0, 0]] * 4


def test_one_place_step_by_step(picture: Path, tmp_path: Path) -> None:
    said = run.invoke(
        app,
        [
            "kernel",
            str(picture),
            "--kernel",
            "color:1,1,-1",
            "--at",
            "0,7",
            "--out",
            str(tmp_path / "y.png"),
        ],
    )
    assert "row 0, column 7: 255·1 + 255·1 + 255·(-1) = 255" in said.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["kernel", "{picture}", "--kernel", "egde", "--out", "{folder}/a.png"],
        ["kernel", "{picture}", "--kernel", "edge", "--out", "{folder}/a.jpg"],
        ["kernel", "{folder}/none.png", "--kernel", "edge", "--out", "{folder}/a.png"],
        ["kernel", "{picture}", "--kernel", "edge", "--at", "three", "--out", "{folder}/a.png"],
        ["kernel", "{picture}", "--kernel", "edge", "--at", "90,0", "--out", "{folder}/a.png"],
        ["arithmetic"],
        ["arithmetic", "28y28", "flatten"],
        ["arithmetic", "28", "conv:1,99"],
    ],
)
def test_wrong_input_is_told_and_leaves_nothing(picture: Path, tmp_path: Path, arguments: list[str]) -> None:
    filled = [argument.format(picture=picture, folder=tmp_path) for argument in arguments]
    assert isinstance(run.invoke(app, filled).exception, InputError)
    assert [path.name for path in tmp_path.iterdir()] == ["half.png"]


def test_arithmetic_of_a_stack() -> None:
    said = run.invoke(app, ["arithmetic", "32x32", "conv:6,5", "pool:2", "conv:16,5", "--json"])
    document = json.loads(said.stdout)
    assert [row["output"] for row in document["layers"]] == [[28, 28, 6], [14, 14, 6], [10, 10, 16]]
    assert document["params"] == 156 + 2416
    assert "10 × 10 × 16" in run.invoke(app, ["arithmetic", "32", "conv:6,5", "pool:2", "conv:16,5"]).stdout


def test_the_worked_example() -> None:
    document = json.loads(run.invoke(app, ["arithmetic", "--example", "--json"]).stdout)
    assert [step["value"] for step in document["steps"]] == [0, 0, 0, 1, 0, -1, -1, 1, 1]
    assert document["pooled"] == {"max": [[20, 14], [13, 22]], "average": [[13.75, 10], [7.75, 15.25]]}
    assert document["yellow"]["yellow"] == 510
    said = run.invoke(app, ["arithmetic", "--example"]).stdout
    assert "row 2, column 2" in said
    assert "blue -204" in said
