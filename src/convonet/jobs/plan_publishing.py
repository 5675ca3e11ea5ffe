"""The chosen candidate of a plan as the model of the run: trained on all images if asked, calibrated, tested."""

from __future__ import annotations

import shutil
import time

from convonet.atomic import replacing
from convonet.documents.plan import Candidate
from convonet.documents.run_record import RunParams
from convonet.events import StageStarted, Watch
from convonet.jobs.fitting import HISTORY, advice_on
from convonet.jobs.plan_candidates import CandidateFolder, Trained
from convonet.jobs.plan_work import CANDIDATES, PlanWork
from convonet.jobs.train_sets import TrainSets, prepare_found
from convonet.jobs.train_stages import draw, leave_model
from convonet.json_values import object_at
from convonet.nets.net_model import NetModel
from convonet.training.net_training import TrainingResult

REFIT = "refit"


def refit(work: PlanWork, best: Trained) -> None:
    """The chosen candidate once more on all images, for as many epochs as were best."""
    candidate = best.candidate
    _, result = work.folder(candidate.name).model()
    # The first epoch of a fine-tuned candidate is its head, which is fitted anyway.
    epochs = result.model_epoch - (1 if candidate.kind == "fine_tuned" else 0)
    task = work.decisions.task_of(
        candidate, None if candidate.kind == "frozen" else max(epochs, 0), validation=False
    )
    work.watch.tell(StageStarted(stage="refit", title="Training the chosen model on all images"))
    sets = prepare_found(work.run, task, work.found, work.watch)
    model, whole = work.trained(task, sets, work.folder(REFIT).path, candidate.changed(timed=False))
    temperature = best.score.temperature
    publish(work, model, whole, candidate, temperature, sets=sets, folder=work.folder(REFIT))
    draw(work.run, task, model, whole, work.watch)


def publish_best(work: PlanWork, best: Trained) -> None:
    """Publish the best candidate, unless it is published already, and draw its figures."""
    model, result = work.folder(best.candidate.name).model()
    # Testing and exporting take seconds, and the first candidate is often the best one.
    if work.run.read().published != best.candidate.name:
        publish(work, model, result, best.candidate, best.score.temperature)
    decided = work.plan.decision(best.candidate.name, "epochs")
    task = work.decisions.task_of(best.candidate, None if decided is None else int(decided.value))
    draw(work.run, task, model, result, work.watch)


def publish(
    work: PlanWork,
    model: NetModel,
    result: TrainingResult,
    candidate: Candidate,
    temperature: float = 1.0,
    *,
    sets: TrainSets | None = None,
    folder: CandidateFolder | None = None,
) -> None:
    """Leave a candidate's model and all that belongs to it in the run's folder, calibrated."""
    started = time.monotonic()
    decided = work.plan.decision(candidate.name, "epochs")
    task = work.decisions.task_of(candidate, None if decided is None else int(decided.value))
    sets = sets or work.sets_of(candidate)
    # The model may have a temperature already, and both divide the logits.
    info = model.info.changed(temperature=model.info.temperature * temperature)
    calibrated = NetModel(model.keras_model, info)
    # The run's history is that of the model in it, not of the candidate that was trained last.
    with replacing(work.run.file(HISTORY)) as temporary:
        shutil.copyfile((folder or work.folder(candidate.name)).history, temporary)
    # The advice stands in the record; to tell it again for each candidate would be noise.
    advice = advice_on(task, sets, Watch(should_stop=lambda: False))
    spec = task.to_dict()
    # From here on the run is the one that a person would have set by hand with these values.
    params = RunParams(data=object_at(spec, "data"), hyper=object_at(spec, "hyper"))
    work.run.update(params=params, advice=advice)
    leave_model(work.run, task, sets, calibrated, result, work.watch)
    # Written last: after a kill in between, the model is published once more.
    work.run.update(published=candidate.name)
    # Measured on this model, in place of the guess, for the time that the next candidate gets.
    work.decisions.finish_seconds = time.monotonic() - started


def clean(work: PlanWork) -> None:
    """Remove what only a resumption of the candidates needs."""
    for path in work.run.file(CANDIDATES).glob("*"):
        # Checkpoints are several times as large as the model, and no resume needs them now.
        CandidateFolder(path).clean()
