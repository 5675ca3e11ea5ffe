"""A session on a real server on loopback: what it sees, what it follows, and what it does when the server goes."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import pytest

from convonet.errors import ConvonetError, ParamError
from convonet.events import EpochEnded, RunEnded, RunState, StageStarted, Watch
from convonet.launch.work import WorkEnded
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.server.jobs import JobQueue
from convonet.session.changes import Reported
from convonet.session.remote import connection as connection_room
from convonet.session.remote.backend import RemoteBackend, open_server
from convonet.session.remote.client import Client
from convonet.session.remote.connection import Connection
from convonet.session.remote.errors import ServerLostError
from convonet.session.remote.event_stream import EventStream
from convonet.session.session import Session
from convonet.tasks import TrainTask
from served import TOKEN, Served, wait

T = TypeVar("T")
DATA: dict[str, Any] = {"train_dir": "digits/train", "test_dir": "digits/test", "image_size": 8}


@pytest.fixture
def backend(served: Served) -> Iterator[RemoteBackend]:
    made = open_server(served.url, TOKEN)
    yield made
    made.close()


@pytest.fixture
def session(backend: RemoteBackend) -> Session:
    return Session(backend)


def data_there(served: Served) -> DataParams:
    return DataParams.of(DATA | {name: str(served.root / DATA[name]) for name in ("train_dir", "test_dir")})


def run_there(served: Served, name: str) -> Run:
    """A run in the server's folder that this process works on."""
    task = TrainTask(data=data_there(served), hyper=HyperParams.of({"epochs": 4}))
    run = Run.create(served.root / "runs", task, name=name)
    run.update(state=RunState.RUNNING)
    return run


def epoch(number: int) -> EpochEnded:
    return EpochEnded(epoch=number, epochs=4, logs={"loss": 1 / number, "accuracy": 0.5}, seconds=0.1)


def test_images_of_the_server(backend: RemoteBackend) -> None:
    data, images = DataParams.of(DATA), backend.images
    sets = images.load_sets(data, (), Watch())
    assert (sets.images("train"), sets.images("test"), sets.classes) == (24, 24, ("3", "7"))
    address = str(sets["test"].file(0))
    assert address.startswith("remote:")
    assert images.picture(address, 96).startswith(b"\x89PNG")
    sizes = images.find_sizes(sets.listings, data, Watch())
    assert sizes.heights["train"].total() == 24
    assert sizes.means["3"].shape == (8, 8, 1)
    marks = images.mark(data, [address], label="7", undo=False, watch=Watch())
    assert [(item.mark.label, item.cls) for item in marks] == [("7", "3")]
    assert images.mark(data, [address], label=None, undo=True, watch=Watch()) == []
    assert {entry.name for entry in backend.list_folder("digits").entries} == {"train", "test"}
    broken = images.load_sets(DataParams.of({"train_dir": "digits/none"}), (), Watch())
    assert "train" in broken.errors
    with pytest.raises(ConvonetError, match="outside"):
        images.load_sets(DataParams.of({"train_dir": "/etc"}), (), Watch())


def test_a_run_is_followed_over_the_servers_end(
    served: Served, backend: RemoteBackend, session: Session
) -> None:
    heard: list[Any] = []
    session.listen(heard.append)
    run = run_there(served, "mine")

    def told(kind: type[T]) -> list[T]:
        session.poll()
        events = [change.stamped.event for change in heard if isinstance(change, Reported)]
        return [event for event in events if isinstance(event, kind)]

    def epochs() -> list[int]:
        return [event.epoch for event in told(EpochEnded)]

    with run.lock():
        run.events().tell(epoch(1))
        session.attach(session.runs.find("mine"))
        wait(lambda: epochs() == [1])
        assert backend.connection.sentence() == f"Connected to 127.0.0.1:{served.port}"
        served.stop()
        wait(lambda: backend.connection.is_lost)
        assert "lost; trying again" in backend.connection.sentence()
        with pytest.raises(ServerLostError):
            session.runs.known()
        run.events().tell(epoch(2))
        served.start()
        wait(lambda: not backend.connection.is_lost)
        assert backend.connection.sentence().startswith("Reconnected to ")
        run.events().tell(epoch(3))
        wait(lambda: epochs() == [1, 2, 3])
        run.update(state=RunState.DONE)
        run.events().tell(RunEnded(state="done", seconds=1.0))
    wait(lambda: session.work is None or session.poll())
    ended = [change for change in heard if isinstance(change, WorkEnded)]
    assert [(change.state, change.error) for change in ended] == [(RunState.DONE, None)]
    assert "Waiting for the server" in told(StageStarted)[0].title
    assert [item.id for item in session.runs.known()] == ["mine"]


