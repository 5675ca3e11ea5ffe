"""Sorting: answers are never lost, suggestions come from them, and the table is what training takes."""

from __future__ import annotations

import csv
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from convonet.errors import DataError, OutputError, ParamError
from convonet.inference.feature_file import FeatureFile
from convonet.sorting import NONE, SKIP, SortSession
from convonet.sorting.answers import LOG, AnswerLog, SortedImages
from convonet.sorting.opening import open_sorting
from convonet.sorting.suggest import probabilities, reduced, similar_groups

NAMES = ["circle", "square", "star"]


@pytest.fixture
def features() -> FeatureFile:
    """Three clusters of 40 images each; image i is of class i % 3."""
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(3, 20))
    found = centers[np.arange(120) % 3] + rng.normal(0, 0.4, (120, 20))
    paths = tuple(f"{number}.png" for number in range(120))
    return FeatureFile(paths, np.abs(found).astype(np.float32), np.zeros((120, 2), np.int64), "made")


@pytest.fixture
def session(features: FeatureFile, tmp_path: Path) -> SortSession:
    made = SortSession(tmp_path, features)
    made.name_classes(NAMES)
    return made


@pytest.mark.parametrize("name", ["missing", "photo.png"])
def test_only_a_folder_is_opened(name: str, tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "photo.png")
    with pytest.raises(DataError, match="There is no such folder"):
        open_sorting(tmp_path / name)


def table(folder: Path) -> list[list[str]]:
    return list(csv.reader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()))


def test_a_few_labels_give_suggestions(session: SortSession) -> None:
    assert session.suggestions() == {}
    assert session.screen().order == "similar"
    for number in range(9):
        session.label([f"{number}.png"], NAMES[number % 3])
    found = session.suggestions()
    assert len(found) == 111
    right = [name == NAMES[int(path[:-4]) % 3] for path, (name, _) in found.items()]
    assert np.mean(right) > 0.9
    assert session.state()["left"] == 111


def test_suggestions_are_those_of_scikit_learn(features: FeatureFile) -> None:
    points, rows = reduced(features.features), np.arange(30)
    own = probabilities(points, rows, rows % 3, 3)
    reference = LogisticRegression(C=1 / 0.3, tol=1e-8, max_iter=1000).fit(points[:30], rows % 3)
    np.testing.assert_allclose(own, reference.predict_proba(points), atol=0.02)


def test_rows_have_one_suggestion_and_the_queue_begins_with_the_least_certain(session: SortSession) -> None:
    for number in range(6):
        session.label([f"{number}.png"], NAMES[number % 3])
    screen = session.screen("uncertain", rows=2, columns=6)
    shown = {image.path: image.confidence for row in screen.rows for image in row.images}
    assert all(image.suggestion == row.suggestion for row in screen.rows for image in row.images)
    rest = [share for path, (_, share) in session.suggestions().items() if path not in shown]
    assert len(shown) == 12
    assert max(share for share in shown.values() if share is not None) <= min(rest)


def test_every_answer_can_be_undone_and_is_there_on_another_day(
    session: SortSession, features: FeatureFile, tmp_path: Path
) -> None:
    session.label(["0.png", "3.png"], "circle")
    session.label(["1.png"], NONE)
    session.label(["0.png"], "square")
    assert session.undo() == SortedImages(("0.png",), "square")
    again = SortSession(tmp_path, features)
    assert again.labels() == {"0.png": "circle", "3.png": "circle", "1.png": NONE}
    assert again.classes == NAMES
    assert table(tmp_path) == [["path", "label"], ["0.png", "circle"], ["3.png", "circle"]]
    for _ in range(3):
        again.undo()
    assert again.undo() is None
    assert again.labels() == {}


def test_a_table_that_is_there_counts_as_labels(features: FeatureFile, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("path,label\n0.png,circle\n1.png,square\n")
    found = SortSession(tmp_path, features)
    assert found.labels() == {"0.png": "circle", "1.png": "square"}
    assert found.suggestions()
    (tmp_path / LOG).unlink()
    (tmp_path / "labels.csv").write_text("file,kind\n0.png,circle\n")
    with pytest.raises(DataError, match="other columns"):
        SortSession(tmp_path, features)


def test_wrong_answers_are_refused(session: SortSession) -> None:
    with pytest.raises(ParamError, match="Did you mean circle"):
        session.label(["0.png"], "cirle")
    with pytest.raises(DataError, match="no such image"):
        session.label(["900.png"], "circle")
    session.label(["0.png"], "circle")
    for names in ([], ["a", "a"], ["square"], ["circle", SKIP]):
        with pytest.raises(ParamError, match="classes"):
            session.name_classes(names)


def test_an_unfinished_line_is_written_over(tmp_path: Path) -> None:
    log = AnswerLog(tmp_path)
    log.add(SortedImages(("a.png",), "x"))
    with (tmp_path / LOG).open("ab") as file:
        file.write(b'{"version": 1, "kind": "lab')
    again = AnswerLog(tmp_path)
    again.add(SortedImages(("b.png",), "y"))
    assert AnswerLog(tmp_path).labels() == {"a.png": "x", "b.png": "y"}


_LABELLING = """
import sys
from pathlib import Path
from convonet.sorting.answers import SortedImages, AnswerLog
log = AnswerLog(Path(sys.argv[1]))
for number in range(100_000):
    log.add(SortedImages((f"{number}.png",), "x"))
    print(number, flush=True)
"""


@pytest.mark.slow
def test_a_program_that_is_killed_loses_no_answer(tmp_path: Path) -> None:
    for seconds in (0.05, 0.15, 0.3):
        (tmp_path / LOG).unlink(missing_ok=True)
        command = [sys.executable, "-c", _LABELLING, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            told = [child.stdout.readline()]
            time.sleep(seconds)
            child.send_signal(signal.SIGKILL)
            told += child.stdout.read().splitlines()
        count = len([line for line in told if line.strip().isdecimal()])
        assert count > 0
        assert len(AnswerLog(tmp_path).labels()) >= count


def test_groups_are_full_and_hold_every_image_once(features: FeatureFile) -> None:
    groups = similar_groups(reduced(features.features), 12)
    assert sorted(np.concatenate(groups).tolist()) == list(range(120))
    assert max(map(len, groups)) <= 12
    assert len(groups) == 10


def test_class_folders_are_copies(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    (folder / "a").mkdir(parents=True)
    for name in ("a/1.png", "2.png", "3.png"):
        Image.new("L", (4, 4)).save(folder / name)
    paths = ("a/1.png", "2.png", "3.png")
    file = FeatureFile(paths, np.eye(3, dtype=np.float32), np.zeros((3, 2), np.int64), "made")
    session = SortSession(folder, file)
    session.name_classes(["x", "y"])
    session.label(["a/1.png"], "x")
    session.label(["2.png"], "y")
    session.label(["3.png"], NONE)
    out = tmp_path / "out"
    assert session.copy_class_folders(out) == 2
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png")) == ["x/a_1.png", "y/2.png"]
    assert (folder / "a" / "1.png").is_file()
    with pytest.raises(OutputError, match="new or empty"):
        session.copy_class_folders(out)
    shutil.rmtree(out)
