"""A server's work followed from here: messages, copies of run folders, refusals; nothing of a server leads astray."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from convonet.errors import InputError, ParamError
from convonet.events import RunState
from convonet.session.remote import uploads
from convonet.session.remote.client import Client
from convonet.session.remote.errors import ServerLostError
from convonet.session.remote.event_stream import Message, lines, messages
from convonet.session.remote.job import _placed
from convonet.session.remote.mirror import Mirror

RECORD = {"format_version": 1, "state": "done", "created": "2026-01-01T00:00:00Z"}


class _Answers(BaseHTTPRequestHandler):
    """A few fixed answers; the request that came is kept."""

    def do_GET(self) -> None:
        self.server.asked.append(self)  # type: ignore[attr-defined]
        if self.path == "/api/v1/runs/r/files":
            names = ("run.json", "../out.txt", "checkpoint.npz", "pictures/东.png")
            self._send({"files": [{"name": n, "bytes": 2, "modified": 1.0} for n in names]})
        elif self.path == "/api/v1/runs/r":
            self._send({"state": "done"})
        elif "/files/" in self.path:
            self._send({})
        else:
            fault = {
                "type": "ParamError",
                "what": "invalid value: a: wrong",
                "details": {"faults": {"a": "a: wrong"}},
            }
            self._send({"error": fault}, 422)

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self)  # type: ignore[attr-defined]
        self._send({"paths": ["u/0000.png", "u/0001.png"]})

    def _send(self, document: Any, status: int = 200) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on the console."""


@pytest.fixture
def server() -> Iterator[Any]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    made.asked, made.clients = [], []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    for client in made.clients:  # type: ignore[attr-defined]
        client.close()
    made.shutdown()
    made.server_close()
    thread.join()


def client_of(server: Any, token: str | None = None) -> Client:
    made = Client(f"http://127.0.0.1:{server.server_port}/", token)
    server.clients.append(made)
    return made


def test_messages_of_a_stream() -> None:
    text = 'retry: 1000\n\nid: 12\ndata: {"a": "1\u2028东"}\n\n: still here\n\nevent: end\r\ndata: {}\r\n\r\n'
    content = text.encode()
    # Chunks end anywhere, also within a character.
    chunks = [content[start : start + 3] for start in range(0, len(content), 3)]
    assert list(messages(lines(chunks))) == [
        Message("", '{"a": "1\u2028东"}', 12),
        Message("end", "{}", None),
    ]


def test_only_plain_files_are_copied_and_only_once(server: Any, tmp_path: Path) -> None:
    mirror = Mirror(client_of(server, "secret"), tmp_path / "runs")
    run = mirror.whole("r")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["run.json", "东.png"]
    assert run.file("pictures/东.png").read_bytes() == b"{}"
    assert mirror.state(run) is RunState.DONE
    before = len(server.asked)
    mirror.whole("r")
    assert len(server.asked) == before + 2
    assert {request.headers["Authorization"] for request in server.asked} == {"Bearer secret"}
    assert mirror.id_of(run.path) == mirror.id_of(run.path / "model.keras") == "r"
    assert mirror.id_of("/elsewhere/x") == "/elsewhere/x"


def test_a_refusal_is_the_servers_own_error(server: Any) -> None:
    with pytest.raises(ParamError) as caught:
        client_of(server).get("/nothing")
    assert caught.value.faults == {"a": "a: wrong"}


def test_images_are_brought_along(server: Any, tmp_path: Path) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file in files:
        file.write_bytes(file.name.encode())
    assert client_of(server).upload(files) == ["u/0000.png", "u/0001.png"]
    body = server.asked[-1].body
    assert body.count(b'name="files"; filename=') == 2
    assert b"\r\n\r\nb.png\r\n--" in body


def test_a_server_that_is_gone_and_an_address_that_is_none() -> None:
    with pytest.raises(ServerLostError, match="is not responding"):
        Client("http://127.0.0.1:9").get("/health")
    with pytest.raises(InputError, match="not the address"):
        Client("gpu:8765")


def test_paths_of_the_server_become_those_of_the_copy() -> None:
    document = {
        "folder": "/srv/runs/a/explanations",
        "rows": [{"path": "/srv/u/x/0000.png"}, 3, "/srv/runs/abc"],
    }
    placed = _placed(document, "/srv/runs/a", "/here/a", {"x/0000.png": "/mine/seven.png"})
    assert placed == {
        "folder": "/here/a/explanations",
        "rows": [{"path": "/mine/seven.png"}, 3, "/srv/runs/abc"],
    }


def test_many_images_go_in_several_requests(
    server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "_BATCH_BYTES", 10)
    files = [tmp_path / f"{place}.png" for place in range(4)]
    for file in files:
        file.write_bytes(b"12345")
    assert len(client_of(server).upload(files)) == 4
    assert [request.body.count(b'name="files"') for request in server.asked] == [2, 2]
    monkeypatch.setattr(uploads, "_MOST_BATCHES", 1)
    with pytest.raises(InputError, match="too large"):
        client_of(server).upload(files)
