"""From the request for a run to its frozen spec: every fault at once, every path inside the root."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from convonet.errors import ConvonetError, ParamError, nearest
from convonet.params import DataParams, HyperParams, SearchSpace, fields_of
from convonet.params.bases import is_model_file
from convonet.params.fields import ParamValues
from convonet.params.migrations import FORMAT_VERSION, VERSION_KEY, migrated
from convonet.params.recipes import recipe_of
from convonet.params.values import checked
from convonet.runs import RECORD, Run
from convonet.runs.environment import available_cores
from convonet.server.confine import Root
from convonet.server.known import KnownRuns
from convonet.server.refusals import Refusal
from convonet.session.recipes import beneath
from convonet.tasks import EvaluateTask, Task, TrainTask, kinds

ALIASES = {"test": "evaluate"}
PLACES = ("out", "into", "runtime")
"""Options that name a place on the machine that works: that is the server's business."""

CODE = ("own_loss",)
"""Options that name code registered in the process of whoever trains: no client has registered any here."""

_PARAMS = ("data", "hyper", "space")
_MODELS = ("model", "from_model")
_RUNS = ("run",)
_PATHS = ("paths", "image", "outside", "folder")
_WORDS = ("positive", "format", "label", "layer", "classes", "device", "heading")
_BASE_FIELDS = ("base", "base_weights")
_WEIGHT_WORDS = ("local", "fetch", "random", "")


def option_names(kind: type[Task]) -> list[str]:
    """What `options` of a kind may hold."""
    return [name for name in kind.model_fields if _is_offered(kind, name)]


_TaskValues: TypeAlias = dict[str, Any]
"""The fields of a task by name; each kind has its own, which its class checks."""


class TaskMaker:
    """Makes specs of what clients send.

    Args:
        known: finds models by the id of their run.
    """

    def __init__(self, root: Root, known: KnownRuns) -> None:
        self._root = root
        self._known = known

    def make(
        self,
        kind: str,
        data: Mapping[str, Any] | None,
        hyper: Mapping[str, Any] | None,
        options: Mapping[str, Any],
        known_good: Mapping[str, Any] | None = None,
    ) -> Task:
        """The spec.

        Args:
            known_good: hyperparameters of a recipe, for what `hyper` does not set.

        Raises:
            ParamError: all faults at once; a field of the data parameters is `data.NAME` among them.
            Refusal: a path that leads out of the root.
        """
        task_class = _class_of(ALIASES.get(kind, kind))
        wanted = task_class.model_fields.keys()
        faults: dict[str, str] = {}
        values = self._options(task_class, options, faults)
        # Whoever tests a model mostly means the images that it was trained with.
        if data is None and "data" in wanted and values.get("model"):
            data = _data_of(Path(values["model"]))
        if "data" in wanted and data is not None:
            values["data"] = self.data(data, faults)
        if "hyper" in wanted or "space" in wanted:
            space = beneath(self.space(hyper or {}, faults), known_good or {})
            values |= {"space": space} if "space" in wanted else {"hyper": space.first()}
        _check_needed(task_class, values, faults)
        if faults:
            raise ParamError.of(faults)
        if task_class is TrainTask:
            values["recipe"] = _recipe(values)
        task, faults = checked(task_class, _with_threads(task_class, values))
        if task is None:
            raise ParamError.of({_fault_key(name): sentence for name, sentence in faults.items()})
        # The evaluation belongs to the run, where every interface looks for it.
        if isinstance(task, EvaluateTask) and (Path(task.model) / RECORD).is_file():
            task = task.changed(into=task.model)
        return task

    def data(self, values: Mapping[str, Any], faults: dict[str, str]) -> DataParams:
        """Data parameters with paths inside the root; faults are added as `data.NAME`."""
        values = _migrated("data", values)
        confined: ParamValues = {}
        for name, value in values.items():
            field = fields_of(DataParams).get(name)
            if field is not None and field.kind == "path" and isinstance(value, str):
                confined[name] = str(self._root.inside(value)) if value else None
            else:
                confined[name] = value
        made, wrong = checked(DataParams, confined)
        faults.update({f"data.{name}": sentence for name, sentence in wrong.items()})
        return made or DataParams()

    def space(self, values: Mapping[str, Any], faults: dict[str, str]) -> SearchSpace:
        """Hyperparameters with their alternatives; faults are added as `hyper.NAME`."""
        try:
            space = SearchSpace.of(_migrated("hyper", values))
        except ParamError as error:
            faults.update({f"hyper.{name}": sentence for name, sentence in error.faults.items()})
            return SearchSpace()
        choices = dict(space.choices)
        for name in _BASE_FIELDS:
            if name in choices:
                choices[name] = tuple(self._base(name, value) for value in choices[name])
        return dataclasses.replace(space, choices=choices)

    def check_images(self, task: Task) -> None:
        """Make sure that no link in the folders of images leads out of the root. Raises Refusal."""
        data = getattr(task, "data", None)
        for name in ("train_dir", "val_dir", "test_dir", "image_dir"):
            folder = getattr(data, name, None)
            if folder and Path(folder).exists():
                self._root.check_tree(Path(folder))
        for folder in (getattr(task, "folder", None), *getattr(task, "outside", ())):
            if folder and Path(folder).is_dir():
                self._root.check_tree(Path(folder))

    def model(self, text: str) -> Path:
        """The run folder or model file of a client's word: the id of a run, or a path inside the root."""
        try:
            return self._known.find(text).path
        except ConvonetError:
            return self._root.existing(text)

    def _base(self, name: str, value: Any) -> Any:
        """A file of a backbone or of its weights lies inside the root."""
        is_file = is_model_file(value) if name == "base" and value else value not in _WEIGHT_WORDS
        return str(self._root.inside(value)) if isinstance(value, str) and is_file else value

    def _options(
        self, task_class: type[Task], options: Mapping[str, Any], faults: dict[str, str]
    ) -> _TaskValues:
        offered = option_names(task_class)
        values: _TaskValues = {}
        for name, value in options.items():
            if name not in offered:
                near = nearest(name, offered)
                hint = f" (did you mean {near}?)" if near else ""
                faults[f"options.{name}"] = f"{name}: {task_class.kind} has no such option{hint}"
                continue
            # Paths are looked up, so what they are comes before where they lead.
            _, wrong = checked(task_class, {name: value})
            if name in wrong:
                faults[f"options.{name}"] = wrong[name]
            else:
                values[name] = self._confined(name, task_class.meant(name, value))
        return values

    def _confined(self, name: str, value: Any) -> Any:
        if value is None or name not in (*_MODELS, *_RUNS, *_PATHS):
            return value
        if name in _RUNS:
            return str(self._known.find(value).path)
        if name in _MODELS:
            return str(self.model(value))
        many = isinstance(value, (list, tuple))
        paths = tuple(str(self._root.existing(path)) for path in (value if many else (value,)))
        return paths if many else paths[0]


