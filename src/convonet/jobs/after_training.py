"""The test at the end of a training: it may fail, and the training is done all the same."""

from __future__ import annotations

from typing import NamedTuple

from convonet.data.class_contract import complete_map, pairs_text
from convonet.documents.run_record import Fault, SkippedTest
from convonet.errors import ClassMismatchError, DataError
from convonet.events import Warned, Watch
from convonet.runs import Run
from convonet.runs.untested import evaluate_command
from convonet.tasks import TrainTask


class _Repair(NamedTuple):
    """Why a test set does not fit, and what to do about it.

    Attributes:
        options: of the command that tests the model; `python`: the further arguments of the function that does.
        advice: ends before the command or the function.
        window: the whole advice in the window and on the page.
    """

    reason: str
    options: tuple[str, ...]
    python: str
    advice: str
    window: str


def warn_untested(run: Run, task: TrainTask, error: DataError, watch: Watch, *, before: bool = False) -> None:
    """Say that the test set is not used, why, and what tests the model; and keep it in the record.

    Args:
        before: training is yet to come.
    """
    repair = _repair(error, allow_missing=task.data.missing_classes == "allow")
    said = f"The model {'will not be' if before else 'was not'} tested: {repair.reason}"
    command = evaluate_command(run.path, repair.options)
    function = f"`convonet.evaluate({str(run.path)!r}{repair.python}"
    watch.tell(
        Warned(
            message=f"{said} {repair.advice}: {command}",
            subject="test",
            python=f"{said} {repair.advice} {function}",
            window=f"{said} {repair.window}",
        )
    )
    skipped = SkippedTest(reason=repair.reason, options=repair.options, error=Fault.of(error.to_dict()))
    run.update(test_skipped=skipped)


def _repair(error: DataError, *, allow_missing: bool) -> _Repair:
    found = complete_map(error, allow_missing=allow_missing)
    # A map that is complete is offered rather than used: two different classes may have names that look alike.
    if found:
        return _Repair(
            "the class names of the test set differ from those of the training set. "
            f"Likely matches: {pairs_text(found)}.",
            ("--accept-class-map",),
            ", accept_class_map=True)`",
            "If these are the same classes, test the model with",
            "If these are the same classes, click “Use this class map” on the Data page, then test the model on "
            "the Test page",
        )
    where = f" ({error.where})" if error.where else ""
    reason = f"{error.what}{where}."
    # Only missing classes can be allowed; an unknown one has no output in the network.
    if isinstance(error, ClassMismatchError) and not error.extra:
        really = "If the test set really has no image of these classes,"
        return _Repair(
            reason,
            ("--set", "missing_classes=allow"),
            ", data)`, where data has 'missing_classes': 'allow'",
            f"{really} test the model with",
            f"{really} set Missing classes to allow on the Parameters page, then test the model on the Test page",
        )
    return _Repair(
        reason,
        (),
        ")`",
        "Repair the test set, then test the model with",
        "Repair the test set, then test the model on the Test page",
    )
