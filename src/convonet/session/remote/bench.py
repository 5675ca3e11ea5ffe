"""A session whose work is done by a server; for whoever holds it, it is a session like any other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from convonet.data.sources import scan_images
from convonet.errors import ConvonetError, InputError
from convonet.events import RunState
from convonet.home import home
from convonet.launch.work import Work
from convonet.params import DataParams, HyperParams
from convonet.params.files import hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.params.search_space import SearchSpace
from convonet.runs import Run
from convonet.runs.run import new_id
from convonet.session.opened import OpenedModel
from convonet.session.remote.client import Client, ServerLostError, quoted
from convonet.session.remote.connection import Connection
from convonet.session.remote.errand import Errand
from convonet.session.remote.hand import RemoteHand, go_on
from convonet.session.remote.images import MARK, RemoteImages, path_there, plain_data
from convonet.session.remote.mirror import Mirror, RemoteRun, RemoteStore, keep_result
from convonet.session.remote.model import ServedModel
from convonet.session.session import Session
from convonet.tasks import ReportTask, Task

_OURS = ("threads", "data", "hyper", "space", "into", "out")
"""Fields of a task that are not options: the server has its own place for files, and its own cores."""
_ON_THE_SERVER = "It is on the server"


class RemoteSession(Session):
    """Asks the server for everything; run folders are copied when they are looked at.

    Attributes:
        connection: whether the server answers.

    Raises:
        ConvonetError: the server does not answer, or wants another token.
    """

    outlives_the_window = True

    def __init__(self, client: Client) -> None:
        client.get("/about")
        self._client = client
        self._mirror = Mirror(client, home() / "remote" / client.name)
        self._mirror.prune()
        super().__init__(self._mirror.folder)
        self.store = RemoteStore(client, self._mirror)
        self.images = self.remote_images = RemoteImages(client, self._mirror)
        self.connection = client.connection = Connection(client.address, client.ping)

    @property
    def server(self) -> str:
        """The server's address."""
        return self._client.url

    def folder_of(self, path: str) -> dict[str, Any]:
        """What lies in a folder of the server: `path`, `parent`, `entries`. Raises ConvonetError."""
        found: dict[str, Any] = self._client.get("/folders", path=path)
        return found

    @property
    def name(self) -> str:
        """A word for the server that can be part of a file name."""
        return self._client.name

    def examine(self) -> dict[str, Any]:
        """What the server's machine can do."""
        found: dict[str, Any] = self._client.get("/doctor")
        return found

    def first_space(self) -> SearchSpace:
        """The fast recipe where it is said whether images are grey, else the defaults: no image lies here."""
        if self.data.channels == "auto":
            return SearchSpace.single(HyperParams())
        return super().first_space()

    def warm(self) -> None:
        """The server keeps its own workers warm."""

    def why_not(self, action: str, *, while_working: bool = False) -> str:
        """As of any session; what belongs to the server's own machine is said to."""
        if action == "open_results":
            return f"{_ON_THE_SERVER}: App, Save Network Model brings the model here, Report the results"
        if action == "export":
            return f"{_ON_THE_SERVER}: `convonet export` there writes other formats"
        if action == "show_as":
            return "Commands are shown for work on this machine; the work here is the server's"
        return super().why_not(action, while_working=while_working)

    def opened(self, path: Path, **said: Any) -> OpenedModel:
        """A run of the server, or a model file below its root. Asks the server unless it is a copy of a run."""
        if path.is_relative_to(self._mirror.folder):
            run = self._mirror.id_of(path)
            found = self._mirror.model(run)
        else:
            found = self._client.get("/models", path=path_there(path))
            run = found["run"]
        if run is not None:
            if not self._mirror.path(run).joinpath("run.json").is_file():
                self._mirror.light(run)
            kept = place = self._mirror.path(run)
        else:
            kept, place = self._mirror.path("model"), Path(found["path"])
        return ServedModel.of(self._client, place, found, kept, **said)

    def start(self, task: Task) -> Run:
        """Give a task to the server.

        It gets its name here, so that asking a second time, when the first answer was lost, begins nothing twice.

        Raises:
            ConvonetError: other work is under way.
        """
        self._check_free()
        if isinstance(task, ReportTask):
            return self._fetch_report(task)
        run = RemoteRun(self._mirror.path(new_id(task.kind)))
        job = _Job(self._client, self._mirror, task, run)
        self._begin(Work(task, run, self._hand(run, task.kind, job.begin, job.settle)))
        return run

    def resume(self, run: Run, *, accept_changed_data: bool = False, data: DataParams | None = None) -> bool:
        """Go on with a run; False when nothing is left to do. A refusal is told when the work ends."""
        self._check_free()
        if run.state() is RunState.DONE:
            return False
        task, copy = run.task(), RemoteRun(run.path)
        there = None if data is None else plain_data(data)
        begin = partial(go_on, self._client, run.id, accept_changed_data=accept_changed_data, data=there)
        self._begin(Work(task, copy, self._hand(copy, task.kind, begin)))
        return True

    def check_images(self, run: Run) -> None:
        """The server looks itself when it goes on."""

    def attach(self, run: Run) -> None:
        """Follow a run that goes on there."""
        self._check_free()
        task, copy = run.task(), RemoteRun(run.path)
        self._begin(Work(task, copy, self._hand(copy, task.kind)))

    def close(self) -> None:
        """Follow nothing any longer; work goes on there. Nobody waits for an answer after it."""
        self._client.close()
        if self.work is not None and isinstance(self.work.hand, RemoteHand):
            self.work.hand.close()
        self.connection.close()
        super().close()

    def _has_model(self, run: Run) -> bool:
        return self._mirror.has_model(run.id)

    def _hand(
        self,
        run: RemoteRun,
        kind: str,
        begin: Callable[[], None] | None = None,
        settle: Callable[[Run], None] | None = None,
    ) -> RemoteHand:
        return RemoteHand(self._client, self.connection, self._mirror, run, kind, begin=begin, settle=settle)

    def _fetch_report(self, task: ReportTask) -> Run:
        reported, run = Run(Path(task.run)), RemoteRun(self._mirror.path(new_id(task.kind)))
        target = Path(task.out) if task.out else reported.file("report.html")

        def fetch() -> None:
            self._client.download(f"/runs/{quoted(reported.id)}/files/report.html", target)
            keep_result(run, {"path": str(target)})

        self._begin(Work(task, run, Errand(fetch)))
        return run


