"""What a training came to, on one screen: the plan, what was tried, the score, and what to do next.

One document for every interface, made from the run folder alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from convonet.params.recipes import TrainRecipe
from convonet.runs.run import Run
from convonet.runs.untested import evaluate_command, untested
from convonet.tasks import TrainTask
from convonet.tasks.shown_as import as_command

_SETTINGS: dict[str, dict[str, Any]] = {
    "flip_of_signs": {"flip_horizontal": False, "flip_vertical": False},
    "uneven": {"balanced": True},
    "large_batch": {"batch_size": 16},
}
"""Kinds of advice and the hyper parameters that follow them."""


@dataclass(frozen=True)
class Tried:
    """A row of the table of candidates.

    Attributes:
        accuracy, accuracy_interval: on the validation images.
        chosen: whether its model is the result.
        result: why it was chosen, or why not.
    """

    name: str
    title: str
    state: str
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None
    log_loss: float | None
    epochs: int | None
    seconds: float
    chosen: bool
    result: str


@dataclass(frozen=True)
class NextStep:
    """A piece of advice and the command that follows it; `command` is empty where there is none.

    Attributes:
        recipe, settings: what the command changes, for interfaces that have a button instead.
    """

    kind: str
    text: str
    command: str = ""
    recipe: TrainRecipe | None = None
    settings: dict[str, Any] | None = None


@dataclass(frozen=True)
class Confusion:
    """The pair of classes that is confused most often."""

    true: str
    predicted: str
    count: int
    of: int


@dataclass(frozen=True)
class TrainingSummary:
    """What a training came to.

    Attributes:
        sentence: the plan in words; empty without one.
        notes: what goes with it.
        tried: the candidates in the order of the plan.
        why: why the chosen one was chosen.
        accuracy, interval, baseline, images: of the test; None where it was not tested.
        confusion: the most confused pair of the test.
        advice: findings and advice, the most important first.
    """

    sentence: str
    notes: tuple[str, ...]
    tried: tuple[Tried, ...]
    why: str
    accuracy: float | None
    interval: tuple[float, float] | None
    baseline: float | None
    images: int
    confusion: Confusion | None
    advice: tuple[NextStep, ...]

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def summary_of(run: Run, record: Mapping[str, Any] | None = None) -> TrainingSummary:
    """The summary of a training as far as it has come.

    Args:
        record: the run's record where it was read already.
    """
    record = run.read() if record is None else record
    plan = record.get("plan") or {}
    test = record["scores"].get("test") or {}
    interval = test.get("accuracy_interval")
    return TrainingSummary(
        sentence=plan.get("sentence", ""),
        notes=tuple(plan.get("notes", ())),
        tried=tuple(_tried(plan, record)),
        why=plan.get("why", ""),
        accuracy=test.get("accuracy"),
        interval=None if interval is None else (interval[0], interval[1]),
        baseline=test.get("baseline_accuracy"),
        images=test.get("images", 0),
        confusion=_confusion(run) if test else None,
        advice=tuple(_advice(run, record, plan)),
    )


def _tried(plan: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[Tried]:
    decided = {one["candidate"]: one for one in plan.get("decisions", ()) if one["what"] == "epochs"}
    for one in plan.get("candidates", ()):
        score = one["validation"] or {}
        interval = score.get("accuracy_interval")
        chosen = one["name"] == plan.get("chosen")
        waiting = "not trained yet" if one["state"] == "waiting" else one["reason"]
        yield Tried(
            name=one["name"],
            title=one["title"],
            state=one["state"],
            accuracy=score.get("accuracy"),
            accuracy_interval=None if interval is None else (interval[0], interval[1]),
            log_loss=score.get("log_loss"),
            epochs=int(decided[one["name"]]["value"]) if one["name"] in decided else None,
            seconds=one["seconds"],
            chosen=chosen,
            result="chosen" if chosen else waiting,
        )


def _confusion(run: Run) -> Confusion | None:
    """The largest cell off the diagonal of the test's confusion matrix."""
    file = run.file("evaluation.json")
    if not file.is_file():
        return None
    document = json.loads(file.read_text(encoding="utf-8"))
    classes, matrix = document["classes"], document["confusion_matrix"]
    cells = [
        (count, row, column)
        for row, counts in enumerate(matrix)
        for column, count in enumerate(counts)
        if row != column and count
    ]
    if not cells:
        return None
    count, row, column = max(cells, key=lambda cell: (cell[0], -cell[1], -cell[2]))
    return Confusion(classes[row], classes[column], count, sum(matrix[row]))


def _advice(run: Run, record: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[NextStep]:
    """Findings of the curves come first, then advice; each with the command that follows it."""
    task = run.task()
    assert isinstance(task, TrainTask)
    skipped = untested(run, record)
    if skipped:
        yield NextStep("untested", f"The model was not tested: {skipped['reason']}", skipped["command"])
    elif record["state"] == "done" and task.then_test and not record["scores"].get("test"):
        text = "There are no test images: nothing tells how good the model is on images that it has not seen."
        yield NextStep("no_test", text, evaluate_command(run.path, ["TEST_FOLDER"]))
    for finding in record.get("diagnosis") or ():
        yield _step(task, finding["kind"], f"{finding['sentence']} {finding['advice']}", plan)
    for advice in record.get("advice") or ():
        if plan and advice["kind"] == "transfer":
            continue  # the plan has tried it
        yield _step(task, advice["kind"], advice["text"], plan)
    if plan and plan.get("recipe") != "best" and record["scores"]:
        longer: TrainRecipe = "auto" if plan["recipe"] == "fast" else "best"
        text = (
            "More training time may give a better model."
            if longer == "best"
            else "Fine-tuning the backbone may give a better model."
        )
        yield _with_command(task, NextStep("longer", text, recipe=longer))


def _step(task: TrainTask, kind: str, text: str, plan: Mapping[str, Any]) -> NextStep:
    if kind in _SETTINGS:
        return _with_command(task, NextStep(kind, text, settings=_SETTINGS[kind]))
    if not plan and kind in ("transfer", "collapsed", "underfitting", "plateau", "overfitting"):
        return _with_command(task, NextStep(kind, text, recipe="auto"))
    return NextStep(kind, text)


def _with_command(task: TrainTask, step: NextStep) -> NextStep:
    return replace(step, command=as_command(followed(task, step)))


def followed(task: TrainTask, step: NextStep) -> TrainTask:
    """The training that follows a step: with its settings, or the same images by its recipe."""
    if step.recipe is None:
        return task.changed(hyper=task.hyper.changed(**step.settings or {}))
    # Hyper parameters of a training without a plan describe one network; a plan chooses it.
    given = task.hyper.set_values() if task.recipe != "none" else {}
    return task.changed(recipe=step.recipe, hyper=type(task.hyper).of(given), minutes=None, from_model=None)
