"""Counts in sentences: one thing is not in the plural, in the source and in what interfaces print and write."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

import convonet
from convonet.cli.app import app
from convonet.data.inspection import inspect_folder
from convonet.reports.data_report import write_data_report
from convonet.reports.run_report import REPORT

SOURCE = Path(convonet.__file__).parent
THINGS = (
    "images|photographs|classes|epochs|files|folders|runs|networks|trials|settings|labels|models|layers|parameters|"
    "channels|groups|rows|inputs|outputs|candidates|data sets"
)
NOUNS = re.compile(rf" (?:[a-z]+ )?(?:{THINGS})\b(?!/)")
AFTER_VALUE = re.compile(r"\}" + NOUNS.pattern)
NO_COUNT = re.compile(
    r"\b[A-Z_]{3,}\b|\b(?:split|title|titles|which|dtype|name|verb|some|kind|below)\b|rounded\(|toFixed|^'[a-z ]+'$"
)
"""Values before a noun that are no number, or a constant of several."""


def uncounted(source: str) -> Iterator[str]:
    """The f-strings of a module in which a value is followed by a plural."""
    # Most modules have no such words, and need not be parsed.
    for node in ast.walk(ast.parse(source)) if AFTER_VALUE.search(source) else ():
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                code, noun = ast.unparse(value.value), NOUNS.match(str(text.value))
                if noun and not NO_COUNT.search(code) and not code.startswith("counted("):
                    yield f"{node.lineno}: {{{code}}}{noun[0]}"


def uncounted_on_pages(source: str) -> Iterator[str]:
    """The same of a page's JavaScript, or of a template of reports."""
    for count, noun in re.findall(rf"(?:\$\{{|\{{\{{)([^{{}}]+)\}}+({NOUNS.pattern})", source):
        if not NO_COUNT.search(count.replace("SPLITS", "MANY")) and "counted(" not in count:
            yield f"{count.strip()}{noun}"


def test_the_search_finds_counts() -> None:
    source = 'f"{len(some_files):,} files and {n} test images"\nf"{counted(n, \'class\')} {split} images, {n} images/s"'
    assert list(uncounted(source)) == ["1: {len(some_files)} files", "1: {n} test images"]
    page = "`${n} images of ${counted(n)}, ${SPLITS[split]} images` {{ n|count }} epochs"
    assert list(uncounted_on_pages(page)) == ["n images", "n|count epochs"]


def test_no_sentence_has_a_count_that_cannot_be_one() -> None:
    """Every count of things comes with its noun from `counted`."""
    # This script is copied to machines without Convonet.
    files = [path for path in SOURCE.rglob("*") if path.name != "predict_script.py"]
    found = [
        f"{path.relative_to(SOURCE)}: {line}"
        for path in files
        if path.suffix in (".py", ".js", ".html")
        for line in (uncounted if path.suffix == ".py" else uncounted_on_pages)(
            path.read_text(encoding="utf-8")
        )
    ]
    assert found == []


PLURAL_OF_ONE = re.compile(rf"(?<![\d.,–×-])\b1 (?:[a-z]+ )?(?:{THINGS}|image are|file are|class are)\b(?!/)")
"""Such as "1 images" and "1 test images"."""


def _set(folder: Path, **counts: int) -> Path:
    """Class folders with so many small images, each of another gray."""
    for offset, (name, count) in enumerate(counts.items()):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.new("L", (8, 8), 120 * offset + 5 * number).save(folder / name / f"{number}.png")
    return folder


@pytest.fixture(scope="module")
def smallest(tmp_path_factory: pytest.TempPathFactory) -> convonet.TrainedRun:
    """A network trained for one epoch, and tested with one image."""
    folder = tmp_path_factory.mktemp("smallest")
    data = {
        "train_dir": _set(folder / "train", dark=4, light=4),
        "test_dir": _set(folder / "test", dark=1, light=0),
    }
    hyper = {"family": "logistic", "epochs": 1, "batch_size": 2}
    return convonet.train(
        data | {"image_size": 8, "missing_classes": "allow"},
        hyper,
        test=True,
        out=folder / "runs",
        recipe="none",
        threads=1,
    )


def texts_of(run: convonet.TrainedRun, folder: Path) -> Iterator[tuple[str, str]]:
    """What commands print about a run, and the texts that they write."""
    path, runner, data = str(run.path), CliRunner(), folder / "data.json"
    data.write_text(json.dumps({"test_dir": str(run.path.parents[1] / "test"), "missing_classes": "allow"}))
    for words in (
        ["runs", "show", path],
        ["runs", "list", "--root", str(run.path.parent)],
        ["evaluate", path, "--data", str(data), "--progress", "none"],
    ):
        done = runner.invoke(app, words)
        assert done.exit_code == 0, (words, done.output)
        yield " ".join(words[:1]), done.output
    yield REPORT, re.sub(r"<[^>]+>", " ", (run.path / REPORT).read_text(encoding="utf-8"))
    yield "the run's record", json.dumps(json.loads((run.path / "run.json").read_text(encoding="utf-8")))
    yield "Python", repr(run) + repr(convonet.load(run))


@pytest.mark.slow
def test_a_run_of_one_epoch_and_one_test_image(smallest: convonet.TrainedRun, tmp_path: Path) -> None:
    texts = dict(texts_of(smallest, tmp_path))
    assert [(name, match[0]) for name, text in texts.items() for match in PLURAL_OF_ONE.finditer(text)] == []
    assert "on 1 image " in texts[REPORT]
    assert "1 test image." in texts[REPORT]
    assert "1 epoch" in texts[REPORT]
    assert "on 1 image " in texts["evaluate"]


def test_the_inspection_of_a_set_with_one_test_image(tmp_path: Path) -> None:
    test = _set(tmp_path / "test", dark=1, light=1)
    found = inspect_folder(_set(tmp_path / "set", dark=1, light=1), test=test)
    page = write_data_report(found, tmp_path / "report.html").read_text(encoding="utf-8")
    printed = CliRunner().invoke(app, ["inspect", str(tmp_path / "set"), "--test", str(test)]).output
    assert "2 images in 2 classes, and 2 test images." in page
    assert PLURAL_OF_ONE.findall(re.sub(r"<[^>]+>", " ", page) + printed) == []
