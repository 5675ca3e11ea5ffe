"""The window on a server: see, train, test, explain and predict there; a lost connection loses nothing."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from convonet.desktop.app_win import AppWin
from convonet.desktop.background import Background
from convonet.desktop.dialogs.places import PlacesDialog
from convonet.desktop.dropped import check_for_server
from convonet.desktop.kept_session import attach_running
from convonet.desktop.server_window import open_remote
from convonet.desktop.widgets.connection import ConnectionLabel
from convonet.desktop.window_state import WindowState
from convonet.documents.folders import FolderDocument
from convonet.errors import ConvonetError, InputError
from convonet.session.remote.backend import open_server
from convonet.session.remote.client import Client

Wait = Callable[..., None]
TOKEN = "for-this-test"


def test_folders_of_a_server_are_walked_through(qtbot: Any) -> None:
    folders = {
        "": _folder("", None, {"name": "sets", "kind": "folder"}, {"name": "a.keras", "kind": "file"}),
        "sets": _folder("sets", "", {"name": "notes.txt", "kind": "file"}),
    }
    background = Background()
    dialog = PlacesDialog("Images", folders.__getitem__, (), background)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.list.count() == 1)
    assert dialog.list.item(0).text() == "▸ sets"
    dialog.list.itemActivated.emit(dialog.list.item(0))
    assert not dialog._take.isEnabled(), "not before the server has answered"
    qtbot.waitUntil(dialog._take.isEnabled)
    assert dialog.list.count() == 0
    dialog._take.click()
    assert dialog.chosen == "sets"
    models = PlacesDialog("Models", folders.__getitem__, (".keras",), background)
    qtbot.addWidget(models)
    qtbot.waitUntil(lambda: models.list.count() == 2)
    assert not models._take.isEnabled()
    models.list.setCurrentRow(1)
    models._take.click()
    assert models.chosen == "a.keras"
    background.close()


def _folder(path: str, parent: str | None, *entries: dict[str, str]) -> FolderDocument:
    inside = f"{path}/" if path else ""
    rows = [entry | {"path": inside + entry["name"]} for entry in entries]
    return FolderDocument.of({"path": path, "parent": parent, "entries": rows, "more": False})


def test_what_a_server_takes_of_this_machine(tmp_path: Path) -> None:
    for name in ("set/cats", "photos", "run"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "run" / "run.json").touch()
    for name, taken in (
        ("a.png", True),
        ("params.json", True),
        ("photos", True),
        ("set", False),
        ("run", False),
        ("model.keras", False),
        ("table.csv", False),
    ):
        path = tmp_path / name
        with nullcontext() if taken else pytest.raises(InputError, match="the server's"):
            check_for_server(path, is_image=path.suffix == ".png")


class _Served:
    """A server of its own in another process."""

    def __init__(self, root: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url, self._root = f"http://127.0.0.1:{self.port}", root
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "convonet",
            "serve",
            "--root",
            str(self._root),
            "--port",
            str(self.port),
        ]
        environment = dict(os.environ) | {"CONVONET_TOKEN": TOKEN}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                with closing(Client(self.url, TOKEN)) as client:
                    client.ping()
            except ConvonetError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("the server did not start")

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(sign)
        self.process.wait(120)


@pytest.fixture
def served(tmp_path: Path, digits: Path) -> Iterator[_Served]:
    shutil.copytree(digits, tmp_path / "root" / "digits")
    made = _Served(tmp_path / "root")
    yield made
    made.stop()


@pytest.fixture
def remote(served: _Served, qtbot: Any, qapp: QApplication, answers: Any) -> Iterator[AppWin]:
    backend = open_server(served.url, TOKEN)
    window = open_remote(WindowState(server=backend.name), backend)
    window.controller.ask = answers
    window.show()
    yield window
    window.close()
    window.deleteLater()
    qapp.processEvents()


@pytest.mark.slow
def test_the_whole_way_on_a_server(
    remote: AppWin, served: _Served, qtbot: Any, answers: Any, wait_work: Wait, digits: Path, tmp_path: Path
) -> None:
    from convonet.params import SearchSpace

    loaded = set(sys.modules)
    session, actions = remote.controller.session, remote.controller.actions
    answers.paths = [Path("digits")]
    actions["load_train"].trigger()
    qtbot.waitUntil(lambda: session.sets.images("test") == 359)
    remote.show_page("train")
    card = remote.page("train").card  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: card.preview.plan is not None)
    assert card.sentence.text().startswith("1,438 ")
    assert len(card.candidates.lines) == len(card.preview.plan.candidates) > 0
    remote.show_page("data")
    data: Any = remote.page("data")
    qtbot.waitUntil(lambda: data.grid.thumbnails.picture(data.grid.pictures.at(0).address) is not None)
    assert not data.grid.thumbnails.picture(data.grid.pictures.at(0).address).isNull()
    assert session.first_space().choices["family"] == ("convonet",)
    session.params.set_data(session.params.data.changed(image_size=8))
    session.params.set_space(
        SearchSpace.of({"family": "simple", "num_units": 16, "epochs": 3, "batch_size": 64})
    )
    qtbot.waitUntil(lambda: session.sets.images("test") == 359)
    actions["train_val"].trigger()
    wait_work(remote)
    assert answers.errors == []
    assert session.model is not None
    assert session.models.fetch_onnx(session.model).is_file()
    assert remote.controller.progress.epochs_done == 3
    remote.show_page("test")
    page: Any = remote.page("test")
    actions["evaluate"].trigger()
    wait_work(remote)
    assert session.evaluation is not None
    wrong = session.evaluation.images - round(session.evaluation.accuracy * session.evaluation.images)
    qtbot.waitUntil(lambda: page.grid.pictures.rowCount() == wrong)
    qtbot.waitUntil(lambda: page.grid.pictures.at(0).address.startswith("remote:"))
    files = sorted((digits / "test" / "3").glob("*.png"))[:3]
    session.start(session.tasks.predict(files))
    wait_work(remote)
    assert [item.path for item in session.predictions] == [str(file) for file in files]
    remote.show_page("explain")
    explained: Any = remote.page("explain")
    explained.why._explain_mistakes()
    qtbot.waitUntil(lambda: session.work is not None)
    wait_work(remote)
    assert not explained.why.map._over.isNull()
    answers.paths = [tmp_path / "report.html"]
    actions["save_report"].trigger()
    wait_work(remote)
    assert (tmp_path / "report.html").stat().st_size > 10_000
    answers.paths = [tmp_path / "mine.keras"]
    actions["save_model"].trigger()
    qtbot.waitUntil((tmp_path / "mine.onnx").is_file)
    assert zipfile.is_zipfile(tmp_path / "mine.keras")
    remote.show_page("runs")
    runs: Any = remote.page("runs")
    qtbot.waitUntil(lambda: len(runs.table.rows.rows) == 1)
    assert [str(error) for error in answers.errors] == []
    assert not {"keras", "torch"} & (set(sys.modules) - loaded)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no kill -9 on this system")
def test_a_lost_connection_is_shown_and_tried_again(
    remote: AppWin, served: _Served, qtbot: Any, answers: Any, wait_work: Wait
) -> None:
    from convonet.events import RunState
    from convonet.params import DataParams, SearchSpace

    session, controller = remote.controller.session, remote.controller
    session.params.set_data(DataParams.of({"train_dir": "digits/train", "image_size": 8}))
    controller.scan()
    qtbot.waitUntil(lambda: "train" in session.sets)
    session.params.set_space(SearchSpace.of({"family": "logistic", "epochs": 3000, "batch_size": 16}))
    controller.actions["train_val"].trigger()
    qtbot.waitUntil(lambda: controller.progress.epochs_done >= 2)
    assert session.work is not None
    run = session.work.run
    label = remote.statusBar().findChild(ConnectionLabel)
    assert label.text() == f"Connected to 127.0.0.1:{served.port}"
    served.stop(signal.SIGKILL)
    qtbot.waitUntil(lambda: "lost; trying again" in label.text())
    qtbot.waitUntil(lambda: "Waiting for the server" in controller.progress.title)
    done = controller.progress.epochs_done
    if folder := os.environ.get("CONVONET_TEST_PICTURES"):
        remote.grab().save(f"{folder}/remote_lost.png")
    served.start()
    qtbot.waitUntil(lambda: "Reconnected" in label.text() and "lost" not in label.text())
    qtbot.waitUntil(lambda: controller.progress.epochs_done > max(done, 2))
    if folder:
        remote.grab().save(f"{folder}/remote_back.png")
    # The killed server's worker may have done another epoch before it ended: that is heard of first.
    messages = controller.progress.messages
    qtbot.waitUntil(lambda: any("continues from its last" in text for text in messages))
    history = controller.progress.history
    remote.close()
    assert session.work is not None

    backend = open_server(served.url, TOKEN)
    again = open_remote(WindowState(server=backend.name), backend)
    again.controller.ask = answers
    again.show()
    attach_running(again.controller)
    qtbot.waitUntil(lambda: again.controller.progress.epochs_done > len(history.loss))
    assert again.controller.progress.history.loss[: len(history.loss)] == history.loss
    again.controller.actions["stop"].trigger()
    wait_work(again)
    assert backend.runs.state(backend.runs.find(run.id)) is RunState.CANCELLED
    assert [str(error) for error in answers.errors] == []
    again.close()
    again.deleteLater()


@pytest.mark.slow
def test_a_wrong_token_is_told(served: _Served) -> None:
    with pytest.raises(ConvonetError, match="token"):
        open_server(served.url, "another")


def test_an_address_without_a_server_is_told_with_what_to_check() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ConvonetError) as caught:
        open_server(f"http://127.0.0.1:{port}", None)
    assert "convonet serve" in str(caught.value.hint)
    assert "Reconnecting" not in str(caught.value.hint)


class _SlowLine:
    """A way to a server on which every answer takes its time."""

    def __init__(self, port: int, seconds: float) -> None:
        self.seconds = seconds
        self._to, self._closed = port, threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._open: list[socket.socket] = [self._socket]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._socket.accept()
                there = socket.create_connection(("127.0.0.1", self._to))
                self._open += [here, there]
                threading.Thread(target=self._pass, args=(here, there, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(there, here, True), daemon=True).start()

    def _pass(self, giver: socket.socket, taker: socket.socket, slow: bool) -> None:
        with suppress(OSError):
            while content := giver.recv(65536):
                if slow:
                    self._closed.wait(self.seconds)
                taker.sendall(content)
            taker.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._closed.set()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.mark.slow
def test_a_slow_line_does_not_stop_the_window(
    served: _Served,
    qtbot: Any,
    qapp: QApplication,
    answers: Any,
    wait_work: Wait,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each answer takes 0.7 seconds; nothing is asked in the window's thread, and closing does not wait."""
    from convonet.params import DataParams, SearchSpace

    line = _SlowLine(served.port, 0.7)
    backend = open_server(line.url, TOKEN)
    window = open_remote(WindowState(server=backend.name), backend)
    session = window.controller.session
    window.controller.ask = answers
    window.show()
    # What was loaded last time is taken up first.
    qapp.processEvents()
    asked, plain = [], Client._send

    def sent(self: Client, method: str, path: str, *args: Any, **options: Any) -> Any:
        if threading.current_thread() is threading.main_thread():
            asked.append(path)
        return plain(self, method, path, *args, **options)

    monkeypatch.setattr(Client, "_send", sent)
    controller, actions = window.controller, window.controller.actions
    session.params.set_data(DataParams.of({"train_dir": "digits/train", "image_size": 8}))
    session.params.set_space(SearchSpace.of({"family": "logistic", "epochs": 2000, "batch_size": 64}))
    controller.scan()
    qtbot.waitUntil(lambda: "train" in session.sets)
    actions["train_val"].trigger()
    qtbot.waitUntil(lambda: controller.progress.epochs_done >= 1)
    actions["stop"].trigger()
    wait_work(window)
    assert session.model is not None
    window.show_page("runs")
    page: Any = window.page("runs")
    qtbot.waitUntil(lambda: len(page.table.rows.rows) == 1)
    session.set_model(None)
    page.table.selectRow(0)
    page._open()
    qtbot.waitUntil(lambda: session.model is not None)
    run = session.model.run
    assert run is not None
    done = controller.progress.epochs_done
    assert session.resume(run)
    qtbot.waitUntil(lambda: controller.progress.epochs_done > done)
    actions["stop"].trigger()
    wait_work(window)
    answers.paths = [tmp_path / "report.html"]
    actions["save_report"].trigger()
    wait_work(window)
    controller.open_model(Path("nothing.keras"))
    qtbot.waitUntil(lambda: bool(answers.errors))
    assert asked == []
    controller.open_model(run.path / "model.keras")
    line.seconds = 120
    started = time.monotonic()
    window.close()
    assert time.monotonic() - started < 30
    window.deleteLater()
    qapp.processEvents()
    line.close()
