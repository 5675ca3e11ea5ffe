"""The parts of a session that need no worker: progress, the way, what was clicked as a command, a look."""

from __future__ import annotations

import csv
import json
import math
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.cli.app import command_tree
from convonet.cli.lazy import command as command_of
from convonet.events import (
    BatchEnded,
    CancelAcknowledged,
    EpochEnded,
    Event,
    Progressed,
    StageStarted,
    TrainingStarted,
    Warned,
    Watch,
)
from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.session.folder_tree import folder_tree, rows_below
from convonet.session.local.backend import LocalBackend
from convonet.session.look import find_sizes
from convonet.session.predictions import Answers
from convonet.session.progress import Progress, time_left
from convonet.session.session import Session
from convonet.session.sets import load_sets
from convonet.session.shown_actions import shown_actions
from convonet.tasks import EvaluateTask, PredictTask, Task, TrainTask, TuneTask
from convonet.tasks.shown_as import as_command, as_python, command_words


def epoch(number: int, **logs: float) -> EpochEnded:
    return EpochEnded(epoch=number, epochs=3, logs=logs, seconds=1)


def test_progress_adds_events_up() -> None:
    progress = Progress()
    events: list[Event] = [
        StageStarted(stage="prepare", title="Reading"),
        Progressed(stage="prepare", done=1, total=4, seconds_left=3),
    ]
    for event in events:
        progress.take(event)
    assert (progress.title, progress.share, progress.seconds_left) == ("Reading", 0.25, 3)
    progress.take(TrainingStarted(epochs=3, steps=2, images=10, validation_images=2))
    progress.take(epoch(1, loss=0.5, accuracy=0.8))
    progress.take(
        BatchEnded(
            epoch=2, epochs=3, step=1, steps=2, loss=0.4, accuracy=0.9, images_per_second=9, seconds_left=2
        )
    )
    assert (progress.title, progress.share, progress.now) == ("Epoch 2 of 3", 0.5, 2.5)
    assert progress.history.loss == [0.5]
    assert math.isnan(progress.history.val_loss[0])
    progress.take(StageStarted(stage="test", title="Testing"))
    assert (progress.title, progress.batch, progress.seconds_left) == ("Testing", None, None)
    progress.take(CancelAcknowledged())
    progress.take(Warned(message="Look out"))
    assert progress.acknowledged
    assert progress.messages == ["Look out"]


def test_a_resumed_training_writes_over_what_it_does_again() -> None:
    progress = Progress({"loss": [0.9, 0.8, 0.7], "accuracy": [0.1, None, 0.3]})
    progress.take(TrainingStarted(epochs=3, steps=2, images=1, validation_images=0, first_epoch=3))
    assert progress.history.loss == [0.9, 0.8]
    progress.take(epoch(3, loss=0.6, accuracy=0.4))
    assert progress.history.loss == [0.9, 0.8, 0.6]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (math.nan, ""),
        (0.2, "1 s left"),
        (75, "75 s left"),
        (600, "10 min left"),
        (9000, "2 h 30 min left"),
    ],
)
def test_time_left(seconds: float | None, words: str) -> None:
    assert time_left(seconds) == words


DATA = DataParams.of({"train_dir": "/my images/train", "image_size": [8, 6], "class_map": {"a b": "c"}})
HYPER = HyperParams.of({"epochs": 2, "family": "dense", "hidden_units": [64, 32]})


@pytest.mark.parametrize(
    "task",
    [
        TrainTask(data=DATA, hyper=HYPER, validation=False, then_test=True),
        EvaluateTask(model="/r/train 1", data=DATA, split="val"),
        PredictTask(model="/r/m", paths=("/a b.png",), unsure_below=0.4),
        TuneTask(data=DATA, space=SearchSpace.of({"init_rate": [0.02, 0.01]})),
    ],
    ids=lambda task: task.kind,
)
def test_the_command_is_one_that_the_command_line_takes(task: Task) -> None:
    assert shlex.split(as_command(task)) == command_words(task)
    compile(as_python(task), "shown", "exec")
    name, *words = command_words(task)[1:]
    command = command_of(name)
    with command.make_context(name, words) as context:
        assert context.params


def test_the_command_says_the_same_parameters() -> None:
    from convonet.cli.given import data_params, search_space

    words = command_words(TrainTask(data=DATA, hyper=HYPER))
    settings = [words[place + 1] for place, word in enumerate(words) if word == "--set"]
    data = data_params(None, settings, train_dir=words[words.index("--train-dir") + 1])
    assert data == DATA
    assert search_space(None, settings).first() == HYPER


