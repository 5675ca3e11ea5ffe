"""The stage of a training that sets when an image counts as none of the classes."""

from __future__ import annotations

from convonet.events import StageStarted, Warned, Watch
from convonet.jobs.fitting import held_out
from convonet.jobs.train_sets import TrainSets
from convonet.nets.net_model import NetModel
from convonet.runs import Run
from convonet.tasks import TrainTask
from convonet.training.image_rows import ImageRows
from convonet.training.unknown_fit import choose_images, fit_unknown


def with_unknown(run: Run, task: TrainTask, sets: TrainSets, model: NetModel, watch: Watch) -> NetModel:
    """The network with a threshold for unknown images; as it is where none is wanted or can be set.

    Raises:
        Cancelled: the person asked to stop.
    """
    rate = task.hyper.unknown_rate
    if rate == 0:
        return model
    watch.tell(StageStarted(stage="unknown", title="Setting the threshold for unknown images"))
    train = ImageRows(sets.train.images, sets.train.labels, sets.train_rows)
    # Held-out images are better: those that were trained on look more familiar than any new one.
    images = choose_images(train, held_out(sets) if sets.val is not None else None)
    found = None if images is None else fit_unknown(model, images, rate, watch)
    if found is None:
        reason = (
            "too few images"
            if images is None
            else "its output is not computed from features by a single dense layer"
        )
        message = f"The model cannot recognize images that belong to none of its classes: {reason}"
        watch.tell(Warned(message=message, subject="unknown"))
        return model
    return found
