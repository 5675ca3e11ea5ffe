"""The event stream begins with the past, goes on with the present, and ends with the run."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from convonet.events import BatchEnded, RunEnded, RunState, StageStarted
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.server.stream import EventFile, stream
from convonet.tasks import TrainTask
from own_loop import run_in_own_loop

from .conftest import Serve, Served


class Message(NamedTuple):
    """One message of a stream."""

    id: int | None
    name: str
    data: Any


def messages(answer: httpx.Response) -> Iterator[Message]:
    """The messages of an event stream."""
    fields: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
            continue
        if "data" in fields:
            number = int(fields["id"]) if "id" in fields else None
            yield Message(number, fields.get("event", ""), json.loads(fields["data"]))
        fields = {}


def batch(step: int) -> BatchEnded:
    return BatchEnded(
        epoch=1,
        epochs=1,
        step=step,
        steps=9,
        loss=1.0,
        accuracy=0.5,
        images_per_second=1.0,
        seconds_left=None,
    )


def waiting_run(root: Path, name: str = "live") -> Run:
    task = TrainTask(data=DataParams(), hyper=HyperParams())
    return Run.create(root / "runs", task, name=name)


def test_an_ended_run_is_told_from_its_beginning(shared: Served) -> None:
    lines = (shared.root / "runs" / shared.run / "events.jsonl").read_text().splitlines()
    with shared.client.stream("GET", f"/runs/{shared.run}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = list(messages(answer))
    assert [message.data for message in told[:-1]] == [json.loads(line) for line in lines]
    assert told[-1] == Message(None, "end", {"state": "done"})
    ids = [message.id for message in told[:-1]]
    assert ids == sorted(ids, key=lambda number: number or 0)


def test_a_client_that_comes_again_goes_on(shared: Served) -> None:
    address = f"/runs/{shared.run}/events"
    with shared.client.stream("GET", address) as answer:
        whole = list(messages(answer))
    for place in (0, 3, len(whole) - 2):
        with shared.client.stream("GET", address, headers={"Last-Event-ID": str(whole[place].id)}) as answer:
            assert list(messages(answer)) == whole[place + 1 :]
    for wrong in ("5", "99999999", "abc"):
        with shared.client.stream("GET", address, headers={"Last-Event-ID": wrong}) as answer:
            assert list(messages(answer)) == whole


def test_a_live_run_is_followed_by_two(serve: Serve, root: Path) -> None:
    served, run = serve(), waiting_run(root)
    log, heard = run.events(), ([], [])

    def follow(into: list[Message]) -> None:
        with httpx.stream("GET", f"{served.url}/api/v1/runs/live/events", timeout=60) as answer:
            into.extend(messages(answer))

    with run.lock():
        run.update(state=RunState.RUNNING, owner=0)
        log.tell(StageStarted(stage="scan", title="東"))
        listeners = [threading.Thread(target=follow, args=(into,)) for into in heard]
        for listener in listeners:
            listener.start()
        time.sleep(0.3)
        for step in range(3):
            log.tell(batch(step))
            time.sleep(0.05)
        log.tell(RunEnded(state="done", seconds=1.0))
        run.update(state=RunState.DONE)
    for listener in listeners:
        listener.join(60)
    names = ["StageStarted", "BatchEnded", "BatchEnded", "BatchEnded", "RunEnded"]
    for into in heard:
        assert [message.data.get("event") for message in into[:-1]] == names
        assert into[0].data["title"] == "東"
        assert into[-1].name == "end"


def test_thin_streams_leave_passing_news_out(root: Path) -> None:
    run = waiting_run(root)
    run.update(state=RunState.DONE)
    for event in (batch(1), batch(2), StageStarted(stage="x", title="x"), batch(3), batch(4), batch(5)):
        run.events().tell(event)

    async def gather(thin: bool) -> list[bytes]:
        parts = [part async for part in stream(run, 0, thin=thin)]
        return b"".join(parts).split(b"\n\n")[1:-2]

    steps = [
        b'"step": 2' in m or b'"step": 5' in m or b"StageStarted" in m for m in run_in_own_loop(gather(True))
    ]
    assert steps == [True, True, True]
    assert len(run_in_own_loop(gather(False))) == 6


def test_streams_say_goodbye_when_the_server_stops(root: Path) -> None:
    run = waiting_run(root)

    async def last() -> bytes:
        parts = [part async for part in stream(run, 0, stopping=lambda: True)]
        return parts[-1]

    run.update(owner=0)
    assert b"event: away" in run_in_own_loop(last())


def test_a_file_that_was_cut_back_is_read_anew(root: Path) -> None:
    run = waiting_run(root)
    log = run.events()
    for step in range(3):
        log.tell(batch(step))
    end = EventFile(run).read()[-1].end
    run.file("events.jsonl").unlink()
    log.tell(batch(7))
    assert [json.loads(line.text)["step"] for line in EventFile(run, end).read()] == [7]
    with run.file("events.jsonl").open("ab") as file:
        file.write(b'{"event": "torn')
    assert len(EventFile(run).read()) == 1