def test_a_look_counts_sizes_and_pixels(digits: Path) -> None:
    data = DataParams.of({"train_dir": str(digits / "test"), "image_size": 8})
    sets = load_sets(data)
    found = find_sizes(sets.listings, data, Watch())
    assert found.shape == (8, 8, 1)
    assert found.heights["train"] == {8: 359}
    assert set(found.means) == set("0123456789")
    assert found.means["0"].shape == (8, 8, 1)
    pixels = np.stack([np.asarray(Image.open(file)) for file in (digits / "test").glob("*/*.png")])
    assert found.pixels["train"] == pytest.approx((pixels.mean(), pixels.std()), rel=1e-5)
    zeros = np.stack([np.asarray(Image.open(file)) for file in (digits / "test" / "0").glob("*.png")])
    assert np.array_equal(found.means["0"][:, :, 0], zeros.mean(axis=0).astype(np.uint8))


def test_answers_are_read_the_surest_first(tmp_path: Path) -> None:
    text = "path,true,predicted,confidence,p:a,p:b\na/1.png,a,a,0.6,0.6,0.4\nb/1.png,b,a,0.9,0.9,0.1\n"
    (tmp_path / "predictions.csv").write_text(text)
    answers = Answers(tmp_path / "predictions.csv", Path("/set"), top=1)
    addresses = [answers[place].address for place in range(len(answers))]
    assert addresses == [str(Path("/set/b/1.png")), str(Path("/set/a/1.png"))]
    assert answers[0].top == (("a", 0.9),)
    assert answers.mistakes().tolist() == answers.cell("b", "a").tolist() == [0]


def test_odd_names_among_the_answers_and_a_table_that_was_written_anew(tmp_path: Path) -> None:
    rows = [('东/a, "b".png', "东", "c,d", 0.75), ("two\nlines.png", "c,d", "c,d", 0.5)]
    file = tmp_path / "predictions_val.csv"
    with file.open("w", newline="", encoding="utf-8") as text:
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["path", "true", "predicted", "confidence", "p:c,d", "p:东"])
        table.writerows([*row, row[3], 1 - row[3]] for row in rows)
    answers = Answers(file, Path("/set"))
    assert answers.classes == ("c,d", "东")
    assert answers[0][1:] == ("东", "c,d", 0.75, (("c,d", 0.75), ("东", 0.25)))
    assert answers[1].address == str(Path("/set/two\nlines.png"))
    assert answers.cell("东", "nothing").tolist() == []
    file.write_text("path,true,predicted,confidence\n")
    assert answers[0].address == ""


def test_a_session_loads_no_window_and_no_network() -> None:
    code = (
        "import json, sys; from pathlib import Path; from convonet.session.session import Session; "
        "from convonet.session.local.backend import LocalBackend; "
        "Session(LocalBackend(Path('.'))).why_not('train'); "
        "print(json.dumps([m for m in ('keras', 'torch', 'PySide6', 'matplotlib', 'numpy') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stdout)) <= {"numpy"}


def test_the_folders_of_a_set_as_a_tree(tmp_path: Path) -> None:
    for name in ("东/a.png", "东/deep/er/b.png", "主/c.png"):
        file = tmp_path / "train" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(file)
    (tmp_path / "train" / "东" / "deep" / "notes.png").write_bytes(b"no image")
    (tmp_path / "train" / "东" / "deep" / "empty.jpg").touch()
    listing = load_sets(DataParams.of({"train_dir": str(tmp_path / "train")}))["train"]
    tree = folder_tree(listing)
    found = {folder.path: (folder.images, folder.skipped, len(folder.classes)) for folder in tree.walk()}
    skipped = len(listing.skipped)
    assert found == {
        "": (len(listing), skipped, 2),
        "东": (len(listing) - 1, skipped, 1),
        "东/deep": (len(listing) - 2, skipped, 1),
        "东/deep/er": (1, 0, 1),
        "主": (1, 0, 1),
    }
    assert [listing.paths[row] for row in rows_below(listing, "东/deep/er")] == ["东/deep/er/b.png"]
    assert len(rows_below(listing, "")) == len(listing)


def test_every_action_as_command_and_python(digits: Path, tmp_path: Path) -> None:
    from click import Command

    session = Session(LocalBackend(tmp_path))
    known = command_tree()
    first = {item.title for item in shown_actions(session)}
    assert {"New Data Params", "Load Training Dataset", "Runs", "About"} <= first
    session.params.set_data(
        DataParams.of({"train_dir": str(digits / "train"), "test_dir": str(digits / "test")})
    )
    session.take_sets(session.params.data, load_sets(session.params.data))
    session.params.set_space(SearchSpace.of({"epochs": [1, 2], "init_rate": 0.1}))
    (tmp_path / "model.h5").write_bytes(b"no network is opened for this")
    session.load_model(tmp_path / "model.h5")
    shown = {item.title: item for item in shown_actions(session)}
    assert first < set(shown)
    assert len(shown) >= 25
    for item in shown.values():
        compile(item.python, item.title, "exec")
        for line in item.command.splitlines():
            words = shlex.split(line)
            if words[0] == "convonet":
                command: Command = known.commands[words[1]]
                assert command is not None
    assert "epochs=1,2" in shown["Save Hyper Params"].command
