"""Results of training runs and searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from convonet.api.evaluating import evaluate
from convonet.api.explaining import ImageExplanation, explain
from convonet.api.html import html_table, picture_html
from convonet.api.image_inputs import Images
from convonet.api.inputs import Data
from convonet.api.predicting import predict
from convonet.api.results import EvaluationResult, Predictions, data_frame
from convonet.documents.summary import TrainingSummary
from convonet.jobs.tune_job import retrain as retrain_fold
from convonet.params import HyperParams
from convonet.params.labels import settings_text
from convonet.plots.curves import curves_figure, curves_of
from convonet.runs import Run
from convonet.runs.documents import adopted_hyper, train_document, tune_document
from convonet.runs.summary_html import summary_html
from convonet.runs.trials import FoldRow
from convonet.text import counted


@dataclass(frozen=True)
class TrainedRun:
    """The result of a training run. Everything else is in the folder `path`.

    Attributes:
        path: the run folder.
        state: `done`, or `cancelled` if it was stopped.
        history: name of a metric → one value for each epoch.
        images_per_second: speed of the training steps.
        test: scores on the test images (`accuracy`, `accuracy_interval`, `loss` …); None if it was not tested.
        plan: the plan of the recipe and its outcome, as in `run.json`; None for the recipe `none`.
        summary: what was tried, the scores, and what to do next.
        advice: changes that may improve the next training run.
        diagnosis: what the training curves show.
    """

    path: Path
    state: str
    history: dict[str, list[float]] = field(repr=False)
    images_per_second: float = field(repr=False)
    test: dict[str, Any] | None = field(default=None, repr=False)
    plan: dict[str, Any] | None = field(default=None, repr=False)
    summary: TrainingSummary | None = field(default=None, repr=False)
    advice: tuple[dict[str, Any], ...] = field(default=(), repr=False)
    diagnosis: tuple[Any, ...] = field(default=(), repr=False)

    @property
    def model(self) -> Path:
        """The trained network, which plain Keras loads."""
        return self.path / "model.keras"

    @property
    def findings(self) -> tuple[str, ...]:
        """Problems that were found in the images before training."""
        return _findings(self.path)

    @property
    def accuracy(self) -> float | None:
        """Accuracy on the test images, 0..1; None if it was not tested."""
        return None if self.test is None else float(self.test["accuracy"])

    def evaluate(self, data: Data | None = None, **options: Any) -> EvaluationResult:
        """Score the model: `convonet.evaluate(run, data, …)`."""
        return evaluate(self, data, **options)

    def predict(self, images: Images, **options: Any) -> Predictions:
        """Predict the classes of images: `convonet.predict(run, images, …)`."""
        return predict(self, images, **options)

    def explain(self, images: Images, **options: Any) -> list[ImageExplanation]:
        """Explain predictions with heat maps: `convonet.explain(run, images, …)`."""
        return explain(self, images, **options)

    def plot(self) -> Any:
        """Loss and accuracy over the epochs, as a Matplotlib figure."""
        return curves_figure(curves_of(self.history))

    def to_pandas(self) -> Any:
        """The history as a pandas DataFrame with a row for each epoch. Requires pandas."""
        columns = {name: values for name, values in self.history.items() if values}
        epochs = max(map(len, columns.values()), default=0)
        return data_frame({"epoch": list(range(1, epochs + 1)), **columns})

    def __repr__(self) -> str:
        score = "" if self.accuracy is None else f", test accuracy {100 * self.accuracy:.1f}%"
        return f"<TrainedRun {self.path.name}: {self.state}{score}>"

    def _repr_html_(self) -> str:
        """How a notebook shows it: the plan, what was tried, the scores, and what to do next."""
        head = f"<b>{escape(self.path.name)}</b>: {self.state}{_list_html(self.findings)}"
        picture = picture_html(self.path / "train_val_plots.png")
        if self.summary is not None and self.summary.tried:
            return head + summary_html(self.summary) + picture
        cells = "".join(f"<tr><td>{k}</td><td>{v[-1]:.4f}</td></tr>" for k, v in self.history.items() if v)
        more = "" if self.summary is None else summary_html(self.summary)
        return f"{head}<table>{cells}</table>{more}{picture}"


@dataclass(frozen=True)
class TunedRun:
    """The result of a search. Everything else is in the folder `path`.

    Attributes:
        path: the run folder.
        state: `done`, or `cancelled` if it was stopped.
        results: a row for each setting, best first: `params`, `mean_accuracy` (0..1), `std` …
        best: the first finished row, or None.
        best_hyper: all hyperparameters of the best setting, ready for `train`; None if no setting is finished.
    """

    path: Path
    state: str
    results: list[dict[str, Any]] = field(repr=False)
    best: dict[str, Any] | None = field(repr=False)
    best_hyper: HyperParams | None = field(repr=False)

    @property
    def findings(self) -> tuple[str, ...]:
        """Problems that were found in the images before the search."""
        return _findings(self.path)

    def adopt(self, trial: int | None = None) -> HyperParams:
        """The hyperparameters of a trial, ready for `train`; None: those of the best setting.

        Raises:
            InputError: the trial does not exist or is not finished.
        """
        return adopted_hyper(Run.open(self.path), trial)

    def retrain(self, trial: int, fold: int = 1, *, repeat: int = 1) -> FoldRow:
        """Train one fold of the search again, in this process, to check its row of `trials.csv`.

        Args:
            trial, fold, repeat: numbers from 1, as in `trials.csv`.

        Returns:
            The new row. On the same machine with the same versions, everything except the seconds equals the recorded
            row.

        Raises:
            InputError: the trial does not exist.
        """
        return retrain_fold(Run.open(self.path), trial, repeat=repeat, fold=fold)

    def to_pandas(self) -> Any:
        """The results as a pandas DataFrame with a column for each varied hyperparameter. Requires pandas."""
        names = list(self.results[0]["params"]) if self.results else []
        columns = {name: [row["params"].get(name) for row in self.results] for name in names}
        scores = {name: [row[name] for row in self.results] for name in ("mean_accuracy", "std")}
        return data_frame(columns | scores)

    def __repr__(self) -> str:
        best = "" if self.best is None else f", best mean accuracy {100 * self.best['mean_accuracy']:.1f}%"
        return f"<TunedRun {self.path.name}: {self.state}, {counted(len(self.results), 'setting')}{best}>"

    def _repr_html_(self) -> str:
        """How a notebook shows it: the table, best row first."""
        rows = [
            (settings_text(row["params"]), f"{100 * row['mean_accuracy']:.1f}%")
            for row in self.results
            if row["mean_accuracy"] is not None
        ]
        head = f"<b>{escape(self.path.name)}</b>: {self.state}{_list_html(self.findings)}"
        return head + html_table(("setting", "mean accuracy"), rows)


def trained_run(run: Run) -> TrainedRun:
    """The result in the folder of a training run."""
    document = train_document(run)
    return TrainedRun(
        path=run.path,
        state=document.state,
        history={name: list(values) for name, values in document.history},
        images_per_second=document.images_per_second,
        test=document.test.to_dict() if document.test else None,
        plan=document.plan.to_dict() if document.plan else None,
        summary=document.summary,
        advice=tuple(row.to_dict() for row in document.advice),
        diagnosis=tuple(row.to_dict() for row in document.diagnosis),
    )


def tuned_run(run: Run) -> TunedRun:
    """The result in the folder of a search."""
    document = tune_document(run)
    results, best = [row.to_dict() for row in document.results], document.best
    hyper = adopted_hyper(run) if best else None
    return TunedRun(run.path, document.state, results, best.to_dict() if best else None, hyper)


def _findings(path: Path) -> tuple[str, ...]:
    return tuple(finding.sentence for finding in Run(path).read().findings or ())


def _list_html(sentences: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in sentences)}</ul>" if sentences else ""
