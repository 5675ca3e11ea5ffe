"""The test at the end of a training: it may fail, and the training is done all the same."""

from __future__ import annotations

from convonet.data.class_contract import complete_map, pairs_text
from convonet.documents.run_record import Fault, SkippedTest
from convonet.errors import ClassMismatchError, DataError
from convonet.events import Warned, Watch
from convonet.runs import Run
from convonet.runs.untested import evaluate_command
from convonet.tasks import TrainTask


def warn_untested(run: Run, task: TrainTask, error: DataError, watch: Watch, *, before: bool = False) -> None:
    """Say that the test set is not used, why, and what tests the model; and keep it in the record.

    Args:
        before: training is yet to come.
    """
    allow = task.data.missing_classes == "allow"
    found = complete_map(error, allow_missing=allow)
    options: tuple[str, ...] = ()
    # A map that is complete is offered rather than used: two different classes may have names that look alike.
    if found:
        reason = (
            "the class names of the test set differ from those of the training set. "
            f"Likely matches: {pairs_text(found)}."
        )
        options, repair = ("--accept-class-map",), "If these are the same classes, test the model with"
        python = f"`convonet.evaluate({str(run.path)!r}, accept_class_map=True)`"
    else:
        where = f" ({error.where})" if error.where else ""
        reason = f"{error.what}{where}."
        repair = "Repair the test set, then test the model with"
        python = f"`convonet.evaluate({str(run.path)!r})`"
        # Only missing classes can be allowed; an unknown one has no output in the network.
        if isinstance(error, ClassMismatchError) and not error.extra:
            options = ("--set", "missing_classes=allow")
            repair = "If the test set really has no image of these classes, test the model with"
            python = (
                f"`convonet.evaluate({str(run.path)!r}, data)`, where data has 'missing_classes': 'allow'"
            )
    started = "The model will not be tested" if before else "The model was not tested"
    said = f"{started}: {reason} {repair}"
    command = evaluate_command(run.path, options)
    watch.tell(Warned(message=f"{said}: {command}", subject="test", python=f"{said} {python}"))
    run.update(test_skipped=SkippedTest(reason=reason, options=options, error=Fault.of(error.to_dict())))
