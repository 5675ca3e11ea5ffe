"""What all job specs have in common: checks, traits, and their JSON. Nothing here loads an image or Keras."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, InstanceOf

from convonet.json_values import JsonObject
from convonet.params.data_params import DataParams
from convonet.params.files import data_to_dict
from convonet.params.hyper_params import HyperParams
from convonet.params.migrations import VERSION_KEY
from convonet.params.search_space import SearchSpace
from convonet.params.values import CheckedModel

ExecutorName = Literal["local", "ray"]
Split = Literal["train", "val", "test"]
SPEC_VERSION = 2


class Task(CheckedModel):
    """A job. `kind` names it on the wire; Every way of making one checks it.

    What others must know of a kind is a trait here, so that no other place lists kinds.

    Attributes:
        kind: the name on the wire; `find_rate` for `FindRateTask`.
        job: the module of `convonet.jobs` that does it.
        title: what a sentence about its work begins with.
        noun: what a run of this kind is called in lists.
        keeps_run: it leaves a run behind; other kinds answer a question.
        resumable: a run that was stopped goes on where it was.
        reported: its run gets a report.
        repeatable: a finished run can be done once more and compared; see `VerifyTask`.
        fills_table: its run has a table that grows while it works.
        side_by_side: it trains several networks at a time, each with `threads` threads.
        learns: it learns from the training images, so it needs some and parameters without a fault.
        step: the step of the workflow that shows its work and its answer.
        threads: computing threads of the worker; part of the spec, since other numbers give other last digits.

    Raises:
        ParamError: all faults at once.
    """

    # Deferred, since a process uses few of the tasks and building all of them would delay its start.
    model_config = ConfigDict(defer_build=True)

    kind: ClassVar[str]
    job: ClassVar[str]
    title: ClassVar[str]
    noun: ClassVar[str] = ""
    keeps_run: ClassVar[bool] = False
    resumable: ClassVar[bool] = False
    reported: ClassVar[bool] = False
    repeatable: ClassVar[bool] = False
    fills_table: ClassVar[bool] = False
    side_by_side: ClassVar[bool] = False
    learns: ClassVar[bool] = False
    step: ClassVar[str] = "runs"

    threads: int | None = Field(None, ge=1)

    @classmethod
    def __pydantic_init_subclass__(cls, **settings: Any) -> None:
        super().__pydantic_init_subclass__(**settings)
        # A class between has no kind of its own, and nothing can be asked of it.
        if "kind" in vars(cls):
            # Not getattr(), which would find what a parent has, such as the empty noun of `Task`.
            cls.job = vars(cls).get("job", f"{cls.kind}_job")
            cls.title = vars(cls).get("title", cls.kind.capitalize())
            cls.noun = vars(cls).get("noun", cls.kind.capitalize().replace("_", " "))

    @property
    def leaves_run(self) -> bool:
        """Whether a person finds a run of this job's own when it has ended."""
        return self.keeps_run

    @classmethod
    def traits(cls) -> dict[str, bool | str]:
        """The traits by name, for an interface that is not written in Python."""
        return {name: getattr(cls, name) for name in TRAITS}

    def anchored(self) -> Self:
        """The same job with absolute paths of images and bases: it may be taken up from another folder."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        with_paths = (DataParams, HyperParams, SearchSpace)
        return self.changed(
            **{name: value.anchored() for name, value in values.items() if isinstance(value, with_paths)}
        )

    def to_dict(self) -> JsonObject:
        """The JSON object of the spec."""
        values: JsonObject = {"kind": self.kind, VERSION_KEY: SPEC_VERSION}
        return values | {name: _plain(getattr(self, name)) for name in type(self).model_fields}


class ResumableTask(Task):
    """A job that learns from images for a long time: it keeps its run, and goes on where it was stopped.

    Attributes:
        accept_changed_data: go on although the images are no longer those that the run began with.
    """

    keeps_run: ClassVar[bool] = True
    resumable: ClassVar[bool] = True
    learns: ClassVar[bool] = True

    data: InstanceOf[DataParams]
    accept_changed_data: bool = False


TRAITS = (
    "noun",
    "keeps_run",
    "resumable",
    "reported",
    "repeatable",
    "fills_table",
    "side_by_side",
    "learns",
    "step",
)


def _plain(value: Any) -> Any:
    if isinstance(value, DataParams):
        return data_to_dict(value)
    if isinstance(value, HyperParams):
        return {name: list(v) if isinstance(v, tuple) else v for name, v in value.set_values().items()}
    if isinstance(value, SearchSpace):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value
