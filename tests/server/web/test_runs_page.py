"""The list of runs: names, evaluations below their run, many data sets at once, and images that have moved."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet import api
from convonet.data.marks import write_marks
from convonet.documents.marks import Mark
from convonet.events import RunState
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.tasks import EvaluateTask, TrainTask

pytestmark = pytest.mark.slow
LONG_MS = 120_000
QUICK = {"family": "logistic", "epochs": 1, "batch_size": 16}
EXPERT: dict[str, Any] = {
    "data": {"train_dir": "digits", "image_size": "8"},
    "hyper": {"family": "logistic", "epochs": "2", "batch_size": "16"},
    "recipe": "none",
}


def cells(row: Any) -> list[str]:
    """The texts of a row of a table."""
    found: list[str] = row.locator("td").all_inner_texts()
    return found


def test_a_run_is_renamed_and_every_page_says_the_new_name(
    serve: Callable[..., Any], ready: Callable[..., Any], go: Callable[..., None]
) -> None:
    served = serve()
    page = ready("runs", url=served.url)
    page.locator("#r-trained").click()
    page.locator("#detail").get_by_role("button", name="Rename").click()
    dialog = page.get_by_role("dialog")
    assert dialog.get_by_label("Name").input_value() == "trained"
    dialog.get_by_label("Name").fill("Best <b>so far</b>")
    page.keyboard.press("Enter")
    page.locator("#r-trained", has_text="Best <b>so far</b>").wait_for()
    page.locator("#detail h2", has_text="Best <b>so far</b>").wait_for()
    assert served.client.get("/runs/trained").json()["title"] == "Best <b>so far</b>"
    go(page, "use")
    page.get_by_label("Model", exact=True).locator("option", has_text="Best <b>so far</b>").wait_for(
        state="attached"
    )


def test_evaluations_stand_below_the_run_of_their_model(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    data = DataParams.of({"test_dir": str(root / "digits" / "test")})
    model = str(root / "runs" / "trained" / "model.keras")
    trained = Run.open(root / "runs" / "trained").read()
    again = Run.create(root / "runs", EvaluateTask(model=model, data=data), name="again")
    again.update(state=RunState.DONE, scores=trained.scores.changed(training=None))
    page = ready("runs", url=serve().url)
    rows = page.get_by_role("region", name="Runs").locator("tbody tr")
    rows.nth(1).wait_for()
    assert rows.count() == 2
    accuracy = f"{100 * trained.scores.test.accuracy:.1f}%"
    assert cells(rows.nth(0))[1:4] == ["trained", "digits", "Training"]
    below = cells(rows.nth(1))
    assert below[1:4] == ["Test images", "digits", "Evaluation"]
    assert below[5].startswith(f"{accuracy} 95% CI")
    assert below[6] == "24 images"


def test_many_data_sets_are_trained_into_one_table(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    shutil.copytree(root / "digits", root / "sets" / "one")
    shutil.copytree(root / "digits" / "train", root / "sets" / "two")
    (root / "sets" / "empty").mkdir()
    served = serve()
    page = ready("train", known=EXPERT | {"data": {}}, url=served.url)
    page.get_by_role("link", name="Many data sets").click()
    page.get_by_role("button", name="Add all data sets in a folder").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="sets /").click()
    dialog.get_by_role("button", name="one /").wait_for()
    dialog.get_by_role("button", name="Use this folder").click()
    page.get_by_text("1 folder without class folders is not listed").wait_for()
    listed = page.get_by_role("region", name="Data sets").locator("tbody tr")
    assert [cells(row)[:4] for row in listed.all()] == [
        ["sets/one", "60", "3", "24"],
        ["sets/two", "60", "3", "–"],
    ]
    page.get_by_role("button", name="Train 2 data sets").click()
    page.get_by_text("Data sets done: 2 of 2").wait_for(timeout=LONG_MS)
    shown = [cells(row) for row in page.get_by_role("region", name="Results").locator("tbody tr").all()]
    rows = {row["data_set"]: row for row in served.client.get("/runs?kind=train").json()["runs"]}
    for line, name in zip(shown, ("one", "two"), strict=True):
        test = rows[name]["scores"].get("test")
        assert line[:4] == [name, "done", "60", "3"]
        assert line[5] == ("–" if test is None else f"{100 * test['accuracy']:.1f}%")
    with page.expect_download() as file:
        page.get_by_role("button", name="Save as CSV").click()
    text = Path(file.value.path()).read_text()
    assert text.splitlines()[0].startswith("data,images,classes,epochs,val_accuracy,test_accuracy")
    assert [line.split(",")[0] for line in text.splitlines()[1:]] == ["sets/one", "sets/two"]
    page.reload()
    page.get_by_text("Data sets done: 2 of 2").wait_for()


def test_the_earlier_run_comes_first_and_marks_outdate_its_scores(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    data = {f"{split}_dir": str(root / "digits" / split) for split in ("train", "test")} | {"image_size": 8}
    worse = QUICK | {"init_rate": 1e-6}
    api.train(data, worse, test=True, out=root / "runs", name="worse", threads=1, recipe="none")
    page = ready("runs", url=serve().url)
    for name in ("worse", "trained"):
        page.locator(f"#c-{name}").check()
    page.get_by_role("button", name="Compare").click()
    side = page.get_by_role("region", name="Runs side by side")
    side.locator("thead th").first.wait_for()
    assert side.locator("thead th").all_inner_texts() == ["trained", "worse"]
    page.get_by_text("trained is better by more than chance would explain (p").wait_for()
    changed = page.get_by_role("region", name="Changed predictions").locator("tbody tr")
    rows = [row.locator("th, td").all_inner_texts() for row in changed.all()]
    assert any(true == before != after for _, true, before, after, *_ in rows)
    assert page.get_by_text("are outdated").count() == 0

    tested = root / "digits" / "test"
    marked = rows[0][0]
    write_marks(tested, {marked: Mark(marked, None)})
    page.get_by_role("button", name="Compare").click()
    text = (
        "The scores of worse are outdated: the mark of 1 test image has changed since the test. Test again."
    )
    page.get_by_text(text).wait_for()
    # The other run was tested on a folder of its own, in which nothing is marked.
    assert page.get_by_text("are outdated").count() == 1


def test_a_run_that_was_stopped_is_called_so(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    task = TrainTask(data=DataParams(), hyper=HyperParams())
    Run.create(root / "runs", task, name="half").update(state=RunState.CANCELLED)
    page = ready("runs", url=serve().url)
    row = page.locator("tr", has=page.locator("#r-half"))
    assert row.locator(".badge").inner_text() == "stopped"
    page.locator("#r-half").click()
    assert page.locator("#detail .badge.cancelled").inner_text() == "stopped"


def test_images_that_have_moved_are_asked_for(
    root: Path, serve: Callable[..., Any], ready: Callable[..., Any]
) -> None:
    shutil.copytree(root / "digits", root / "before")
    data = DataParams.of({"train_dir": str(root / "before" / "train"), "image_size": 8})
    task = TrainTask(data=data, hyper=HyperParams.of(QUICK), recipe="none", threads=1)
    Run.create(root / "runs", task, name="stopped").update(state=RunState.CANCELLED)
    (root / "before").rename(root / "after")
    page = ready("runs", url=serve().url, allowed="422")
    page.locator("#r-stopped").click()
    page.locator("#detail").get_by_role("link", name="Open").click()
    page.get_by_role("button", name="Resume").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("They are no longer in before/train").wait_for()
    dialog.get_by_role("button", name="after /").click()
    dialog.get_by_role("button", name="train /").click()
    dialog.get_by_role("button", name="0 /").wait_for()
    dialog.get_by_role("button", name="Use this folder").click()
    page.locator("#doing", has_text=re.compile("^Done$")).wait_for(timeout=LONG_MS)
    page.goto(page.url.split("#")[0] + "#runs/stopped")
    (root / "after").rename(root / "again")
    page.locator("#detail").get_by_role("button", name="Verify").click()
    dialog.get_by_text("They are no longer in after/train").wait_for(timeout=LONG_MS)
    dialog.get_by_role("button", name="again /").click()
    dialog.get_by_role("button", name="train /").click()
    dialog.get_by_role("button", name="0 /").wait_for()
    dialog.get_by_role("button", name="Use this folder").click()
    page.get_by_text("The repeated run gave the same numbers").wait_for(timeout=LONG_MS)