def test_what_was_begun_is_not_begun_twice(
    served: Served, backend: RemoteBackend, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the first request is lost; the second one finds the run there."""
    monkeypatch.setattr(JobQueue, "_has_room", lambda *_: False)
    session.params.set_data(DataParams.of(DATA))
    posted: list[str] = []
    plain = backend._client.post

    def post(path: str, body: Any = None) -> Any:
        answer = plain(path, body)
        if path == "/runs":
            posted.append(body["name"])
            if len(posted) == 1:
                raise backend._client.lose("cut")
        return answer

    backend._client.post = post  # type: ignore[method-assign]
    session.start(TrainTask(data=session.params.data, hyper=HyperParams.of({"epochs": 1})))
    run = served.root / "runs" / session.work.run.id  # type: ignore[union-attr]
    wait(lambda: (run / "run.json").is_file())
    wait(lambda: not backend.connection.is_lost)
    session.stop()
    wait(lambda: session.work is None or session.poll())
    assert posted == [run.name]
    assert [path.name for path in (served.root / "runs").iterdir() if path.name.startswith("train")] == [
        run.name
    ]


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads that have asked the server something."""
    names: list[str] = []
    plain = Client._send

    def sent(self: Client, *args: Any, **options: Any) -> Any:
        names.append(threading.current_thread().name)
        return plain(self, *args, **options)

    monkeypatch.setattr(Client, "_send", sent)
    return names


def ended_of(session: Session) -> list[WorkEnded]:
    heard: list[Any] = []
    session.listen(lambda change: heard.append(change) if isinstance(change, WorkEnded) else None)
    return heard


def test_resuming_does_not_wait_for_the_server(
    served: Served, session: Session, asking: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobQueue, "_has_room", lambda *_: False)
    ended = ended_of(session)
    there = run_there(served, "stopped")
    there.update(state=RunState.CANCELLED)
    there.events().tell(epoch(1))
    run = session.runs.find("stopped")
    asking.clear()
    assert session.resume(run)
    wait(lambda: there.state() is RunState.WAITING)
    session.stop()
    wait(lambda: session.work is None or session.poll())
    assert {name for name in asking if not name.startswith(("follow-", "cancel"))} == set()
    assert [end.state for end in ended] == [RunState.CANCELLED]
    there.update(state=RunState.DONE)
    assert not session.resume(session.runs.find("stopped"))


def test_a_refusal_to_resume_is_told_at_the_end(served: Served, session: Session) -> None:
    ended = ended_of(session)
    run_there(served, "orphan").update(state=RunState.FAILED)
    shutil.rmtree(served.root / "digits")
    assert session.resume(session.runs.find("orphan"))
    wait(lambda: session.work is None or session.poll())
    assert [end.state for end in ended] == [RunState.FAILED]
    assert "digits" in str(ended[0].error)


def test_a_report_is_fetched_without_waiting(
    served: Served, session: Session, asking: list[str], tmp_path: Path
) -> None:
    ended = ended_of(session)
    there = run_there(served, "told")
    there.update(state=RunState.DONE)
    run = session.runs.find("told")
    asking.clear()
    session.start(session.tasks.report(run, tmp_path / "mine.html"))
    wait(lambda: session.work is None or session.poll())
    there.file("report.html").write_text("<p>all of it")
    session.start(session.tasks.report(run, tmp_path / "mine.html"))
    wait(lambda: session.work is None or session.poll())
    assert set(asking) == {"remote-call"}
    assert (tmp_path / "mine.html").read_text() == "<p>all of it"
    assert [end.state for end in ended] == [RunState.FAILED, RunState.DONE]
    assert ended[1].result == {"path": str(tmp_path / "mine.html")}


def test_nobody_waits_for_a_server_that_is_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client(f"http://127.0.0.1:{silent.getsockname()[1]}")
        errors: list[ConvonetError] = []

        def ask() -> None:
            try:
                client.get("/about")
            except ConvonetError as error:
                errors.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        wait(lambda: len(client._sockets._sockets) == 1)
        client.close()
        thread.join(30)
        assert not thread.is_alive()
        ask()
    assert [type(error) for error in errors] == [ServerLostError, ServerLostError]


@pytest.mark.parametrize("begins", [True, False])
def test_closing_ends_a_read_that_is_blocked(begins: bool) -> None:
    """Closing httpx' client or response would let the thread wait until its timeout of 40 seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}")
        streams: list[EventStream] = []
        ends: list[str] = []

        def read() -> None:
            try:
                streams.append(client.events("r", 0))
                ends.extend(message.name for message in streams[0])
            except ServerLostError as error:
                ends.append(type(error).__name__)

        thread = threading.Thread(target=read)
        thread.start()
        with listener.accept()[0] as line:
            assert b"/runs/r/events" in line.recv(65536)
            if begins:
                line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                wait(lambda: len(streams) == 1)
            started = time.monotonic()
            streams[0].close() if begins else client.close()
            thread.join(30)
            assert time.monotonic() - started < 20
        assert not thread.is_alive()
        assert ends == ([] if begins else ["ServerLostError"])
        client.close()


def test_closing_leaves_the_run_at_work(served: Served) -> None:
    session = Session(open_server(served.url, TOKEN))
    run = run_there(served, "left")
    with run.lock():
        session.attach(session.runs.find("left"))
        started = time.monotonic()
        session.close()
        assert time.monotonic() - started < 20
        assert run.state() is RunState.RUNNING
        assert not run.cancel_requested()


def test_refusals_are_the_servers_words(served: Served, backend: RemoteBackend, session: Session) -> None:
    with pytest.raises(ConvonetError, match="token"):
        open_server(served.url, "another-one")
    with pytest.raises(ParamError, match="side"):
        backend._client.read("/images", path="digits/test/3", side=1)
    for action in ("open_results", "export", "show_as"):
        reason = session.why_not(action)
        assert reason is not None
        assert reason.code == "on_server"
        assert "server" in reason.sentence


def test_images_are_brought_along_under_names_of_the_server(
    served: Served, backend: RemoteBackend, session: Session
) -> None:
    own = served.root / "digits" / "test" / "3"
    strange = served.root.parent / "..%2f evil;.SH"
    strange.write_bytes(b"no image")
    paths = backend._client.upload([*sorted(own.iterdir())[:2], strange])
    assert [Path(path).name for path in paths] == ["0000.png", "0001.png", "0002.image"]
    assert len({Path(path).parent for path in paths}) == 1
    assert (served.root / paths[2]).read_bytes() == b"no image"
    assert session.runs.known() == []


def test_copies_are_bounded(backend: RemoteBackend) -> None:
    mirror = backend._mirror
    for place in range(3):
        folder = mirror.path(f"r{place}")
        folder.mkdir(parents=True)
        (folder / "x").write_bytes(bytes(100))
    mirror.prune(most_bytes=250)
    assert len(list(mirror.folder.iterdir())) == 2


def test_pauses_grow_and_a_click_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    there = threading.Event()

    def probe() -> None:
        asked.append(time.monotonic())
        if not there.is_set():
            raise ServerLostError("no", received="refused")

    monkeypatch.setattr(connection_room, "PAUSES", (0.05, 0.1, 3600.0))
    found = Connection("gpu:8765", probe)
    found.lose(ServerLostError("no", received="refused"))
    wait(lambda: len(asked) == 2)
    assert asked[1] - asked[0] >= 0.1
    wait(lambda: re.search(r"trying again in 3[56]\d\d s", found.sentence()))
    assert found.reason == "refused"
    assert not found.wait(lambda: True)
    there.set()
    found.try_now()
    assert found.wait(lambda: False)
    assert found.sentence() == "Reconnected to gpu:8765"
    found.close()


def test_the_token_goes_to_no_other_address(tmp_path: Path) -> None:
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", "http://127.0.0.1:9/steal")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on the console."""

    with HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with (
            closing(Client(f"http://127.0.0.1:{server.server_port}", "secret-token")) as client,
            pytest.raises(ConvonetError, match="not a Convonet server"),
        ):
            client.get("/about")
        thread.join()
