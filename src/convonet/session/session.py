"""What a person has loaded, what may be done next, and the work under way. It knows no window.

A session belongs to one thread. What takes long is either done by a worker process, which `poll` follows, or asked
of `images`, `models` and `runs` in another thread, whose result is then given to the session.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from convonet import documents, tasks
from convonet.errors import DocumentError, InputError
from convonet.launch.work import Work, WorkEnded
from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.runs import Run
from convonet.runs.summary import followed
from convonet.session.backend import Backend, Images, Models, Runs, busy
from convonet.session.changes import Change, Changed, Listener, Part, Reported
from convonet.session.conditions import Reason, why_not
from convonet.session.opened import OpenedModel
from convonet.session.parameters import Parameters
from convonet.session.sets import LoadedSets, deciding_values
from convonet.session.task_builder import TaskBuilder


class Session:
    """State and actions of one person at work.

    Args:
        backend: where images, models, runs and workers are.

    Attributes:
        params: what the next task is made from.
        tasks: makes tasks from what is loaded.
        sets: the listings of the images, empty until `take_sets`.
        model: the model in use.
        summary: the layer table of the network as described now, or of the model.
        evaluation: the scores of the model on the split that was evaluated last.
        predictions: the answers for the images that were predicted last.
        explanations: what the last explaining gave.
        work: what is under way.
        last_task: what was started last.
    """

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.params: Parameters = Parameters(self._params_changed)
        self.tasks = TaskBuilder(self)
        self.sets: LoadedSets = LoadedSets()
        self.model: OpenedModel | None = None
        self.summary: documents.SummaryDocument | None = None
        self.evaluation: documents.RunEvaluation | None = None
        self.predictions: tuple[documents.Prediction | documents.UnreadableImage, ...] = ()
        self.explanations: documents.ExplainDocument | None = None
        self.work: Work | None = None
        self.last_task: tasks.Task | None = None
        self._listed = self.params.data
        self._summarised = (self.params.data, self.params.space)
        self._listeners: list[Listener] = []

    @property
    def images(self) -> Images:
        """Answers questions about images; may be asked in a thread."""
        return self.backend.images

    @property
    def models(self) -> Models:
        """Opens and copies models; may be asked in a thread."""
        return self.backend.models

    @property
    def runs(self) -> Runs:
        """The runs that are known; may be asked in a thread."""
        return self.backend.runs

    def listen(self, listener: Listener) -> None:
        """Tell `listener` every change from now on."""
        self._listeners.append(listener)

    def _tell(self, change: Change) -> None:
        # A copy, since a listener may add another one while it is being told.
        for listener in tuple(self._listeners):
            listener(change)

    def _changed(self, *parts: Part) -> None:
        for part in parts:
            self._tell(Changed(part))

    def _params_changed(self, *parts: Part) -> None:
        """Drop what does not belong to the parameters any longer.

        Other folders drop the listings and the scores. Other training images in the place of those that are loaded
        also drop the model and what it answered.
        """
        data, before = self.params.data, self._listed
        if deciding_values(data) != deciding_values(before):
            other_images = data.train_dir != before.train_dir and "train" in self.sets
            self.sets, self._listed = LoadedSets(), data
            self._forget_scores()
            if other_images and self.model is not None:
                self.set_model(None)
        if (data, self.params.space) != self._summarised:
            self._forget_summary()
        self._changed(*parts)
        if "data" in parts:
            self._changed("sets")

    def first_space(self) -> SearchSpace:
        """Hyperparameters to begin with: the fast recipe where training images are loaded, else the defaults.

        May be called in a thread.
        """
        if "train" not in self.sets:
            return SearchSpace.single(HyperParams())
        return SearchSpace.of(self.images.recipe_values("fast", self.params.data, self.sets["train"]))

    def take_sets(self, data: DataParams, sets: LoadedSets) -> None:
        """Take over listings that were made of `data`, unless the parameters have changed since."""
        if deciding_values(data) == deciding_values(self.params.data):
            self.sets, self._listed = sets, data
            self._changed("sets")

    def set_model(self, model: OpenedModel | None) -> None:
        """Take a model into use; its scores are those that its run remembers, its answers are still to be given."""
        if model is None or self.model is None or model.path != self.model.path:
            self._forget_answers()
        self.model, self.evaluation, self.summary = model, None, None
        if model is not None and model.run is not None:
            # A damaged file is as good as none: testing again writes it anew.
            with contextlib.suppress(DocumentError):
                self.evaluation = documents.RunEvaluation.of_run(model.run.path)
        self._changed("model", "summary", "scores")

    def note_rename(self, run: Run) -> None:
        """Call the model in use by the new name of its run."""
        if self.model is not None and self.model.path == run.path:
            # A new value reads its title anew.
            self.model = replace(self.model)
            self._changed("model")

    def load_model(self, path: Path, **options: Any) -> None:
        """Open a run folder or model file and take it into use; options as in `Models.open`. Raises ModelFileError."""
        self.set_model(self.models.open(path, **options))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The model's classes, else those of the sets."""
        info = self.model.info if self.model else None
        given = self.model.classes if self.model else ()
        return (info.classes if info else ()) or given or self.sets.classes

    def _forget_scores(self) -> None:
        if self.evaluation is not None:
            self.evaluation = None
            self._changed("scores")

    def _forget_answers(self) -> None:
        if self.predictions or self.explanations is not None:
            self.predictions, self.explanations = (), None
            self._changed("predictions", "explanations")

    def _forget_summary(self) -> None:
        if self.summary is not None:
            self.summary = None
            self._changed("summary")

    def why_not(self, action: str, *, while_working: bool = False) -> Reason | None:
        """Why an action cannot be done now; None when it can.

        Args:
            action: an action of `conditions`, or a kind of task.
            while_working: leave it out that other work is under way.
        """
        return self.backend.why_not(action) or why_not(self, action, while_working=while_working)

    def follow_advice(self, run: Run, step: documents.NextStep) -> tasks.TrainTask:
        """The training that follows a piece of advice on a run; its parameters are taken over.

        Raises:
            InputError: the advice changes no training.
        """
        task = run.task()
        if not isinstance(task, tasks.TrainTask) or (step.recipe is None and step.settings is None):
            raise InputError(
                "This advice cannot be applied automatically", where=run.path, received=step.text
            )
        self.params.take_task(followed(task, step))
        return self.tasks.train(validation=task.validation)

    def start(self, task: tasks.Task) -> Run:
        """Begin a task. Training and what has no run of its own leaves a run behind.

        Raises:
            ConvonetError: other work is under way, or the run folder cannot be made.
        """
        self._check_free()
        return self._begin(self.backend.start(task)).run

    def resume(self, run: Run, *, accept_changed_data: bool = False, data: DataParams | None = None) -> bool:
        """Continue a run that was stopped or killed, or that failed; False when nothing is left to do.

        Args:
            data: its folders, where the images are in another place now.

        Raises:
            ConvonetError: it is alive elsewhere, or of a kind that cannot be resumed.
        """
        self._check_free()
        work = self.backend.resume(run, accept_changed_data=accept_changed_data, data=data)
        if work is not None:
            self._begin(work)
        return work is not None

    def attach(self, run: Run) -> None:
        """Follow a run that another process works on; the parameters of a training are taken over."""
        self._check_free()
        work = self.backend.follow(run)
        if isinstance(work.task, tasks.TrainTask):
            self.params.take_task(work.task)
        self._begin(work)

    def poll(self) -> None:
        """Tell the events since the last call, and the end. To be called about twenty times a second."""
        work = self.work
        if work is None:
            return
        # Asked before the events are read, so that none of the last ones is missed.
        alive = work.handle.is_alive()
        for stamped in work.handle.poll():
            self._tell(Reported(work.task, stamped))
        if not alive and self.work is work:
            self._ended(work)

    def stop(self) -> None:
        """Ask the work to stop; what was done is kept."""
        if self.work is not None:
            self.work.stop()
            self._changed("work")

    def detach(self) -> None:
        """Let the work continue when this process ends."""
        if self.work is not None:
            self.work.handle.detach()

    def close(self) -> None:
        """End what is kept ready. Local work that was not detached stops when this process ends."""
        self.backend.close()

    def _check_free(self) -> None:
        if self.work is not None:
            raise busy(self.work)

    def _begin(self, work: Work) -> Work:
        self.work, self.last_task = work, work.task
        self._changed("work")
        return work

    def _ended(self, work: Work) -> None:
        # Cleared first, so that a listener who hears of the results may start the next task.
        self.work = None
        ended = work.end()
        self._take_over(ended)
        self._changed("work")
        # Comes last, when the session holds the results already.
        self._tell(ended)

    def _take_over(self, ended: WorkEnded) -> None:
        """Take over what the work has made. A training on other images than are loaded now stays among the runs."""
        task = ended.task
        if isinstance(task, tasks.TrainTask):
            if task.data.train_dir != self.params.data.train_dir:
                return
            if self.models.is_in(ended.run):
                self.load_model(ended.run.path)
        if scores := ended.answer(tasks.EvaluateTask, documents.RunEvaluation):
            self.evaluation = scores
            self._changed("scores")
        elif summary := ended.answer(tasks.SummaryTask, documents.SummaryDocument):
            self.summary, self._summarised = summary, (self.params.data, self.params.space)
            self._changed("summary")
        elif predicted := ended.answer(tasks.PredictTask, documents.Predictions):
            self.predictions = predicted.predictions
            self._changed("predictions")
        elif explained := ended.answer(tasks.ExplainTask, documents.ExplainDocument):
            self.explanations = explained
            self._changed("explanations")
