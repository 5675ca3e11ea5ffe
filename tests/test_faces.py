"""Faces stay light: none of them loads keras, whatever it is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_PROBE = """
import sys
from convonet.cli import app
sys.argv = ["convonet", *{arguments}]
try:
    app.run()
except SystemExit as end:
    assert not end.code, end.code
heavy = {{"keras", "torch", "jax", "matplotlib", "sklearn", "pandas"}} & set(sys.modules)
assert not heavy, heavy
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["models", "--json"],
        ["params", "new", "hyper", "{folder}/h.json"],
        ["inspect", "{digits}/train"],
        ["runs", "list"],
        [
            "train",
            "--train-dir",
            "{digits}/train",
            "--image-size",
            "8",
            "--recipe",
            "none",
            "--set",
            "epochs=1",
            "--out",
            "{folder}",
        ],
    ],
)
def test_the_command_line_never_loads_keras(digits: Path, tmp_path: Path, arguments: list[str]) -> None:
    filled = [argument.format(folder=tmp_path, digits=digits) for argument in arguments]
    said = subprocess.run(
        [sys.executable, "-c", _PROBE.format(arguments=filled)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


def test_the_server_never_loads_keras(tmp_path: Path) -> None:
    """Started, asked for what it is, and ended, in a process of its own."""
    probe = """
import asyncio, sys
from pathlib import Path
from convonet.server.app import create_app
from convonet.server.settings import Settings

async def use():
    app = create_app(Settings(root=Path(sys.argv[1]), warm=False))
    async with app.router.lifespan_context(app):
        app.openapi()

asyncio.run(use())
heavy = {"keras", "torch", "jax", "matplotlib", "sklearn", "pandas", "PySide6"} & set(sys.modules)
assert not heavy, heavy
"""
    said = subprocess.run(
        [sys.executable, "-c", probe, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr


def test_the_window_can_be_seen_without_numpy_and_without_a_server() -> None:
    """What is imported before is waited for; a page loads what it needs."""
    pytest.importorskip("PySide6")
    probe = "import sys, convonet.desktop.app; print(*{'numpy', 'PIL', 'httpx', 'onnxruntime'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
