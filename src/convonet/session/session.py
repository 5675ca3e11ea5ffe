"""What is loaded, what may be done next, and the worker at work. Every face holds one; it knows no window.

A session belongs to one thread. What takes long is either done by a worker process, which `poll` follows, or
by a plain function (`load_sets`) whose result is given back to it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convonet.documents.summary import NextStep
from convonet.errors import ConvonetError, InputError
from convonet.events import RunState, Watch
from convonet.launch.doctor import examine
from convonet.launch.resume import prepare_resume
from convonet.launch.supervisor import Supervisor
from convonet.launch.work import Follower, Work, WorkEnded
from convonet.params import (
    DataParams,
    HyperParams,
    SearchSpace,
    load_data,
    load_hyper,
    save_data,
    save_hyper,
)
from convonet.params.recipes import TrainRecipe
from convonet.runs import Run, RunStore
from convonet.runs.begin import begin_run
from convonet.runs.documents import adopted_hyper
from convonet.runs.environment import available_cores
from convonet.runs.summary import followed
from convonet.scratch import Scratch
from convonet.session.changes import Change, Changed, Heard, Listener, Part
from convonet.session.demo import is_demo
from convonet.session.local.images import LocalImages
from convonet.session.opened import OpenedModel, open_model
from convonet.session.recipes import RecipeChoice, as_trained, imposed, recipe_for
from convonet.session.sets import DECIDING, LoadedSets
from convonet.tasks import (
    DreamTask,
    EvaluateTask,
    ExplainTask,
    ExportTask,
    LayersTask,
    PredictTask,
    ReportTask,
    Split,
    SummaryTask,
    SuspectsTask,
    Task,
    TrainTask,
    TuneTask,
    traits_of,
)
from convonet.tasks.moved import check_images
from convonet.tasks.shown_as import words_of

if TYPE_CHECKING:
    from convonet.data.marking import MarkedImage

_AS = {"export": "predict", "open_results": "save_model"}
"""Actions that can be done when another one can."""


class Session:
    """State and actions that all faces share.

    Args:
        folder: where runs go when the data parameters name no results folder.

    Attributes:
        faults: form → field → sentence, for what stands wrong in a form and is therefore not taken over.
        recipes: which recipe trains; `recipe` has what follows from it.
        images: answers what takes a while to ask of images.
        sets: the listings of the images, empty until `take_sets`.
        summary: the layer table of the network as described now, or of the model.
        evaluation: the scores of the model on the split that was tested last.
        predictions: the answers for the images that were predicted last.
        explanations: what the last explaining gave: `folder`, and for each image the names of its pictures in it.
    """

    outlives_the_window = False
    """Whether work goes on by itself when whoever holds the session ends."""

    def __init__(self, folder: Path, supervisor: Supervisor | None = None) -> None:
        self.folder = folder
        self.store = RunStore()
        self.data = DataParams()
        self.space = SearchSpace()
        self.recipes = RecipeChoice()
        self.files: dict[str, Path] = {}
        self.faults: dict[str, Mapping[str, str]] = {"data": {}, "hyper": {}}
        self.images = LocalImages()
        self.sets = LoadedSets()
        self.model: OpenedModel | None = None
        self.summary: dict[str, Any] | None = None
        self.evaluation: dict[str, Any] | None = None
        self.predictions: list[dict[str, Any]] = []
        self.explanations: dict[str, Any] | None = None
        self.work: Work | None = None
        self.last_task: Task | None = None
        self._supervisor = supervisor or Supervisor(detached=True)
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tell `listener` every change from now on."""
        self._listeners.append(listener)

    def _tell(self, change: Change) -> None:
        for listener in tuple(self._listeners):
            listener(change)

    def _changed(self, *parts: Part) -> None:
        for part in parts:
            self._tell(Changed(part))

    # What is loaded

    @property
    def hyper(self) -> HyperParams:
        """The values that a training takes: the first of each."""
        return self.space.first()

    def set_data(self, data: DataParams) -> None:
        """Take over data parameters; what no longer belongs to them is dropped.

        Other folders drop the listings and the scores. Other training images in the place of those that are loaded
        also drop the model and what it answered.
        """
        if data == self.data and data.model_fields_set == self.data.model_fields_set:
            return
        other_images = data.train_dir != self.data.train_dir and "train" in self.sets
        if any(getattr(data, name) != getattr(self.data, name) for name in DECIDING):
            self.sets = LoadedSets()
            self._forget_scores()
        self.data, self.faults["data"] = data, {}
        self._forget_summary()
        if other_images and self.model is not None:
            self.set_model(None)
        self._changed("data", "sets")

    def first_space(self) -> SearchSpace:
        """Hyper parameters to begin with: the fast recipe where training images are loaded, else the defaults."""
        if "train" not in self.sets:
            return SearchSpace.single(HyperParams())
        return SearchSpace.of(recipe_for("fast", self.data, self.sets["train"]))

    def set_space(self, space: SearchSpace) -> None:
        """Take over hyper parameters with their alternatives."""
        if space == self.space:
            return
        before = self.recipe
        if _network(space) != _network(self.space):
            # What was done last counts: a network that is set now, not a recipe that was chosen before.
            self.recipes.chosen = None
        self.space, self.faults["hyper"] = space, {}
        self._forget_summary()
        self._changed("hyper", *(("recipe",) if self.recipe != before else ()))

    def set_exact(self, space: SearchSpace) -> None:
        """Take over hyper parameters that are a whole and are trained as they are."""
        self.set_space(space)
        self.recipes.chosen, self.recipes.exact = None, True
        self._changed("recipe")

    def new_hyper(self) -> None:
        """Begin anew: no hyper parameter is set, and the recipe is the first."""
        self.files.pop("hyper", None)
        self.recipes = RecipeChoice(self.recipes.first)
        self.set_space(SearchSpace())
        self._changed("recipe")

    @property
    def recipe(self) -> TrainRecipe:
        """The recipe of the next training."""
        return self.recipes.of(self.space)

    def choose_images(self, folder: Path, field: str = "train_dir") -> None:
        """Use a folder of images as one of the sets.

        New training images in the place of those that are loaded begin anew: test folder, image size, class map and
        hyper parameters belonged to the old ones, and so did the model and its scores. Only the results folder stays.
        """
        data = self.data.changed(**{field: str(folder)})
        replaced = field == "train_dir" and ("train" in self.sets or is_demo(self.data))
        if replaced and data.train_dir != self.data.train_dir:
            self.new_hyper()
            kept = {"result_dir": self.data.result_dir} if self.data.result_dir else {}
            data = DataParams.of({field: str(folder)} | kept)
            self.files.pop("data", None)
        self.set_data(data)

    def set_recipe(self, recipe: TrainRecipe, minutes: float | None = None) -> None:
        """Choose a recipe.

        Args:
            minutes: the time budget of its plan; None: the recipe's own.
        """
        self.recipes.chosen = None if recipe == self._implied_recipe() else recipe
        self.recipes.minutes = minutes
        self._changed("recipe")

    def restore_recipe(self, recipes: RecipeChoice) -> None:
        """Take up a choice of an earlier time."""
        self.recipes = recipes
        self._changed("recipe")

    def _implied_recipe(self) -> TrainRecipe:
        return replace(self.recipes, chosen=None).of(self.space)

    def set_faults(self, form: str, faults: Mapping[str, str]) -> None:
        """Remember what stands wrong in a form: nothing is trained with half of what a person typed."""
        if dict(faults) != dict(self.faults[form]):
            self.faults[form] = dict(faults)
            self._changed("data" if form == "data" else "hyper")

    def load_data(self, path: Path) -> None:
        """Take data parameters from a file. Raises InputError with all faults."""
        self.set_data(load_data(path))
        self.files["data"] = path
        self._changed("data")

    def load_hyper(self, path: Path) -> None:
        """Take hyper parameters from a file. Raises InputError with all faults."""
        self.set_exact(load_hyper(path))
        self.files["hyper"] = path
        self._changed("hyper")

    def save_data(self, path: Path) -> None:
        """Write the data parameters. Raises OutputError."""
        save_data(path, self.data)
        self.files["data"] = path

    def save_hyper(self, path: Path) -> None:
        """Write the hyper parameters with their alternatives. Raises OutputError."""
        save_hyper(path, self.space)
        self.files["hyper"] = path

    def take_sets(self, data: DataParams, sets: LoadedSets) -> None:
        """Take over listings that `load_sets` made of `data`, unless the parameters have changed since."""
        if all(getattr(data, name) == getattr(self.data, name) for name in DECIDING):
            self.sets = sets
            self._changed("sets")

    def set_model(self, model: OpenedModel | None) -> None:
        """Take a model into use; its scores are those that its run remembers, its answers are still to be given."""
        if model is None or self.model is None or model.path != self.model.path:
            self._forget_answers()
        self.model, self.evaluation, self.summary = model, None, None
        run = model.run if model else None
        if run is not None and run.file("evaluation.json").is_file():
            text = run.file("evaluation.json").read_text(encoding="utf-8")
            self.evaluation = json.loads(text) | {"run": str(run.path)}
        self._changed("model", "summary", "scores")

    def opened(self, path: Path, **said: Any) -> OpenedModel:
        """Look at a run folder or model file; nothing is changed. May be called in a thread. Raises ModelFileError."""
        return open_model(path, **said)

    def load_model(self, path: Path, **said: Any) -> None:
        """Open a run folder or model file and take it into use. Raises ModelFileError."""
        self.set_model(self.opened(path, **said))

    @property
    def class_names(self) -> tuple[str, ...]:
        """The model's classes, else those of the sets."""
        info = self.model.info if self.model else None
        said = self.model.classes if self.model else ()
        return (info.classes if info else ()) or said or self.sets.classes

    def _forget_scores(self) -> None:
        if self.evaluation is not None:
            self.evaluation = None
            self._changed("scores")

    def _forget_answers(self) -> None:
        if self.predictions or self.explanations is not None:
            self.predictions, self.explanations = [], None
            self._changed("predictions", "explanations")

    def _forget_summary(self) -> None:
        if self.summary is not None:
            self.summary = None
            self._changed("summary")

    # The repair list

    def marks(self) -> list[MarkedImage]:
        """What the person said of images of the sets. Reads the sets' folders. Raises DataError."""
        return self.images.marks(self.data, Watch())

    def mark(
        self, paths: Sequence[str], *, label: str | None = None, undo: bool = False
    ) -> list[MarkedImage]:
        """Say that images are of another class, or (neither label nor undo) that they are to be left out.

        The listings are as before: load them again after it, as after a change of folders.

        Args:
            paths: absolute or relative to their set.
            undo: take their marks away.

        Returns:
            All marks as they are now.

        Raises:
            ParamError: no such image or class; nothing is changed then.
            OutputError: the folder of the images cannot be written to.
        """
        marks = self.images.mark(self.data, paths, label=label, undo=undo, watch=Watch())
        self._changed("marks")
        return marks

    # What may be done next

    def why_not(self, action: str, *, while_working: bool = False) -> str:
        """Why an action cannot be done now; empty when it can.

        Args:
            action: `train`, `evaluate`, `predict`, `explain`, `initialise`, `save_model`, `export`,
                `open_results`, `show_as`, `tune`, `stop`, `stop_tuning`.
            while_working: leave it out that something else is under way.
        """
        action = _AS.get(action, action)
        if action == "show_as":
            return ""
        if action == "stop":
            return "" if self.work is not None else "Nothing is under way"
        if action == "stop_tuning":
            tuning = self.work is not None and self.work.task.kind == "tune"
            return "" if tuning else "No tuning is under way"
        if self.work is not None and not while_working and action != "save_model":
            return "Other work is under way; stop it or wait"
        learns = action == "initialise" or traits_of(action).learns
        if learns and any(self.faults.values()):
            return "A parameter has a wrong value"
        if learns and not self.sets.images("train"):
            return "No training images are loaded"
        if action in ("evaluate", "predict", "explain", "save_model") and self.model is None:
            return "No model: train a network, or load one"
        if action == "evaluate" and not self.sets.images("test"):
            return "No test images are loaded"
        if action == "tune" and not self.space.varied:
            return "No hyper parameter has several values"
        return ""

    @property
    def can_train(self) -> bool:
        """Whether a training can begin."""
        return not self.why_not("train")

    @property
    def can_initialise(self) -> bool:
        """Whether the network that the parameters describe can be built."""
        return not self.why_not("initialise")

    @property
    def can_evaluate(self) -> bool:
        """Whether the model can be tested."""
        return not self.why_not("evaluate")

    @property
    def can_predict(self) -> bool:
        """Whether the model can tell the class of new images."""
        return not self.why_not("predict")

    @property
    def can_stop(self) -> bool:
        """Whether something is under way."""
        return not self.why_not("stop")

    # Tasks

    def train_task(self, *, validation: bool = True, further: bool = False) -> TrainTask:
        """Training with what is loaded; `further` goes on from the model's weights and plans nothing."""
        recipe = "none" if further else self.recipe
        data, hyper = self.data, self.hyper if recipe == "none" else imposed(self.hyper)
        if further and self.recipe != "none" and self.model is not None and self.model.run is not None:
            data, hyper = as_trained(self.model.run, data)
        return TrainTask(
            data=data,
            hyper=hyper,
            validation=validation,
            recipe=recipe,
            minutes=None if recipe == "none" else self.recipes.minutes,
            from_model=str(self.model.path) if further and self.model else None,
            threads=available_cores(),
        )

    def take_task(self, task: TrainTask) -> None:
        """Take over the parameters and the recipe of a training."""
        self.set_data(task.data)
        self.recipes.exact = task.recipe == "none"
        self.set_space(SearchSpace.single(task.hyper))
        self.set_recipe(task.recipe, task.minutes)

    def follow_advice(self, run: Run, step: NextStep) -> TrainTask:
        """The training that follows a piece of advice on a run; its parameters are taken over.

        Raises:
            InputError: the advice changes no training.
        """
        task = run.task()
        if not isinstance(task, TrainTask) or (step.recipe is None and step.settings is None):
            raise InputError("This advice changes no training", where=run.path, received=step.text)
        self.take_task(followed(task, step))
        return self.train_task(validation=task.validation)

    def test_task(self, split: Split = "test") -> EvaluateTask:
        """Testing of the model; into its own run where it has one."""
        model = _needed(self.model)
        into = str(model.path) if model.run is not None else None
        return EvaluateTask(
            model=str(model.path),
            data=self.data,
            split=split,
            scaling=model.scaling,
            classes=model.classes,
            into=into,
        )

    def predict_task(self, paths: Sequence[Path], unsure_below: float | None = None) -> PredictTask:
        """Prediction of images and folders of images."""
        model = _needed(self.model)
        return PredictTask(
            model=str(model.path),
            paths=tuple(map(str, paths)),
            unsure_below=unsure_below,
            scaling=model.scaling,
            classes=model.classes,
        )

    def explain_task(self, paths: Sequence[Path], out: Path, **options: Any) -> ExplainTask:
        """Explain images and folders of images; options are those of ExplainTask.

        Args:
            out: the folder that gets pictures and raw maps; whoever shows them removes it.
        """
        model = _needed(self.model)
        return ExplainTask(
            model=str(model.path),
            paths=tuple(map(str, paths)),
            out=str(out.resolve()),
            scaling=model.scaling,
            classes=model.classes,
            **options,
        )

    def layers_task(self, out: Path, image: Path | None = None, layer: str | None = None) -> LayersTask:
        """The filters of every convolution or of one layer, and with an image its feature maps; `out` as above."""
        model = _needed(self.model)
        return LayersTask(
            model=str(model.path),
            image=None if image is None else str(image),
            layer=layer,
            out=str(out.resolve()),
            scaling=model.scaling,
        )

    def dream_task(self, layer: str, out: Path, channel: int | None = None, **options: Any) -> DreamTask:
        """What excites a channel, or the first twelve; `out` is a PNG file, options are those of DreamTask."""
        model = _needed(self.model)
        return DreamTask(
            model=str(model.path),
            layer=layer,
            channel=channel,
            data=self.data if model.run is None and self.sets.images("test") else None,
            out=str(out.resolve()),
            scaling=model.scaling,
            threads=available_cores(),
            **options,
        )

    def tune_task(self, **options: Any) -> TuneTask:
        """Search over the values that the hyper parameters hold; options are those of TuneTask."""
        return TuneTask(data=self.data, space=self.space, threads=1, **options)

    def suspects_task(self, *, folds: int = 5, repeats: int = 3) -> SuspectsTask:
        """The search for training images whose label is suspicious."""
        return SuspectsTask(
            data=self.data, hyper=self.hyper, folds=folds, repeats=repeats, threads=available_cores()
        )

    def report_task(self, run: Run, out: Path | None = None) -> ReportTask:
        """The report of a run as one HTML file; None: `report.html` in its folder."""
        return ReportTask(run=str(run.path), out=None if out is None else str(out))

    def summary_task(self) -> SummaryTask:
        """The layer table of the network that the parameters describe."""
        return SummaryTask(data=self.data, hyper=self.hyper)

    def export_task(self, format: str, out: Path) -> ExportTask:
        """The model in another format; a model that has no run is checked with the images that are loaded."""
        model = _needed(self.model)
        data = self.data if model.run is None and self.sets.images("test") else None
        return ExportTask(
            model=str(model.path), format=format, out=str(out), data=data, scaling=model.scaling
        )

    def model_task(self) -> SummaryTask:
        """The layer table of the model: it also shows whether its file can be opened."""
        return SummaryTask(model=str(_needed(self.model).path))

    # Work

    def examine(self) -> dict[str, Any]:
        """What the machine that works can do; see `doctor`. Takes seconds: to be called in a thread."""
        return examine()

    def warm(self) -> None:
        """Let a spare worker get ready in the background."""
        self._supervisor.warm(available_cores())

    def start(self, task: Task) -> Run:
        """Give a task to a worker process. Training and what has no run of its own leaves a run behind.

        Raises:
            ConvonetError: other work is under way, or the run folder cannot be made.
        """
        self._check_free()
        folder = None if task.leaves_run else Scratch()
        parent = folder.path if folder else self._parent()
        run = begin_run(task, parent, words=words_of(task), store=self.store)
        self._begin(Work(task, run, self._supervisor.start(run, task.threads), folder))
        return run

    def resume(self, run: Run, *, accept_changed_data: bool = False, data: DataParams | None = None) -> bool:
        """Go on with a run that was stopped, was killed or failed; False when nothing is left to do.

        Args:
            data: its folders, where the images are in another place now.

        Raises:
            ConvonetError: it is alive elsewhere, or of a kind that cannot be resumed.
        """
        self._check_free()
        if not prepare_resume(run, accept_changed_data=accept_changed_data, data=data):
            return False
        task = run.task()
        self._begin(Work(task, run, self._supervisor.start(run, task.threads)))
        return True

    def check_images(self, run: Run) -> None:
        """Make sure that the images of a run are where they were. Raises DataError."""
        check_images(run.task(), run.path)

    def adopt(self, run: Run, trial: int | None = None) -> None:
        """Take the best row of a search, or one trial's, over into the hyper parameters.

        Raises:
            InputError: no such trial, or none that is done.
        """
        self.set_exact(SearchSpace.single(adopted_hyper(run, trial)))

    def attach(self, run: Run) -> None:
        """Follow a run that another process works on; the parameters of a training are taken over."""
        self._check_free()
        task = run.task()
        if isinstance(task, TrainTask):
            self.take_task(task)
        self._begin(Work(task, run, Follower(run)))

    def poll(self) -> None:
        """Tell the events since the last call, and the end. To be called about twenty times a second."""
        work = self.work
        if work is None:
            return
        alive = work.hand.is_alive()
        for stamped in work.hand.poll():
            self._tell(Heard(work.task, stamped))
        if not alive and self.work is work:
            self._ended(work)

    def stop(self) -> None:
        """Ask the work to stop; what was done is kept."""
        if self.work is not None:
            self.work.stop()
            self._changed("work")

    def detach(self) -> None:
        """Let the work go on when this process ends."""
        if self.work is not None:
            self.work.hand.detach()

    def close(self) -> None:
        """End the spare worker. Work that was not detached stops when this process ends."""
        self._supervisor.close()

    def _check_free(self) -> None:
        if self.work is not None:
            raise ConvonetError("Other work is under way", where=self.work.run.path, hint="Stop it or wait")

    def _parent(self) -> Path:
        return Path(self.data.result_dir) if self.data.result_dir else self.folder

    def _begin(self, work: Work) -> None:
        self.work, self.last_task = work, work.task
        self._changed("work")

    def _ended(self, work: Work) -> None:
        self.work = None
        ended = work.end()
        self._adopt(ended)
        self._changed("work")
        self._tell(ended)

    def _has_model(self, run: Run) -> bool:
        """Whether a training has left a model."""
        return run.file("model.keras").is_file()

    def _adopt(self, ended: WorkEnded) -> None:
        """Take over what the work has made. A training on other images than are loaded now stays among the runs."""
        task = ended.task
        if isinstance(task, TrainTask) and task.data.train_dir != self.data.train_dir:
            return
        if task.kind == "train" and self._has_model(ended.run):
            self.load_model(ended.run.path)
        if ended.state is not RunState.DONE or ended.result is None:
            return
        if ended.task.kind == "evaluate":
            self.evaluation = ended.result
            self._changed("scores")
        elif ended.task.kind == "summary":
            self.summary = ended.result
            self._changed("summary")
        elif ended.task.kind == "predict":
            self.predictions = ended.result["predictions"]
            self._changed("predictions")
        elif ended.task.kind == "explain":
            self.explanations = ended.result
            self._changed("explanations")


def _network(space: SearchSpace) -> tuple[Any, ...]:
    """What of hyper parameters names a network."""
    return tuple((space.choices.get(name), space.ranges.get(name)) for name in ("family", "base"))


def _needed(model: OpenedModel | None) -> OpenedModel:
    if model is None:
        raise ConvonetError("There is no model", hint="Train a network, or load a model")
    return model
