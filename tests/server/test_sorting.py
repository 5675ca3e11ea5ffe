"""Sorting over HTTP, on real files, with the features that the server's own worker computes."""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


def test_a_folder_is_sorted_over_http(digits: Path, root: Path, serve: Callable[..., Any]) -> None:
    photos = root / "photos"
    photos.mkdir()
    truth = {}
    for name in ("0", "1"):
        for number, file in enumerate(sorted((digits / "train" / name).iterdir())[:20]):
            truth[f"{number}{name}.png"] = name
            shutil.copyfile(file, photos / f"{number}{name}.png")
    client = serve().client

    def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
        document: dict[str, Any] = client.post(path, json=body).raise_for_status().json()
        return document

    state = opened(post, "photos")
    begin = f"/sort/{state['id']}"
    assert state["images"] == 40
    post(f"{begin}/classes", {"names": ["0", "1"]})
    for path in ("00.png", "01.png", "10.png", "11.png"):
        state = post(f"{begin}/labels", {"paths": [path], "label": truth[path]})
    assert state["left"] == 36
    screen = client.get(f"{begin}/screen?order=certain&rows=2&columns=6").json()
    first = screen["rows"][0]
    assert all(truth[image["path"]] == first["suggestion"] for image in first["images"])
    paths = [image["path"] for image in first["images"]]
    post(f"{begin}/labels", {"paths": paths, "label": first["suggestion"], "accepted": True})
    assert post(f"{begin}/undo", {})["undone"] == paths
    assert post(f"{begin}/copy", {"out": "sorted"}) == {"copied": 4, "folder": "sorted"}
    rows = list(csv.DictReader((photos / "labels.csv").read_text().splitlines()))
    labelled = ("00.png", "01.png", "10.png", "11.png")
    assert {row["path"]: row["label"] for row in rows} == {path: truth[path] for path in labelled}


def opened(post: Callable[[str, dict[str, Any]], dict[str, Any]], folder: str) -> dict[str, Any]:
    """The state of a folder once its features are there."""
    for _ in range(240):
        answer = post("/sort", {"folder": folder})
        if answer["ready"]:
            return answer
        time.sleep(0.5)
    raise TimeoutError(folder)
