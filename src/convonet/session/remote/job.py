"""A task given to a server, with the images that it needs, and its answer with the paths of this machine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from convonet.data.sources import scan_images
from convonet.errors import ConvonetError, InputError
from convonet.params.files import hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.params.search_space import SearchSpace
from convonet.runs import Run
from convonet.session.remote.client import Client, quoted
from convonet.session.remote.errors import ServerLostError
from convonet.session.remote.images import MARK, path_there, plain_data
from convonet.session.remote.mirror import Mirror, keep_result
from convonet.tasks import Task

_OURS = ("threads", "data", "hyper", "space", "into", "out")
"""Fields of a task that are not options: the server has its own place for files, and its own cores."""


class RemoteJob:
    """A task on its way to the server, and its answer on the way back.

    Args:
        run: the copy that it will have; its name is the run's.
    """

    def __init__(self, client: Client, mirror: Mirror, task: Task, run: Run) -> None:
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
        # Set before asking, since a request whose answer is lost may have started the run all the same.
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
            if name in ("model", "from_model", "run"):
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
            # The scores are in the run of the model, not in that of the task.
            own = self._mirror.light(self._mirror.id_of(model))
            keep_result(run, document | {"run": str(own.path)})
        else:
            keep_result(run, _placed(document, self._root, str(run.path), self._names))


def _hyper(task: Task) -> dict[str, Any] | None:
    """The hyperparameters with their alternatives."""
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
        raise InputError("There are no images to send", where=", ".join(map(str, paths[:3])))
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
    # With the slash, so that a path that merely begins like this run's is left alone.
    if value == root or value.startswith(f"{root}/"):
        return here + value[len(root) :]
    return names.get(_end(value), value)
