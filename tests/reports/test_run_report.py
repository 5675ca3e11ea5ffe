"""The report of a run: what stands in it, that it is whole, and that no browser asks anybody for anything."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import convonet
from convonet.cli.app import app
from convonet.data.inspection import inspect_folder
from convonet.documents.plan import Candidate, ImageFacts, Plan, PlanDecision, ValidationScore
from convonet.errors import InputError
from convonet.events import Watch
from convonet.jobs import report_job
from convonet.reports.data_report import write_data_report
from convonet.reports.run_report import REPORT, write_report
from convonet.runs import Run
from convonet.runs.naming import title_of
from convonet.tasks import ReportTask, SummaryTask

ADDRESS = re.compile(r"""(?:src|href|url)\s*[=(]\s*["']?(?!data:|#)[^"'\s>)]+""")


def words(page: Path) -> str:
    text = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def test_a_training_leaves_its_report_with_every_section(trained: Run) -> None:
    page = trained.file(REPORT)
    text, scores = words(page), json.loads(trained.file("evaluation.json").read_text())
    for heading in (
        "Summary",
        "Data",
        "Network",
        "Training",
        "Each class",
        "Confusion matrix",
        "ROC",
        "Calibration",
        "Mistakes",
        "Reproduce this run",
        "Model card",
        "Ethical considerations",
    ):
        assert heading in text, heading
    low, high = scores["accuracy_interval"]
    interval = f"95% CI {100 * low:.1f}–{100 * high:.1f}%"
    assert f"Test accuracy {100 * scores['accuracy']:.1f}% on 359 images ({interval})" in text
    record = trained.read()
    assert record["data"]["fingerprint"] in text
    assert f"keras {record['versions']['keras']}" in text
    mistakes = scores["images"] - sum(row[place] for place, row in enumerate(scores["confusion_matrix"]))
    assert page.read_text("utf-8").count("</b>, predicted <b>") == min(mistakes, 40)


def test_the_file_is_whole_and_small_and_quickly_made(trained: Run, tmp_path: Path) -> None:
    started = time.perf_counter()
    page = write_report(trained, tmp_path / "report.html")
    assert time.perf_counter() - started < 10
    text = page.read_text("utf-8")
    assert ADDRESS.findall(text) == []
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert len(text) < 1_000_000


def test_a_persons_words_take_their_place_in_the_card(trained: Run, tmp_path: Path) -> None:
    card = trained.file("model_card.md")
    card.write_text(
        "# Card\n\n## Intended use\n\nReading digits,\nnothing else.\n\n## ethical considerations\n<b>none</b>\n"
    )
    try:
        page = write_report(trained, tmp_path / "report.html")
    finally:
        card.unlink()
    assert "Reading digits, nothing else." in page.read_text("utf-8")
    assert "&lt;b&gt;none" in page.read_text("utf-8")
    assert "To be written: What the model is for" not in words(page)
    assert "To be written: Where the training images" in words(page)


def test_images_that_are_gone_leave_their_place(trained: Run, tmp_path: Path) -> None:
    record = trained.read()
    copy = tmp_path / "moved"
    copy.mkdir()
    for file in trained.path.iterdir():
        if file.suffix in (".json", ".csv", ".txt", ".png"):
            (copy / file.name).write_bytes(file.read_bytes())
    run = Run.open(copy)
    place = str(tmp_path / "gone")
    gone = (record.params.data or {}) | {"train_dir": place, "test_dir": place}
    assert record.data is not None
    sets = {"train": record.data.sets["train"].changed(root=place)}
    run.update(params=record.params.changed(data=gone), data=record.data.changed(sets=sets))
    assert "missing" in words(write_report(run))


def test_a_run_that_was_not_tested_says_so(trained: Run, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    for name in ("run.json", "history.csv", "summary.txt"):
        (tmp_path / "run" / name).write_bytes(trained.file(name).read_bytes())
    assert "was not tested" in words(write_report(Run.open(tmp_path / "run")))


def test_a_model_no_better_than_the_baseline_is_compared_with_it(trained: Run, tmp_path: Path) -> None:
    run = planned(trained, tmp_path / "run")
    scores = json.loads(run.file("evaluation.json").read_text("utf-8"))
    run.file("evaluation.json").write_text(json.dumps(scores | {"baseline_accuracy": 1.0}), "utf-8")
    assert "class gives 100.0%. The model is not clearly better than this baseline." in words(
        write_report(run)
    )


def planned(run: Run, folder: Path, **changed: Any) -> Run:
    """The run as if a recipe had planned it."""
    folder.mkdir()
    for name in ("run.json", "history.csv", "summary.txt", "evaluation.json"):
        (folder / name).write_bytes(run.file(name).read_bytes())
    facts = ImageFacts(images=1438, counts={"a": 700, "b": 738}, channels=1, height=8, width=8, signs=True)
    score = ValidationScore(
        images=280,
        accuracy=0.9,
        accuracy_interval=(0.859, 0.93),
        log_loss=0.3214,
        temperature=1.1,
        majority=0.5,
    )
    done = Candidate(
        name="own",
        kind="own",
        title="convonet, trained from scratch",
        hyper={},
        image_size=(8, 8),
        channels=1,
        state="done",
        validation=score,
        seconds=12.4,
    )
    skipped = Candidate(
        name="fine_tuned",
        kind="fine_tuned",
        title="EfficientNet, fine-tuned",
        hyper={},
        image_size=(96, 96),
        channels=3,
        state="skipped",
        reason="needs at least 50 s",
    )
    plan = Plan(
        recipe="auto",
        minutes=3,
        facts=facts,
        sentence="1,438 small images → a small network",
        notes=("Imposed: <seed>",),
        candidates=(done, skipped),
        decisions=(PlanDecision(candidate="own", what="epochs", value=7),),
        chosen="own",
        why="the first candidate that was trained",
    )
    made = Run.open(folder)
    task = made.read().task | {"recipe": "auto", "hyper": {"seed": 4}}
    made.update(plan=plan, task=task, command=("convonet", "train", "x"), **changed)
    return made


def test_what_a_recipe_tried_is_told(trained: Run, tmp_path: Path) -> None:
    page = write_report(planned(trained, tmp_path / "run", stopped="loss has not improved for 1 epoch"))
    text = words(page)
    assert re.search(
        r"\d epochs?(; .*?)?\. Stopped early: loss has not improved for 1 epoch\. Speed: \d", text
    )
    assert "What was tried 1,438 small images → a small network" in text
    assert "convonet, trained from scratch 90.0% 95% CI 85.9–93.0% 0.321 7 12 chosen" in text
    assert "EfficientNet, fine-tuned – – – – skipped: needs at least 50 s" in text
    assert "Imposed: &lt;seed&gt;" in page.read_text("utf-8")
    assert "convonet train x --recipe auto" in text
    assert "Recipe auto, 3 min" in text
    assert "Hyperparameters of the chosen candidate" in text
    assert re.search(
        r"What you can do next .*More training time may give a better model\. convonet train .*--recipe best",
        text,
    )


def test_why_the_test_images_were_not_used_is_told(trained: Run, tmp_path: Path) -> None:
    reason = "the class names differ: 10 is not among them."
    skipped = {"reason": reason, "options": ["--accept-class-map"], "error": None}
    run = planned(trained, tmp_path / "run", test_skipped=skipped)
    run.file("evaluation.json").unlink()
    text = words(write_report(run))
    assert f"The test images were not used: {reason}" in text
    assert "--accept-class-map" in text


@pytest.mark.slow
def test_a_search_has_its_table_and_names_what_cannot_be_told_apart(digits: Path, tmp_path: Path) -> None:
    data = {"train_dir": str(digits / "train"), "image_size": 8}
    space = {"family": "logistic", "epochs": 1, "batch_size": [32, 64], "init_rate": [0.05, 0.051]}
    done = convonet.tune(data, space, folds=2, images=200, jobs=1, out=tmp_path)
    text = words(done.path / REPORT)
    assert "The best of 4 settings is" in text
    assert "Importance of parameters" in text
    assert "tied with the best" in text


def test_what_has_no_report_is_refused(tmp_path: Path) -> None:
    run = Run.create(tmp_path, SummaryTask(model="x"))
    with pytest.raises(InputError, match="no report"):
        write_report(run)


def test_a_look_at_images_shows_what_it_found(digits: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    for name in ("0", "1"):
        (folder / name).mkdir(parents=True)
        for file in sorted((digits / "train" / name).iterdir())[:12]:
            (folder / name / file.name).write_bytes(file.read_bytes())
    file = sorted((folder / "0").iterdir())[0]
    (folder / "1" / "copy.png").write_bytes(file.read_bytes())
    (folder / "1" / "bad.png").write_bytes(b"no image")
    page = write_data_report(inspect_folder(folder), tmp_path / "data.html")
    text = words(page)
    assert "25 images in 2 classes" in text
    assert "In more than one class (1)" in text
    assert "Exact duplicates (1)" in text
    assert "1/copy.png" in text
    assert "1 file is skipped" in text
    assert ADDRESS.findall(page.read_text("utf-8")) == []


def test_the_command_writes_where_it_is_told(trained: Run, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["report", str(trained.path), "--out", str(tmp_path / "a" / "x.html"), "--json"]
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["path"] == str(tmp_path / "a" / "x.html")
    assert (tmp_path / "a" / "x.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_a_browser_shows_all_of_it_and_asks_for_nothing(
    trained: Run, width: int, tmp_path: Path, launch_chromium: Callable[..., Any]
) -> None:
    browser = launch_chromium()
    page = browser.new_page(viewport={"width": width, "height": 800})
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(trained.file(REPORT).as_uri())
    page.wait_for_load_state()
    assert [url for url in asked if not url.startswith(("data:", "file:"))] == []
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    broken = "[...document.images].filter(image => !image.naturalWidth).length"
    assert page.evaluate(broken) == 0
    page.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    browser.close()
    assert (tmp_path / "report.pdf").stat().st_size > 20_000


def test_a_report_is_headed_by_the_runs_name_or_by_a_title(trained: Run, tmp_path: Path) -> None:
    named = write_report(trained, tmp_path / "named.html").read_text("utf-8")
    assert f"<h1>{html.escape(title_of(trained))}</h1>" in named
    titled = write_report(trained, tmp_path / "titled.html", heading="Digits <1>").read_text("utf-8")
    assert "<h1>Digits &lt;1&gt;</h1>" in titled
    assert trained.id in titled


def test_the_card_tells_what_is_known(trained: Run) -> None:
    text = words(trained.file(REPORT)).partition("Model card")[2]
    assert "It distinguishes 10 classes: 0, 1, 2" in text
    assert "Its input images are" in text
    assert "Training used no augmentation" in text
    assert "To be written" in text


@pytest.mark.slow
def test_the_worst_mistakes_are_explained(trained: Run, tmp_path: Path) -> None:
    """Through the job that every interface starts: a heat map for each of the surest mistakes."""
    page = tmp_path / "report.html"
    task = ReportTask(run=str(trained.path), out=str(page), heading="Digits")
    report_job.work(trained, task, Watch())
    text = page.read_text("utf-8")
    scores = json.loads(trained.file("evaluation.json").read_text())
    mistakes = scores["images"] - sum(row[place] for place, row in enumerate(scores["confusion_matrix"]))
    assert text.count('alt="Heat map of') == min(mistakes, 6) > 0
    assert "Bright colors mark the areas" in text
    assert not ADDRESS.findall(text)
    without = task.changed(explain=False, out=str(tmp_path / "plain.html"))
    report_job.work(trained, without, Watch())
    assert "Heat map" not in (tmp_path / "plain.html").read_text("utf-8")
