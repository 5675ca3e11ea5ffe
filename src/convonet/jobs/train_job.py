"""The training job: scan, prepare, build, train, save, export, plot and, where there are test images, test.

Every stage can be done again, so a killed run is resumed by doing the job again: the prepared images come from
the cache, training goes on from its checkpoint, and later stages write the same files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convonet.documents.training import TrainDocument
from convonet.errors import InputError
from convonet.events import StageStarted, Watch
from convonet.hints import Hint, option
from convonet.jobs.train_sets import prepare_sets
from convonet.runs import Run
from convonet.tasks import TrainTask
from convonet.text import counted


def work(run: Run, task: TrainTask, watch: Watch, callbacks: Sequence[Any] = ()) -> TrainDocument:
    """Do the whole job in the run's folder; the answer is the run's document.

    Args:
        callbacks: a person's own `keras.callbacks.Callback`s.

    Raises:
        Cancelled: the person asked to stop; what was trained is saved.
        ConvonetError: it cannot be done, or not on these images.
    """
    if task.processes > 1 and task.recipe != "none":
        raise InputError(
            "A recipe can train in only one process",
            received=f"recipe {task.recipe} with {counted(task.processes, 'process', 'processes')}",
            hint=Hint.of(
                "Use {} or a single process",
                option("recipe", "none"),
                window="Set Processes to 1 on the Parameters page",
            ),
        )
    if task.recipe != "none" and task.from_model is None:
        # It loads the planner, which a training without a recipe has no use for.
        from convonet.jobs.planned_job import work as planned

        return planned(run, task, watch, callbacks)
    sets = prepare_sets(run, task, watch)
    watch.check()
    watch.tell(StageStarted(stage="load", title="Loading Keras"))
    # Keras takes seconds to load, so wrong images are reported before that.
    from convonet.jobs.train_stages import train

    return train(run, task, sets, watch, callbacks)