class _Job:
    """A task on its way to the server, and its answer on the way back.

    Args:
        run: the copy that it will have; its name is the run's.
    """

    def __init__(self, client: Client, mirror: Mirror, task: Task, run: RemoteRun) -> None:
        self._client, self._mirror, self._task, self._run = client, mirror, task, run
        self._root = ""
        self._names: dict[str, str] = {}
        self._tried = False

    def begin(self) -> None:
        """Send what it needs and start it; a run of that name is the one that an earlier try has started."""
        if self._tried:
            try:
                self._root = self._client.get(f"/runs/{quoted(self._run.id)}")["run"]
            except ServerLostError:
                raise
            except ConvonetError:
                self._root = ""
        self._tried = True
        if not self._root:
            self._root = self._client.post("/runs", self._body())["run"]

    def _body(self) -> dict[str, Any]:
        task = self._task
        body: dict[str, Any] = {"kind": task.kind, "options": self._options(task), "name": self._run.id}
        if (data := getattr(task, "data", None)) is not None:
            body["data"] = plain_data(data)
        if (hyper := _hyper(task)) is not None:
            body["hyper"] = hyper
        return body

    def _options(self, task: Task) -> dict[str, Any]:
        options: dict[str, Any] = {}
        for name, item in type(task).model_fields.items():
            value = getattr(task, name)
            # A recipe that is not sent would be the server's default, not the task's.
            usual = value is None or (value == item.default and name != "recipe")
            if name in _OURS or usual:
                continue
            if name in ("model", "from_model"):
                value = self._mirror.id_of(value)
            elif name in ("paths", "image"):
                value = self._brought(value)
            options[name] = list(value) if isinstance(value, tuple) else value
        return options

    def _brought(self, value: Any) -> Any:
        """Paths on the server: of images there as they are, of images here after they were sent."""
        given = [value] if isinstance(value, str) else list(value)
        if all(path.startswith(MARK) for path in given):
            there = [path_there(path) for path in given]
            self._names = dict(zip(map(_end, there), given, strict=True))
        else:
            files = _files([Path(path) for path in given])
            there = self._client.upload(files)
            self._names = dict(zip(map(_end, there), map(str, files), strict=True))
        return there[0] if isinstance(value, str) else there

    def settle(self, run: Run) -> None:
        """Make the paths of an answer those of the copies here."""
        file = run.file("result.json")
        if not file.is_file():
            return
        document = json.loads(file.read_text(encoding="utf-8"))
        model = getattr(self._task, "model", None)
        if self._task.kind == "evaluate" and model and Path(model).is_relative_to(self._mirror.folder):
            own = self._mirror.light(self._mirror.id_of(model))
            keep_result(run, document | {"run": str(own.path)})
        else:
            keep_result(run, _placed(document, self._root, str(run.path), self._names))


def _hyper(task: Task) -> dict[str, Any] | None:
    """The hyper parameters with their alternatives."""
    hyper = getattr(task, "hyper", None)
    space = getattr(task, "space", None) or (SearchSpace.single(hyper) if hyper is not None else None)
    if space is None:
        return None
    values = hyper_to_dict(space)
    return {name: value for name, value in values.items() if name != VERSION_KEY}


def _files(paths: Sequence[Path]) -> list[Path]:
    """Images, and those in folders."""
    found = [Path(path) for path in scan_images(paths).paths]
    if not found:
        raise InputError("There is no image to send", where=", ".join(map(str, paths[:3])))
    return found


def _end(path: str) -> str:
    """Folder and name: enough to know a path again, however it is written."""
    return "/".join(path.replace("\\", "/").split("/")[-2:])


def _placed(value: Any, root: str, here: str, names: dict[str, str]) -> Any:
    """A document with the paths of the server replaced by those here."""
    if isinstance(value, dict):
        return {key: _placed(item, root, here, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_placed(item, root, here, names) for item in value]
    if not isinstance(value, str):
        return value
    if value == root or value.startswith(f"{root}/"):
        return here + value[len(root) :]
    return names.get(_end(value), value)


def open_session(url: str, token: str | None) -> RemoteSession:
    """The session of a server.

    Raises:
        ConvonetError: no such server, or it wants another token.
    """
    try:
        return RemoteSession(Client(url, token))
    except ConvonetError as error:
        error.hint = error.hint or "Is it started with `convonet serve`, and is the token right?"
        raise