def _class_of(kind: str) -> type[Task]:
    found = kinds().get(kind)
    if found is None:
        near = nearest(kind, kinds())
        hint = f" (did you mean {near}?)" if near else ""
        raise ParamError.of({"kind": f"kind: expected one of {', '.join(kinds())}, received {kind!r}{hint}"})
    return found


def _migrated(kind: typing.Literal["data", "hyper"], values: Mapping[str, Any]) -> ParamValues:
    if kind == "hyper":
        # Only files are old: what a client sends without a version means what the parameters mean today.
        values = {VERSION_KEY: FORMAT_VERSION} | dict(values)
    try:
        return {k: v for k, v in migrated(kind, dict(values), None).items() if k != VERSION_KEY}
    except (TypeError, ValueError, AttributeError) as error:
        raise Refusal(422, f"These are not {kind} parameters", reason=str(error)[:200]) from error


def _data_of(model: Path) -> ParamValues | None:
    """The data parameters that a model was trained with."""
    if not (model / RECORD).is_file():
        return None
    return Run(model).read().params.data


def _check_needed(task_class: type[Task], values: Mapping[str, Any], faults: dict[str, str]) -> None:
    for name, field in task_class.model_fields.items():
        if field.is_required() and name not in values:
            faults.setdefault(_fault_key(name), f"{name}: required for {task_class.kind}, but missing")


def _fault_key(name: str) -> str:
    """Under which name a client finds the fault of a task's field."""
    return name if name in _PARAMS else f"options.{name}"


def _recipe(values: Mapping[str, Any]) -> str:
    """The recipe of a training; its faults are those of options."""
    try:
        return recipe_of(
            values.get("recipe"),
            values["hyper"].set_values(),
            minutes=values.get("minutes"),
            from_model=values.get("from_model") is not None,
        )
    except ParamError as error:
        error.faults = {f"options.{name}": sentence for name, sentence in error.faults.items()}
        raise


def _with_threads(task_class: type[Task], values: _TaskValues) -> _TaskValues:
    """At most as many threads, processes and trainings side by side as there are cores; without a number, all."""
    cores = available_cores()
    threads = values.get("threads") or (1 if task_class.side_by_side else cores)
    values = values | {"threads": min(max(threads, 1), cores)}
    for name in ("jobs", "workers"):
        if values.get(name) is not None:
            values[name] = min(values[name], cores)
    hyper = values.get("hyper")
    if isinstance(hyper, HyperParams) and hyper.workers > cores:
        values["hyper"] = hyper.changed(workers=cores)
    return values


def _is_offered(kind: type[Task], name: str) -> bool:
    """Whether clients may give an option: a text must be known to be a word, a model or a path that is read."""
    if name in (*_PARAMS, *PLACES, *CODE):
        return False
    return name in (*_MODELS, *_RUNS, *_PATHS, *_WORDS) or not _holds_text(typing.get_type_hints(kind)[name])


def _holds_text(hint: Any) -> bool:
    if typing.get_origin(hint) is typing.Literal:
        return False
    return hint is str or any(_holds_text(part) for part in typing.get_args(hint))
