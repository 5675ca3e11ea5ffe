"""What a server is started with, and where it listens."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from convonet.errors import OutputError, ParamError
from convonet.server.serving import listening
from convonet.server.settings import Limits, Settings, is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("lab.example", False),
        ("", False),
    ],
)
def test_beyond_this_machine_a_token_is_always_asked_for(tmp_path: Path, host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
    made = Settings(root=tmp_path, host=host)
    assert (made.token is None) is expected
    if made.token is not None:
        assert len(made.token) >= 24
        assert made.token != Settings(root=tmp_path, host=host).token
        assert made.token not in repr(made)
        assert replace(made, port=1).token == made.token


def test_every_fault_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParamError) as told:
        Settings(root=tmp_path / "nothing", jobs=0, port=99_999, token="short")
    assert set(told.value.faults) == {"root", "jobs", "port", "token"}
    with pytest.raises(ParamError, match="files"):
        Limits(files=0)


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OutputError, match="already in use"):
            listening(Settings(root=tmp_path, port=taken.getsockname()[1]))


def test_small_answers_are_sent_at_once(tmp_path: Path) -> None:
    """asyncio switches Nagle's algorithm off for sockets that name their protocol."""
    with listening(Settings(root=tmp_path, port=0)) as made:
        assert made.proto == socket.IPPROTO_TCP
