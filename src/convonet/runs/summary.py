"""What a training came to, on one screen: the plan, what was tried, the score, and what to do next.

One document for every interface, made from the run folder alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from convonet import documents, tasks
from convonet.events import RunState
from convonet.params.fields import ParamValues
from convonet.params.recipes import TrainRecipe
from convonet.runs.run import Run
from convonet.runs.untested import evaluate_command, untested

_SETTINGS: dict[str, ParamValues] = {
    "flip_of_signs": {"flip_horizontal": False, "flip_vertical": False},
    "uneven": {"balanced": True},
    "large_batch": {"batch_size": 16},
}
"""Kinds of advice and the hyperparameters that follow them."""


def summary_of(run: Run, record: documents.RunRecord | None = None) -> documents.TrainingSummary:
    """The summary of a training as far as it has come.

    Args:
        record: the run's record where it was read already.
    """
    record = record or run.read()
    plan, test = record.plan, record.scores.test
    return documents.TrainingSummary(
        sentence=plan.sentence if plan else "",
        notes=plan.notes if plan else (),
        tried=tuple(_tried(plan)) if plan else (),
        why=plan.why if plan else "",
        accuracy=test.accuracy if test else None,
        interval=test.accuracy_interval if test else None,
        baseline=test.baseline_accuracy if test else None,
        images=test.images if test else 0,
        confusion=_confusion(run) if test else None,
        advice=tuple(_advice(run, record)),
    )


def _tried(plan: documents.Plan) -> Iterator[documents.Tried]:
    for one in plan.candidates:
        score, decided = one.validation, plan.decision(one.name, "epochs")
        chosen = one.name == plan.chosen
        waiting = "not trained yet" if one.state == "waiting" else one.reason
        yield documents.Tried(
            name=one.name,
            title=one.title,
            state=one.state,
            accuracy=score.accuracy if score else None,
            accuracy_interval=score.accuracy_interval if score else None,
            log_loss=score.log_loss if score else None,
            epochs=int(decided.value) if decided else None,
            seconds=one.seconds,
            chosen=chosen,
            result="chosen" if chosen else waiting,
        )


def _confusion(run: Run) -> documents.Confusion | None:
    """The largest cell off the diagonal of the test's confusion matrix."""
    tested = documents.EvaluationDocument.in_folder(run.folder, "test")
    if tested is None:
        return None
    classes, matrix = tested.classes, tested.confusion_matrix
    cells = [
        (count, row, column)
        for row, counts in enumerate(matrix)
        for column, count in enumerate(counts)
        if row != column and count
    ]
    if not cells:
        return None
    # Of equally many the first pair, so that the sentence is the same each time.
    count, row, column = max(cells, key=lambda cell: (cell[0], -cell[1], -cell[2]))
    return documents.Confusion(
        true=classes[row], predicted=classes[column], count=count, total=sum(matrix[row])
    )


def _advice(run: Run, record: documents.RunRecord) -> Iterator[documents.NextStep]:
    """Findings of the curves come first, then advice; each with the command that follows it."""
    task, plan = run.task(record), record.plan
    assert isinstance(task, tasks.TrainTask)
    yield from _test_steps(run, task, record)
    for finding in record.diagnosis:
        yield _step(task, finding.kind, f"{finding.sentence} {finding.advice}", plan)
    for advice in record.advice:
        if plan and advice.kind == "transfer":
            continue  # the plan has tried it
        yield _step(task, advice.kind, advice.text, plan)
    if plan and plan.recipe != "best" and record.scores.keys():
        longer: TrainRecipe = "auto" if plan.recipe == "fast" else "best"
        text = (
            "More training time may give a better model."
            if longer == "best"
            else "Fine-tuning the backbone may give a better model."
        )
        yield _with_command(task, documents.NextStep(kind="longer", text=text, recipe=longer))


def _test_steps(run: Run, task: tasks.TrainTask, record: documents.RunRecord) -> Iterator[documents.NextStep]:
    """What to do where the model was not tested."""
    skipped = untested(run, record)
    if skipped:
        text = f"The model was not tested: {skipped.reason}"
        yield documents.NextStep(kind="untested", text=text, command=skipped.command)
    elif record.state is RunState.DONE and task.then_test and record.scores.test is None:
        text = "There are no test images, so the accuracy on new images is not known."
        yield documents.NextStep(
            kind="no_test", text=text, command=evaluate_command(run.path, ["TEST_FOLDER"])
        )


def _step(task: tasks.TrainTask, kind: str, text: str, plan: documents.Plan | None) -> documents.NextStep:
    if kind in _SETTINGS:
        return _with_command(task, documents.NextStep(kind=kind, text=text, settings=_SETTINGS[kind]))
    if not plan and kind in ("transfer", "collapsed", "underfitting", "plateau", "overfitting"):
        return _with_command(task, documents.NextStep(kind=kind, text=text, recipe="auto"))
    return documents.NextStep(kind=kind, text=text)


def _with_command(task: tasks.TrainTask, step: documents.NextStep) -> documents.NextStep:
    return step.changed(command=tasks.as_command(followed(task, step)))


def followed(task: tasks.TrainTask, step: documents.NextStep) -> tasks.TrainTask:
    """The training that follows a step: with its settings, or the same images by its recipe."""
    if step.recipe is None:
        return task.changed(hyper=task.hyper.changed(**step.settings or {}))
    # Hyperparameters of a training without a plan describe one network; a plan chooses it.
    given = task.hyper.set_values() if task.recipe != "none" else {}
    return task.changed(recipe=step.recipe, hyper=type(task.hyper).of(given), minutes=None, from_model=None)
