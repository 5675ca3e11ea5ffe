"""A training by a recipe: plan it from headers and counts, then carry the plan out.

The plan stands in `run.json` before anything heavy is loaded, and a resumed run carries out the same plan.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from convonet.data.sources import DataSets
from convonet.documents.plan import Plan
from convonet.documents.training import TrainDocument
from convonet.events import PlanMade, StageStarted, Watch
from convonet.jobs.train_sets import find_sets
from convonet.planning import plan_for
from convonet.runs import Run
from convonet.tasks import TrainTask


def work(run: Run, task: TrainTask, watch: Watch, callbacks: Sequence[Any] = ()) -> TrainDocument:
    """Plan and train; arguments and errors are those of `train_job.work`."""
    began = time.monotonic()
    # Sizes and classes come from the headers of the files: the plan is told before a single image is decoded.
    found = find_sets(run, task, watch)
    plan = _planned(run, task, found, watch)
    watch.check()
    watch.tell(StageStarted(stage="load", title="Loading Keras"))
    # Keras takes seconds to load; what is wrong is told before anybody waits for it.
    from convonet.jobs.plan_stages import carry_out

    return carry_out(run, task, found, plan, watch, callbacks, began=began)


def _planned(run: Run, task: TrainTask, found: DataSets, watch: Watch) -> Plan:
    """The plan that the run began with; a new one in its first attempt."""
    plan = run.read().plan
    assert task.recipe != "none"
    if plan is None:
        plan = plan_for(
            task.data,
            task.hyper,
            task.recipe,
            found.train,
            minutes=task.minutes,
            validation=len(found.val) if found.val is not None else 0,
        )
        run.update(plan=plan)
    watch.tell(PlanMade(recipe=plan.recipe, sentence=plan.sentence, notes=plan.notes))
    return plan
