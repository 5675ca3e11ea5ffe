"""What people come to do, from the first click to the result, with real workers; the clicks are counted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.errors import ConvonetError
from convonet.events import RunState
from convonet.params import DataParams, SearchSpace
from person import Person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def person(window: AppWin, qtbot: Any, answers: Any) -> Person:
    """Somebody who opens the window for the first time."""
    return Person(window, qtbot, answers)


def small_network(window: AppWin, **values: Any) -> None:
    """Settings that learn in seconds, for journeys that are about something else."""
    session = window.controller.session
    session.params.set_exact(
        SearchSpace.of({"family": "logistic", "epochs": 3, "batch_size": 16, "init_rate": 0.1} | values)
    )
    session.params.set_data(session.params.data.changed(image_size=8))


def load(window: AppWin, qtbot: Any, folder: Path, test_name: str = "test") -> None:
    session = window.controller.session
    data = {"train_dir": str(folder / "train"), "test_dir": str(folder / test_name), "image_size": 8}
    session.params.set_data(DataParams.of(data))
    window.controller.scan()
    qtbot.waitUntil(lambda: "train" in session.sets)


def test_1_first_start(person: Person, qtbot: Any, answers: Any) -> None:
    """One click trains and tests a network; the second shows what it got wrong."""
    window, session = person.window, person.window.controller.session
    person.press("Train on handwritten digits")
    qtbot.waitUntil(lambda: session.work is not None)
    person.waits()
    assert answers.errors == []
    assert person.clicks == 1
    assert window.shown == "train"
    train: Any = window.page("train")
    assert train.tabs.currentWidget() is train.summary
    assert session.evaluation is not None
    assert session.evaluation.accuracy > 0.95
    person.go_to("test")
    test: Any = window.page("test")
    qtbot.waitUntil(lambda: test.grid.pictures.rowCount() > 0)
    assert person.clicks == 2


def test_2_own_images(person: Person, qtbot: Any, answers: Any, blobs: Path) -> None:
    """From the first page to the summary in four clicks."""
    window, session = person.window, person.window.controller.session
    person.will_choose(blobs)
    person.press("Choose a folder …")
    qtbot.waitUntil(lambda: "train" in session.sets)
    session.params.set_recipe("fast")
    person.go_to("train")
    train: Any = window.page("train")
    qtbot.waitUntil(lambda: not train.card.preview.is_busy)
    person.press("Train", within=train)
    person.waits()
    assert answers.errors == []
    assert person.clicks <= 4
    assert train.tabs.currentWidget() is train.summary
    assert train.summary.summary.accuracy > 0.9


def test_3_class_names_that_differ(person: Person, qtbot: Any, answers: Any, blobs: Path) -> None:
    """The mapping is shown, one click takes it, and the labels are right."""
    window, session = person.window, person.window.controller.session
    (blobs / "train" / "dark").rename(blobs / "train" / "dark_T2_N0")
    (blobs / "train" / "light").rename(blobs / "train" / "light_T1_N2")
    load(window, qtbot, blobs)
    person.go_to("data")
    data: Any = window.page("data")
    qtbot.waitUntil(lambda: "test" in window.controller.scan_errors)
    note = data._fault
    assert "dark  →  dark_T2_N0" in note.mapping.text()
    person.press("Use this class map")
    qtbot.waitUntil(lambda: session.sets.images("test") == 24)
    assert person.clicks == 2
    small_network(window)
    person.go_to("train")
    person.press("Train", within=window.page("train"))
    person.waits()
    assert answers.errors == []
    assert session.evaluation is not None
    assert session.evaluation.accuracy > 0.9
    assert session.evaluation.classes == ("dark_T2_N0", "light_T1_N2")


def test_4_a_mistake_is_repaired_and_the_runs_are_compared(
    person: Person, qtbot: Any, answers: Any, blobs: Path
) -> None:
    """A test image with a wrong label: seen, left out, tested again, and the two runs compared in their order."""
    window, session = person.window, person.window.controller.session
    wrong = blobs / "test" / "dark" / "wrong.png"
    shutil.copy(blobs / "test" / "light" / "0.png", wrong)
    load(window, qtbot, blobs)
    small_network(window, epochs=8)
    person.go_to("train")
    person.press("Train", within=window.page("train"))
    person.waits()
    person.go_to("test")
    test: Any = window.page("test")
    qtbot.waitUntil(lambda: test.grid.pictures.rowCount() == 1)
    assert test.grid.pictures.at(0).address == str(wrong)
    test.show_mistakes()
    test.grid.setCurrentIndex(test.grid.pictures.index(0, 0))
    before = session.model
    person.press("Leave out")
    qtbot.waitUntil(lambda: test.outdated.isVisible())
    assert "the mark of 1 test image has changed since the test" in test.outdated.text.text()
    qtbot.waitUntil(lambda: session.sets.images("test") == 24)
    person.go_to("train")
    person.press("Train", within=window.page("train"))
    person.waits()
    assert answers.errors == []
    after = session.model
    assert before is not None
    assert after is not None
    person.go_to("runs")
    runs: Any = window.page("runs")
    qtbot.waitUntil(lambda: runs.table.rows.rowCount() >= 2)
    # The newer one stands above, and is clicked first.
    rows = [values[-1] for values in runs.table.rows.rows]
    runs.table.selectRow(rows.index(str(after.path)))
    runs.table.setSelectionMode(runs.table.SelectionMode.MultiSelection)
    runs.table.selectRow(rows.index(str(before.path)))
    person.press("Compare")
    qtbot.waitUntil(lambda: bool(runs.compared.sentences.text()))
    text = runs.compared.sentences.text()
    assert "cannot be compared" not in text
    assert "1 image is not counted" in text
    assert "outdated: the mark of 1 test image has changed since the test" in text
    assert runs.compared.marks.rows.rows == [("Test", "dark/wrong.png", "", "left out")]
    assert person.clicks == 8


def test_5_tune_stop_adopt_resume(person: Person, qtbot: Any, answers: Any, blobs: Path) -> None:
    """A search is stopped, its best row adopted, and later continued to its end without repeating anything."""
    window, session = person.window, person.window.controller.session
    load(window, qtbot, blobs)
    # Long enough that a fast machine has not finished it before Stop is pressed.
    small_network(window, init_rate=[0.5, 0.1, 0.05, 0.02], epochs=[10, 20])
    person.go_to("tune")
    tune: Any = window.page("tune")
    person.press("Tune", within=tune)
    panel = tune.search_panel
    states = lambda: [row[-4] for row in panel.table.rows.rows]  # noqa: E731
    qtbot.waitUntil(lambda: "done" in states(), timeout=240_000)
    person.press("Stop", within=tune)
    person.waits()
    run = tune._runs["tune"]
    assert run.state() is RunState.CANCELLED
    qtbot.waitUntil(tune.resume_button.isVisible)
    finished = (run.path / "trials.csv").read_text("utf-8")
    assert finished.count("\n") - 1 < 24
    panel.table.selectRow(states().index("done"))
    person.press("Use these values", within=tune)
    assert window.shown == "params"
    assert session.params.space.varied == ()
    person.go_to("tune")
    person.press("Resume", within=tune)
    person.waits(400)
    assert answers.errors == []
    assert run.state() is RunState.DONE
    assert (run.path / "trials.csv").read_text("utf-8").startswith(finished.rpartition("\n")[0])
    qtbot.waitUntil(lambda: states() == ["done"] * 8)
    assert not tune.resume_button.isVisible()
    assert person.clicks == 6


def test_6_save_close_open_again_and_test(
    open_app: Callable[..., AppWin], qtbot: Any, answers: Any, blobs: Path, tmp_path: Path
) -> None:
    first = Person(open_app(), qtbot, answers)
    load(first.window, qtbot, blobs)
    small_network(first.window)
    first.go_to("train")
    first.press("Train", within=first.window.page("train"))
    first.waits()
    scores = first.window.controller.session.evaluation
    model = tmp_path / "mine.keras"
    first.will_choose(model)
    first.choose_in_menu("save_model")
    qtbot.waitUntil(model.is_file)
    assert first.clicks == 5
    first.window.close()
    later = Person(open_app(), qtbot, answers)
    session = later.window.controller.session
    later.will_choose(model, blobs / "test")
    later.press("Open a model …")
    qtbot.waitUntil(lambda: session.model is not None)
    later.waits()
    later.choose_in_menu("load_test")
    qtbot.waitUntil(lambda: session.sets.images("test") == 24)
    later.go_to("test")
    later.press("Test", within=later.window.page("test"))
    later.waits()
    assert answers.errors == []
    assert scores is not None
    assert session.evaluation is not None
    assert session.evaluation.confusion_matrix == scores.confusion_matrix
    assert later.clicks == 7


def test_7_export(person: Person, qtbot: Any, answers: Any, blobs: Path, tmp_path: Path) -> None:
    window = person.window
    load(window, qtbot, blobs)
    small_network(window)
    person.go_to("train")
    person.press("Train", within=window.page("train"))
    person.waits()
    target = tmp_path / "model.onnx"
    person.will_say("ONNX", "Close")
    person.will_choose(target)
    person.press("Export …")
    person.waits()
    assert answers.errors == []
    assert target.is_file()
    assert person.clicks == 6


def test_8_bad_input_is_said_and_leaves_a_way_on(
    person: Person, qtbot: Any, answers: Any, blobs: Path, tmp_path: Path
) -> None:
    """Each time what is wrong, and where; then good images are trained as if nothing had happened."""
    window, session = person.window, person.window.controller.session
    empty, one, text = tmp_path / "empty", tmp_path / "one class", tmp_path / "notes.txt"
    empty.mkdir()
    shutil.copytree(blobs / "train" / "dark", one / "dark")
    text.write_text("no image")
    for folder in (empty, one):
        before = len(answers.errors)
        person.will_choose(folder)
        person.choose_in_menu("load_train")
        qtbot.waitUntil(lambda before=before: len(answers.errors) > before)
        error: ConvonetError = answers.errors[-1]
        assert str(folder) in str(error.where)
        assert error.sentence()
    with pytest.raises(ConvonetError) as refused:
        window.files.take_paths([text])
    assert "expected" in refused.value.sentence()
    answers.errors.clear()
    person.will_choose(blobs)
    person.choose_in_menu("load_train")
    qtbot.waitUntil(lambda: session.sets.images("train") == 80)
    small_network(window)
    person.go_to("train")
    person.press("Train", within=window.page("train"))
    person.waits()
    assert answers.errors == []
    assert session.model is not None
