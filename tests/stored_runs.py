"""Run folders that earlier versions wrote: copied with the paths of this machine, and resumed."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from convonet.runs import Run

ASSETS = Path(__file__).parent / "assets"


def copy_assets(name: str, folder: Path) -> Path:
    """A copy of stored files in a folder; the process ids are those of a living process."""
    shutil.copytree(ASSETS / name, folder)
    for path in folder.rglob("*"):
        if path.suffix in (".json", ".jsonl"):
            text = path.read_text(encoding="utf-8").replace("@ASSETS@", folder.as_posix())
            path.write_text(text, encoding="utf-8", newline="\n")
    for path in folder.glob("runs/*/run.json"):
        record = read_json(path) | {"owner": os.getpid(), "process": os.getpid()}
        path.write_text(json.dumps(record), encoding="utf-8")
    return folder


def read_json(path: Path) -> dict[str, Any]:
    """A JSON document as it lies in its file."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def resume(run: Path) -> dict[str, Any]:
    """Resume a run on the command line and return the JSON document that it prints."""
    command = [sys.executable, "-m", "convonet", "resume", str(run), "--json", "--progress", "none"]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=240, cwd=run.parent)
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    assert document["state"] == Run.open(run).state() == "done"
    return document
