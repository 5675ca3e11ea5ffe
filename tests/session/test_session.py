"""What a face holds: what is loaded, what may be done and why not, and workers followed to their end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from convonet.errors import ConvonetError, ModelFileError, ParamError
from convonet.events import RunState, Watch
from convonet.launch.work import WorkEnded
from convonet.params import DataParams, SearchSpace
from convonet.session.changes import Change, Changed, Reported
from convonet.session.local.backend import LocalBackend
from convonet.session.session import Session
from convonet.session.sets import load_sets
from convonet.session.steps import steps

QUICK = {"family": "logistic", "epochs": 2, "batch_size": 64}


class Ears:
    """Remembers what was told."""

    def __init__(self, session: Session) -> None:
        self.heard: list[Change] = []
        session.listen(self.heard.append)

    def parts(self) -> list[str]:
        return [change.part for change in self.heard if isinstance(change, Changed)]

    def ended(self) -> list[WorkEnded]:
        return [change for change in self.heard if isinstance(change, WorkEnded)]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made = Session(LocalBackend(tmp_path / "runs"))
    yield made
    if made.work is not None:
        made.work.handle.kill()  # type: ignore[attr-defined]
        follow(made)
    made.close()


@pytest.fixture
def loaded(session: Session, digits: Path) -> Session:
    """The digits and a network that learns in seconds."""
    given = {"train_dir": str(digits / "train"), "test_dir": str(digits / "test"), "image_size": 8}
    session.params.set_data(DataParams.of(given))
    session.params.set_space(SearchSpace.of(QUICK))
    session.take_sets(session.params.data, load_sets(session.params.data))
    return session


def follow(session: Session, seconds: float = 240) -> None:
    """Poll until the work has ended."""
    end = time.monotonic() + seconds
    while session.work is not None and time.monotonic() < end:
        session.poll()
        time.sleep(0.02)
    assert session.work is None


def test_nothing_is_loaded_at_first(session: Session) -> None:
    assert not any(
        (
            session.why_not("train") is None,
            session.why_not("evaluate") is None,
            session.why_not("predict") is None,
            session.why_not("stop") is None,
            session.why_not("initialise") is None,
        )
    )
    assert session.why_not("train").sentence == "No training images are loaded"
    assert session.why_not("evaluate").sentence == "There is no model. Train a network or load one"
    assert [step.standing for step in steps(session)] == [
        "next",
        "open",
        "blocked",
        "blocked",
        "blocked",
        "blocked",
    ]


def test_loaded_images_open_the_way(loaded: Session) -> None:
    assert loaded.why_not("train") is None
    assert loaded.why_not("evaluate") is not None
    assert {step.name: step.standing for step in steps(loaded)} == {
        "data": "done",
        "params": "done",
        "network": "next",
        "train": "open",
        "test": "blocked",
        "use": "blocked",
    }


def test_other_folders_drop_the_listings_and_other_pixels_do_not(loaded: Session, tmp_path: Path) -> None:
    loaded.params.set_data(loaded.params.data.changed(image_size=16))
    assert loaded.sets.images("train") == 1438
    before = loaded.params.data
    loaded.params.set_data(loaded.params.data.changed(train_dir=str(tmp_path)))
    assert loaded.sets.images("train") == 0
    loaded.take_sets(before, load_sets(before))
    assert loaded.sets.images("train") == 0, "listings of other folders are not taken over"


def test_a_fault_in_a_form_stops_training(loaded: Session) -> None:
    ears = Ears(loaded)
    loaded.params.set_faults("hyper", {"epochs": "epochs: expected …"})
    assert loaded.why_not("train").sentence == "A parameter has an invalid value"
    assert ears.parts() == ["hyper"]
    loaded.params.set_faults("hyper", {})
    assert loaded.why_not("train") is None


def test_one_set_with_a_fault_does_not_hide_the_other(digits: Path, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    found = load_sets(DataParams.of({"train_dir": str(digits / "train"), "test_dir": str(tmp_path)}))
    assert found.images("train") == 1438
    assert "test" not in found
    assert set(found.errors) == {"test"}


def test_parameters_go_into_files_and_come_back(loaded: Session, tmp_path: Path) -> None:
    loaded.params.save_data(tmp_path / "d.json")
    loaded.params.save_hyper(tmp_path / "h.json")
    other = Session(LocalBackend(tmp_path))
    ears = Ears(other)
    other.params.load_data(tmp_path / "d.json")
    other.params.load_hyper(tmp_path / "h.json")
    assert (other.params.data, other.params.hyper) == (loaded.params.data, loaded.params.hyper)
    assert json.loads((tmp_path / "h.json").read_text())["epochs"] == [2]
    assert {"data", "sets", "hyper"} <= set(ears.parts())
    assert other.params.files == {"data": tmp_path / "d.json", "hyper": tmp_path / "h.json"}


def test_a_broken_file_changes_nothing(loaded: Session, tmp_path: Path) -> None:
    file = tmp_path / "h.json"
    file.write_text('{"epochs": [0]}')
    before = loaded.params.space
    with pytest.raises(ParamError, match="epochs"):
        loaded.params.load_hyper(file)
    assert loaded.params.space is before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.keras", b"no zip", "damaged or incomplete"),
        ("a.txt", b"", "not a model"),
        ("gone.keras", None, "no such model"),
    ],
)
def test_what_is_no_model_is_refused(
    session: Session, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelFileError, match=words):
        session.load_model(tmp_path / name)
    assert session.model is None


@pytest.mark.slow
def test_train_test_predict_and_look(loaded: Session, digits: Path, tmp_path: Path) -> None:
    ears = Ears(loaded)
    run = loaded.start(loaded.tasks.train())
    with pytest.raises(ConvonetError, match="Another task is running"):
        loaded.start(loaded.tasks.train())
    assert loaded.why_not("train").sentence == "Another task is running. Stop it or wait"
    follow(loaded)
    assert [ended.state for ended in ears.ended()] == [RunState.DONE]
    assert any(isinstance(change, Reported) for change in ears.heard)
    assert loaded.model is not None
    assert loaded.model.path == run.path
    assert loaded.model.info is not None
    assert loaded.model.info.classes == tuple("0123456789")
    assert loaded.evaluation is not None, "a test set was there, so the model was tested"
    assert loaded.evaluation["images"] == 359
    images = sorted((digits / "test" / "3").glob("*.png"))[:2]
    answer = loaded.start(loaded.tasks.predict(images))
    folder = answer.path.parent
    follow(loaded)
    assert [item["path"] for item in loaded.predictions] == [str(image) for image in images]
    assert not folder.exists(), "a question leaves no run behind"
    assert [known.path for known in loaded.runs.known()] == [run.path]
    loaded.start(loaded.tasks.summary())
    follow(loaded)
    assert loaded.summary is not None
    assert loaded.summary["params"] == 8 * 8 * 10 + 10
    assert loaded.model.title.startswith("digits · ")
    loaded.runs.rename(run, "Mine")
    loaded.note_rename(run)
    assert loaded.model.title == "Mine"
    saved = loaded.models.save(loaded.model, tmp_path / "mine")
    assert [path.name for path in saved] == ["mine.keras", "mine.onnx"]
    loaded.load_model(saved[0])
    assert loaded.evaluation is None
    assert (loaded.model.run, loaded.model.title) == (None, "mine.keras")


@pytest.mark.slow
def test_a_failed_work_says_why(loaded: Session) -> None:
    ears = Ears(loaded)
    loaded.start(loaded.tasks.train(further=False))
    follow(loaded)
    loaded.params.set_data(loaded.params.data.changed(image_size=16))
    loaded.start(loaded.tasks.train(further=True))
    follow(loaded)
    ended = ears.ended()[-1]
    assert ended.state is RunState.FAILED
    assert ended.error is not None
    assert "different classes or a different image size" in ended.error.what


def test_marks_are_obeyed_when_the_sets_are_loaded_again(tiny_set: Path, session: Session) -> None:
    data, images = DataParams.of({"train_dir": str(tiny_set)}), session.images
    images.mark(data, ["a/0.png"], label="b", undo=False, watch=Watch())
    images.mark(data, ["a/1.png"], label=None, undo=False, watch=Watch())
    assert [image.mark.path for image in images.marks(data, Watch())] == ["a/0.png", "a/1.png"]
    assert load_sets(data)["train"].counts() == {"a": 1, "b": 4}
    with pytest.raises(ParamError):
        images.mark(data, ["a/9.png"], label=None, undo=False, watch=Watch())
    assert images.mark(data, ["a/0.png", "a/1.png"], label=None, undo=True, watch=Watch()) == []
