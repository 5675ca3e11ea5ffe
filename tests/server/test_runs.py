"""Runs over HTTP: their names, the evaluations of their models, several of them, and images that have moved."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from convonet.events import RunState
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.naming import TITLE
from convonet.tasks import EvaluateTask, TrainTask

from .conftest import QUICK, Serve, Served


def ended(served: Served, run: str) -> dict[str, Any]:
    """The record of a run, once it is over."""
    for _ in range(2400):
        record: dict[str, Any] = served.client.get(f"/runs/{run}").json()
        if record["state"] not in ("waiting", "running"):
            return record
        time.sleep(0.1)
    raise AssertionError(f"{run} does not end")


def test_a_run_is_renamed_and_gets_its_own_name_back(serve: Serve, root: Path) -> None:
    served = serve()
    (row,) = served.client.get("/runs").json()["runs"]
    assert (row["title"], row["data_set"], row["network"]) == ("trained", "digits", "Logistic regression")
    renamed = served.client.patch("/runs/trained", json={"title": " Best <b>so far</b>, 东 "})
    assert renamed.status_code == 200, renamed.text
    assert renamed.json()["title"] == "Best <b>so far</b>, 东"
    assert (root / "runs" / "trained" / TITLE).read_text(encoding="utf-8") == "Best <b>so far</b>, 东\n"
    assert served.client.get("/runs/trained").json()["title"] == "Best <b>so far</b>, 东"
    assert served.client.get("/runs").json()["runs"][0]["title"] == "Best <b>so far</b>, 东"
    assert served.client.patch("/runs/trained", json={"title": ""}).json()["title"] == "trained"
    for wrong in ("a\nb", "x" * 121):
        refused = served.client.patch("/runs/trained", json={"title": wrong})
        assert refused.status_code == 422
        assert "This name cannot be used" in refused.json()["detail"]
    assert served.client.patch("/runs/absent", json={"title": "x"}).status_code == 404


def test_evaluations_stand_with_the_run_of_their_model(serve: Serve, root: Path) -> None:
    data = DataParams.of({"test_dir": str(root / "digits" / "test")})
    model = root / "runs" / "trained" / "model.keras"
    test = Run.create(root / "runs", EvaluateTask(model=str(model), data=data), name="again")
    trained = Run.open(root / "runs" / "trained").read()
    test.update(state=RunState.DONE, scores=trained.scores.changed(training=None))
    served = serve()
    rows = {row["id"]: row for row in served.client.get("/runs").json()["runs"]}
    assert (rows["again"]["belongs_to"], rows["trained"]["belongs_to"]) == ("trained", None)
    shown = [(one["split"], one["run"], one["images"]) for one in rows["trained"]["evaluations"]]
    assert shown == [("test", None, 24), ("test", "again", 24)]
    grouped = served.client.get("/runs?grouped=true").json()
    assert (grouped["total"], [row["id"] for row in grouped["runs"]]) == (1, ["trained"])
    several = served.client.get("/runs?run=again&run=absent").json()
    assert [row["id"] for row in several["runs"]] == ["again"]


def test_a_run_whose_images_have_moved_is_told_where_they_are(serve: Serve, root: Path) -> None:
    shutil.copytree(root / "digits", root / "before")
    data = DataParams.of({"train_dir": str(root / "before" / "train"), "image_size": 8})
    task = TrainTask(data=data, hyper=HyperParams.of(QUICK), recipe="none", threads=1)
    Run.create(root / "runs", task, name="stopped").update(state=RunState.CANCELLED)
    (root / "before").rename(root / "after")
    served = serve()
    refused = served.client.post("/runs/stopped/resume")
    assert refused.status_code == 422
    error = refused.json()["error"]
    assert (error["type"], error["details"]) == ("ImagesMovedError", {"field": "train_dir"})
    outside = served.client.post("/runs/stopped/resume", json={"data": {"train_dir": "../elsewhere"}})
    assert outside.status_code == 403
    moved = served.client.post("/runs/stopped/resume", json={"data": {"train_dir": "after/train"}})
    assert moved.status_code == 202, moved.text
    record = ended(served, "stopped")
    assert record["state"] == "done", record["error"]
    row = served.client.get("/runs?run=stopped").json()["runs"][0]
    assert (row["images"], row["classes"], row["epochs"], row["error"]) == (60, 3, 1, None)
