"""A workbench whose work is done by a server; for whoever holds it, it is a workbench like any other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from convonet.atomic import write_bytes
from convonet.errors import ConvonetError, InputError
from convonet.home import home
from convonet.inference.model_info import ModelInfo
from convonet.params.files import hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.runs import Run
from convonet.specs import ReportTask, Task
from convonet.workbench.opened import OpenedModel, open_model
from convonet.workbench.remote.client import Client, quoted
from convonet.workbench.remote.hand import RemoteHand
from convonet.workbench.remote.images import MARK, RemoteImages, plain_data
from convonet.workbench.remote.mirror import Mirror, RemoteStore, keep_result
from convonet.workbench.work import Work
from convonet.workbench.workbench import Workbench

_OURS = ("threads", "data", "hyper", "space", "into", "out")
"""Fields of a task that are not options: the server has its own place for files, and its own cores."""


class RemoteBench(Workbench):
    """Asks the server for everything; run folders are copied when they are looked at.

    Raises:
        ConvonetError: the server does not answer, or wants another token.
    """

    def __init__(self, client: Client) -> None:
        client.get("/about")
        self._client = client
        self._mirror = Mirror(client, home() / "remote" / client.name)
        super().__init__(self._mirror.folder)
        self.store = RemoteStore(client, self._mirror)
        self.images = self.remote_images = RemoteImages(client, self._mirror)

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

    def warm(self) -> None:
        """The server keeps its own workers warm."""

    def load_model(self, path: Path, **said: Any) -> None:
        """Use a run of the server, or a model file below its root."""
        if path.is_relative_to(self._mirror.folder):
            self.set_model(open_model(path, **said))
            return
        found = self._client.get("/models", path=str(path).removeprefix(MARK))
        if found["run"] is not None:
            self.set_model(open_model(self._mirror.whole(found["run"]).path, **said))
            return
        info = ModelInfo.from_json(json.dumps(found["info"])) if found["info"] else None
        classes = tuple(said.get("classes") or ())
        self.set_model(OpenedModel(Path(found["path"]), info, said.get("scaling"), classes))

    def start(self, task: Task) -> Run:
        """Give a task to the server.

        Raises:
            ConvonetError: other work is under way, or the server refuses.
        """
        self._check_free()
        if isinstance(task, ReportTask):
            return self._save_report(task)
        options, names = self._options(task)
        body: dict[str, Any] = {"kind": task.kind, "options": options}
        if (data := getattr(task, "data", None)) is not None:
            body["data"] = plain_data(data)
        if (hyper := _hyper(task)) is not None:
            body["hyper"] = hyper
        row = self._client.post("/runs", body)
        run = self._mirror.light(row["id"], row["state"])
        settle = partial(self._settle, task, row["run"], names)
        self._begin(Work(task, run, RemoteHand(self._client, self._mirror, run, settle)))
        return run

    def resume(self, run: Run, *, accept_changed_data: bool = False) -> bool:
        """Go on with a run; False when nothing is left to do."""
        self._check_free()
        wish = {"accept_changed_data": accept_changed_data}
        row = self._client.post(f"/runs/{quoted(run.id)}/resume", wish)
        if row["state"] == "done":
            return False
        self.attach(self._mirror.light(row["id"], row["state"]))
        return True

    def attach(self, run: Run) -> None:
        """Follow a run that goes on there."""
        self._check_free()
        self._begin(Work(run.task(), run, RemoteHand(self._client, self._mirror, run)))

    def close(self) -> None:
        """Follow nothing any longer; work goes on there."""
        if self.work is not None and isinstance(self.work.hand, RemoteHand):
            self.work.hand.leave()
        super().close()

    def _options(self, task: Task) -> tuple[dict[str, Any], dict[str, str]]:
        """Options of the job, and for images that were brought along: their end there → their path here."""
        options: dict[str, Any] = {}
        names: dict[str, str] = {}
        for item in fields(task):
            value = getattr(task, item.name)
            if item.name in _OURS or value is None or value == item.default:
                continue
            if item.name in ("model", "from_model"):
                value = self._mirror.id_of(value)
            elif item.name in ("paths", "image"):
                value, names = self._brought(value)
            options[item.name] = list(value) if isinstance(value, tuple) else value
        return options, names

    def _brought(self, value: Any) -> tuple[Any, dict[str, str]]:
        """Paths on the server: of images there as they are, of images here after they were sent."""
        given = [value] if isinstance(value, str) else list(value)
        if all(path.startswith(MARK) for path in given):
            there = [path.removeprefix(MARK) for path in given]
            names = dict(zip(map(_end, there), given, strict=True))
        else:
            files = _files([Path(path) for path in given])
            there = self._client.upload(files)
            names = dict(zip(map(_end, there), map(str, files), strict=True))
        return (there[0] if isinstance(value, str) else there), names

    def _settle(self, task: Task, root: str, names: dict[str, str], run: Run) -> None:
        """Make the paths of an answer those of the copies here."""
        file = run.file("result.json")
        if not file.is_file():
            return
        document = json.loads(file.read_text(encoding="utf-8"))
        model = getattr(task, "model", None)
        if task.kind == "evaluate" and model and Path(model).is_relative_to(self._mirror.folder):
            own = self._mirror.whole(self._mirror.id_of(model))
            keep_result(run, document | {"run": str(own.path)})
        else:
            keep_result(run, _placed(document, root, str(run.path), names))

    def _save_report(self, task: ReportTask) -> Run:
        run = Run(Path(task.run))
        page = self._client.read(f"/runs/{quoted(run.id)}/files/report.html")
        write_bytes(Path(task.out or run.file("report.html")), page)
        return run


def _hyper(task: Task) -> dict[str, Any] | None:
    """The hyper parameters with their alternatives."""
    if (space := getattr(task, "space", None)) is not None:
        return {name: value for name, value in hyper_to_dict(space).items() if name != VERSION_KEY}
    hyper = getattr(task, "hyper", None)
    return None if hyper is None else dict(task.to_dict()["hyper"])


def _files(paths: Sequence[Path]) -> list[Path]:
    """Images, and those in folders."""
    from convonet.data.sources import scan_images

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


def open_bench(url: str, token: str | None) -> RemoteBench:
    """The workbench of a server.

    Raises:
        ConvonetError: no such server, or it wants another token.
    """
    try:
        return RemoteBench(Client(url, token))
    except ConvonetError as error:
        error.hint = error.hint or "Is it started with `convonet serve`, and is the token right?"
        raise
