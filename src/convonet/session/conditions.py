"""What must be true before an action can be done, and the reason to show while it is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from convonet import tasks

if TYPE_CHECKING:
    from convonet.session.session import Session

Code: TypeAlias = Literal[
    "busy",
    "idle",
    "not_tuning",
    "invalid_value",
    "no_training_images",
    "no_test_images",
    "no_model",
    "nothing_varied",
    "on_server",
]


@dataclass(frozen=True)
class Reason:
    """Why an action cannot be done now.

    Attributes:
        code: for programs; it never changes.
        sentence: for people, without a full stop.
    """

    code: Code
    sentence: str


@dataclass(frozen=True)
class _Condition:
    """What has to be true, and the reason when it is not."""

    reason: Reason
    holds: Callable[[Session], bool]


_IDLE = _Condition(Reason("busy", "Another task is running. Stop it or wait"), lambda s: s.work is None)
_WORKING = _Condition(Reason("idle", "Nothing is running"), lambda s: s.work is not None)
_TUNING = _Condition(
    Reason("not_tuning", "No search is running"),
    lambda s: s.work is not None and s.work.task.fills_table,
)
_VALID = _Condition(
    Reason("invalid_value", "A parameter has an invalid value"), lambda s: not s.params.faults.count
)
_TRAINING_IMAGES = _Condition(
    Reason("no_training_images", "No training images are loaded"), lambda s: bool(s.sets.images("train"))
)
_TEST_IMAGES = _Condition(
    Reason("no_test_images", "No test images are loaded"), lambda s: bool(s.sets.images("test"))
)
_MODEL = _Condition(
    Reason("no_model", "There is no model. Train a network or load one"), lambda s: s.model is not None
)
_VARIED = _Condition(
    Reason("nothing_varied", "No hyperparameter has several values"), lambda s: bool(s.params.space.varied)
)

# Only the first unmet condition is shown: what to wait for comes before what to correct or load.
_LEARNING = (_IDLE, _VALID, _TRAINING_IMAGES)
_NEEDS: dict[str, tuple[_Condition, ...]] = {
    "initialise": _LEARNING,
    "further": (*_LEARNING, _MODEL),
    "tune": (*_LEARNING, _VARIED),
    "evaluate": (_IDLE, _MODEL, _TEST_IMAGES),
    "predict": (_IDLE, _MODEL),
    "explain": (_IDLE, _MODEL),
    "export": (_IDLE, _MODEL),
    # Saving only copies files, so it need not wait for the worker.
    "save_model": (_MODEL,),
    "open_results": (_MODEL,),
    "show_as": (),
    # Each set brings its own images, so none need to be loaded.
    "many_sets": (_VALID,),
    "stop": (_WORKING,),
    "stop_tuning": (_TUNING,),
}


def why_not(session: Session, action: str, *, while_working: bool = False) -> Reason | None:
    """The first reason why an action cannot be done now; None when it can.

    Args:
        action: an action of the table above, or a kind of task.
        while_working: leave it out that other work is under way.
    """
    # A kind of task that needs nothing special says by its trait whether it learns from the images.
    needs = _NEEDS.get(action)
    if needs is None:
        needs = _LEARNING if tasks.traits_of(action).learns else (_IDLE,)
    for condition in needs:
        if not (while_working and condition is _IDLE) and not condition.holds(session):
            return condition.reason
    return None
