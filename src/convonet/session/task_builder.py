"""Tasks made from what a session holds: its parameters, its images and its model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convonet import tasks
from convonet.errors import ConvonetError
from convonet.runs import Run
from convonet.runs.environment import available_cores
from convonet.session.recipes import as_trained, imposed

if TYPE_CHECKING:
    from convonet.params import DataParams
    from convonet.session.opened import OpenedModel
    from convonet.session.session import Session


class TaskBuilder:
    """Makes tasks; nothing is started. What needs a model raises ConvonetError when there is none."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def train(self, *, validation: bool = True, further: bool = False) -> tasks.TrainTask:
        """A training; `further` continues from the model's weights and plans nothing."""
        session, params = self._session, self._session.params
        model = session.model if further else None
        recipe = "none" if further else params.recipe
        data, hyper = params.data, params.hyper if recipe == "none" else imposed(params.hyper)
        if model is not None and params.recipe != "none" and model.run is not None:
            data, hyper = as_trained(model.run, data)
        return tasks.TrainTask(
            data=data,
            hyper=hyper,
            validation=validation,
            recipe=recipe,
            minutes=None if recipe == "none" else params.recipes.minutes,
            from_model=None if model is None else str(model.path),
            threads=available_cores(),
        )

    def tune(self, **options: Any) -> tasks.TuneTask:
        """A search over the values that the hyperparameters hold; options are those of TuneTask."""
        params = self._session.params
        # A search trains several networks side by side, so each takes one core.
        return tasks.TuneTask(data=params.data, space=params.space, threads=1, **options)

    def study(self, **options: Any) -> tasks.StudyTask:
        """A target study of the values that the hyperparameters hold; options are those of StudyTask.

        Raises:
            ParamError: no target, or one that is no accuracy; several values for the epochs.
        """
        return tasks.StudyTask(
            data=self._session.params.data, space=self._session.params.space, threads=1, **options
        )

    def find_rate(self, out: Path | None = None) -> tasks.FindRateTask:
        """The learning-rate finder for the network that the parameters describe; `out` is a PNG file."""
        params = self._session.params
        return tasks.FindRateTask(
            data=params.data,
            hyper=params.hyper,
            out=None if out is None else str(out.resolve()),
            threads=available_cores(),
        )

    def augment(self, out: Path | None = None, **options: Any) -> tasks.AugmentTask:
        """A page of training images as the parameters vary them; `out` as above, options are those of AugmentTask."""
        params = self._session.params
        return tasks.AugmentTask(
            data=params.data, hyper=params.hyper, out=None if out is None else str(out.resolve()), **options
        )

    def suspects(self, *, folds: int = 5, repeats: int = 3) -> tasks.SuspectsTask:
        """The search for training images whose label is suspicious."""
        params = self._session.params
        return tasks.SuspectsTask(
            data=params.data, hyper=params.hyper, folds=folds, repeats=repeats, threads=available_cores()
        )

    def summary(self) -> tasks.SummaryTask:
        """The layer table of the network that the parameters describe."""
        return tasks.SummaryTask(data=self._session.params.data, hyper=self._session.params.hyper)

    def inspect(self) -> tasks.InspectTask:
        """The search for what may be wrong with the images."""
        return tasks.InspectTask(data=self._session.params.data)

    def model(self) -> tasks.SummaryTask:
        """The layer table of the model: it also shows whether its file can be opened."""
        return tasks.SummaryTask(model=str(self._model.path))

    def evaluate(self, split: tasks.Split = "test") -> tasks.EvaluateTask:
        """The evaluation of the model; into its own run where it has one."""
        model = self._model
        return tasks.EvaluateTask(
            model=str(model.path),
            data=self._session.params.data,
            split=split,
            scaling=model.scaling,
            classes=model.classes,
            into=None if model.run is None else str(model.path),
        )

    def predict(self, paths: Sequence[Path], unsure_below: float | None = None) -> tasks.PredictTask:
        """Prediction of images and folders of images."""
        model = self._model
        return tasks.PredictTask(
            model=str(model.path),
            paths=tuple(map(str, paths)),
            unsure_below=unsure_below,
            scaling=model.scaling,
            classes=model.classes,
        )

    def explain(self, paths: Sequence[Path], out: Path, **options: Any) -> tasks.ExplainTask:
        """Explanations of images and folders of images; options are those of ExplainTask.

        Args:
            out: the folder that gets pictures and raw maps; whoever shows them removes it.
        """
        model = self._model
        return tasks.ExplainTask(
            model=str(model.path),
            paths=tuple(map(str, paths)),
            out=str(out.resolve()),
            scaling=model.scaling,
            classes=model.classes,
            **options,
        )

    def layers(self, out: Path, image: Path | None = None, layer: str | None = None) -> tasks.LayersTask:
        """The filters of every convolution or of one layer, and with an image its feature maps; `out` as above."""
        model = self._model
        return tasks.LayersTask(
            model=str(model.path),
            image=None if image is None else str(image),
            layer=layer,
            out=str(out.resolve()),
            scaling=model.scaling,
        )

    def dream(self, layer: str, out: Path, channel: int | None = None, **options: Any) -> tasks.DreamTask:
        """What excites a channel, or the first twelve; `out` is a PNG file, options are those of DreamTask."""
        model = self._model
        return tasks.DreamTask(
            model=str(model.path),
            layer=layer,
            channel=channel,
            data=self._data_of(model),
            out=str(out.resolve()),
            scaling=model.scaling,
            threads=available_cores(),
            **options,
        )

    def export(self, format: str, out: Path) -> tasks.ExportTask:
        """The model in another format; a model that has no run is checked with the images that are loaded."""
        model = self._model
        return tasks.ExportTask(
            model=str(model.path),
            format=format,
            out=str(out),
            data=self._data_of(model),
            scaling=model.scaling,
        )

    def report(self, run: Run, out: Path | None = None, heading: str | None = None) -> tasks.ReportTask:
        """The report of a run as one HTML file; None: `report.html` in its folder.

        Args:
            heading: the title at the top; None: the run's name.
        """
        return tasks.ReportTask(
            run=str(run.path), out=None if out is None else str(out), heading=heading or None
        )

    def verify(self, run: Run, data: DataParams | None = None) -> tasks.VerifyTask:
        """The task that repeats a finished run.

        Args:
            data: its folders, where the images are in another place now.
        """
        # Another number of threads would give other last digits.
        return tasks.VerifyTask(run=str(run.path), data=data, threads=run.task().threads)

    @property
    def _model(self) -> OpenedModel:
        if self._session.model is None:
            raise ConvonetError("There is no model", hint="Train a network, or load a model")
        return self._session.model

    def _data_of(self, model: OpenedModel) -> DataParams | None:
        """The images for a model that has no run which names its own."""
        has_images = bool(self._session.sets.images("test"))
        return self._session.params.data if model.run is None and has_images else None
