"""What a person gives wrongly becomes one dialog: what, where, expected, next step; nothing is lost."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app import as_error, check_versions, show_faults
from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.error import ErrorDialog
from convonet.errors import ConvonetError, ParamError, RunNotFoundError
from convonet.hints import Hint, option
from convonet.runs import RunStore

Wait = Callable[..., None]


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.json", "{", "not JSON"),
        ("a.json", '{"epochs": [0], "init_rat": 1}', "2 invalid values"),
        ("a.json", "[]", "not a JSON object"),
        ("a.json", '{"hello": 1}', "no known parameter"),
        ("a.keras", "no zip", "damaged or incomplete"),
        ("a.onnx", "nothing", "ONNX"),
        ("a.docx", "", "cannot be opened"),
    ],
)
def test_a_file_that_cannot_be_used(
    window: AppWin, answers: Any, qtbot: Any, tmp_path: Path, name: str, content: str, word: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    before = window.controller.session.params.data, window.controller.session.params.space
    window.controller.guard(lambda: window.files.take_paths([file]))
    # Models are opened in the background.
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert [word in error.sentence() for error in answers.errors] == [True]
    assert str(file) in answers.errors[0].sentence()
    assert (window.controller.session.params.data, window.controller.session.params.space) == before
    assert window.controller.session.model is None


def test_a_wrong_folder_says_where_it_looked(
    window: AppWin, answers: Any, qtbot: Any, tmp_path: Path
) -> None:
    (tmp_path / "one" / "deeper").mkdir(parents=True)
    window.files.take_folder(tmp_path)
    qtbot.waitUntil(lambda: bool(answers.errors))
    error = answers.errors[0]
    assert str(tmp_path) in str(error.where)
    assert error.expected
    window.show_page("data")
    page: Any = window.page("data")
    assert page._fault.isVisible()


@pytest.mark.slow
def test_a_damaged_network_in_a_good_zip_is_told_by_the_worker(
    loaded: AppWin, answers: Any, qtbot: Any, tmp_path: Path, wait_work: Wait
) -> None:
    import zipfile

    model = tmp_path / "damaged.keras"
    with zipfile.ZipFile(model, "w") as archive:
        archive.writestr("config.json", "{}")
        archive.writestr("metadata.json", "{}")
    loaded.controller.guard(lambda: loaded.files.take_paths([model]))
    qtbot.waitUntil(lambda: bool(answers.errors) or loaded.controller.session.model is not None)
    wait_work(loaded)
    assert len(answers.errors) == 1
    assert str(model) in answers.errors[0].sentence()


def test_the_dialog_shows_every_part_and_copies_all(qtbot: Any) -> None:
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QLabel

    error = ConvonetError(
        "no such thing", where="/here", expected="a thing", received="none", hint="Look there"
    )
    dialog = ErrorDialog(error, ("Resume",))
    qtbot.addWidget(dialog)
    shown = [widget.text() for widget in dialog.findChildren(QLabel)]
    assert {"No such thing.", "/here", "a thing", "none", "Look there"} <= set(shown)
    dialog._copy()
    assert error.sentence() in QGuiApplication.clipboard().text()
    dialog._take("Resume")
    assert dialog.taken == "Resume"


def test_the_dialog_shows_the_hint_in_the_window_s_words(qtbot: Any, tmp_path: Path) -> None:
    """Never Python; an error that names nothing of the window has no hint there."""
    from PySide6.QtWidgets import QLabel

    def shown(error: ConvonetError) -> set[str]:
        dialog = ErrorDialog(error)
        qtbot.addWidget(dialog)
        return {widget.text() for widget in dialog.findChildren(QLabel)}

    with pytest.raises(RunNotFoundError) as caught:
        RunStore(tmp_path).find("zzzzzz")
    assert "The Runs page lists the known runs" in shown(caught.value)
    silent = shown(ConvonetError("No", hint=Hint.of("Train with {}", option("workers", 1))))
    assert silent == {"No."}


def test_several_faults_are_listed_each(qtbot: Any) -> None:
    from PySide6.QtWidgets import QLabel

    dialog = ErrorDialog(ParamError.of({"a": "a: expected 1", "b": "b: expected 2"}))
    qtbot.addWidget(dialog)
    shown = {widget.text() for widget in dialog.findChildren(QLabel)}
    assert {"2 values are invalid.", "a: expected 1", "b: expected 2"} <= shown


@pytest.mark.parametrize(
    ("pyside", "python", "refused"),
    [((6, 12, 0), (3, 11, 7), True), ((6, 12, 0), (3, 12, 0), False), ((6, 11, 3), (3, 11, 7), False)],
)
def test_the_pair_of_versions_that_aborts_is_refused(
    pyside: tuple[int, ...], python: tuple[int, ...], refused: bool
) -> None:
    if refused:
        with pytest.raises(ConvonetError, match=r"PySide6-Essentials<6\.12"):
            check_versions(pyside, python)
    else:
        check_versions(pyside, python)


def test_an_unexpected_fault_becomes_a_dialog(
    window: AppWin, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    show_faults(window.controller)
    fault = KeyError("gone")
    sys.excepthook(KeyError, fault, None)
    assert "KeyError" in answers.errors[0].what
    assert answers.errors[0].__cause__ is fault
    known = ConvonetError("known")
    assert as_error(known) is known
