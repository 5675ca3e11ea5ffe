"""Scores and predictions: the documents of the command line, with typed attributes and notebook displays."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from convonet.api.html import html_table, thumbnail_html
from convonet.api.optional import optional_module
from convonet.csv_files import csv_rows
from convonet.documents.evaluation import SCORES
from convonet.text import counted

Errors: TypeAlias = Literal["raise", "return"]

_SHOWN_MISTAKES = 8
_MAX_CELLS = 15
"""Classes of a confusion matrix that a notebook still shows."""


class PredictionResult(dict[str, Any]):
    """The prediction for one image. `prediction["confidence"]` and `prediction.confidence` are the same."""

    @property
    def path(self) -> str:
        """The file, or a name for an image in memory, such as `batch[3]`."""
        return str(self["path"])

    @property
    def error(self) -> str | None:
        """Why the image could not be read, with `errors="return"`; otherwise None."""
        return self.get("error")

    @property
    def predicted(self) -> str:
        """The predicted class; empty if the image could not be read."""
        return str(self.get("predicted", ""))

    @property
    def confidence(self) -> float:
        """Probability of the predicted class, 0..1."""
        return float(self.get("confidence", 0.0))

    @property
    def unsure(self) -> bool:
        """Whether the confidence is below `unsure_below`."""
        return bool(self.get("unsure", True))

    @property
    def unknown(self) -> bool | None:
        """Whether the image belongs to none of the classes; None if the model cannot detect this."""
        return self.get("unknown")

    @property
    def probabilities(self) -> dict[str, float]:
        """Class → probability for the most likely classes, highest first."""
        return {row["class"]: row["probability"] for row in self.get("top", ())}

    def __repr__(self) -> str:
        if self.error is not None:
            return f"<Prediction {self.path}: {self.error}>"
        return f"<Prediction {self.path}: {self.predicted} ({100 * self.confidence:.1f}%)>"


class PredictionList(list[PredictionResult]):
    """One prediction for each image; notebooks display a table."""

    def __repr__(self) -> str:
        return (
            f"<{len(self):,} predictions: {self[0]!r} …>"
            if len(self) > 1
            else f"[{', '.join(map(repr, self))}]"
        )

    def _repr_html_(self) -> str:
        """How a notebook shows them."""
        rows = [
            (one.path, one.error or one.predicted, "" if one.error else f"{100 * one.confidence:.1f}%")
            for one in self[:50]
        ]
        return html_table(("image", "predicted", "confidence"), rows)

    def to_pandas(self) -> Any:
        """The predictions as a pandas DataFrame. Requires pandas.

        Returns:
            Columns `path`, `predicted`, `confidence`, `unsure` and `error`.
        """
        return data_frame(
            {
                "path": [one.path for one in self],
                "predicted": [one.predicted for one in self],
                "confidence": [one.confidence for one in self],
                "unsure": [one.unsure for one in self],
                "error": [one.error for one in self],
            }
        )


class Mistaken(NamedTuple):
    """A wrong prediction; `confidence` is the probability of the predicted class, 0..1."""

    path: Path
    true: str
    predicted: str
    confidence: float


class EvaluationResult(dict[str, Any]):
    """The scores of a model on a set. `result["accuracy"]` and `result.accuracy` are the same."""

    @property
    def accuracy(self) -> float:
        """Fraction of correct predictions, 0..1."""
        return float(self["accuracy"])

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """95% confidence interval of the accuracy (Wilson score)."""
        low, high = self["accuracy_interval"]
        return float(low), float(high)

    @property
    def baseline_accuracy(self) -> float:
        """Accuracy of always predicting the largest class, 0..1."""
        return float(self["baseline_accuracy"])

    @property
    def loss(self) -> float:
        """Mean cross-entropy."""
        return float(self["loss"])

    @property
    def scores(self) -> dict[str, float]:
        """All scores of the whole set, by their keys."""
        return {score.name: float(self[score.name]) for score in SCORES if self.get(score.name) is not None}

    @property
    def macro_f1(self) -> float:
        """Mean of the classes' F1 scores, 0..1."""
        return float(self["macro_f1"])

    @property
    def auc(self) -> float | None:
        """Area under the ROC curve, 0..1; None if it is not defined."""
        return None if self["auc"] is None else float(self["auc"])

    @property
    def images(self) -> int:
        """Number of evaluated images."""
        return int(self["images"])

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the confusion matrix."""
        return tuple(self["classes"])

    @property
    def confusion_matrix(self) -> list[list[int]]:
        """Counts; a row for each true class, a column for each predicted one."""
        return [list(row) for row in self["confusion_matrix"]]

    @property
    def per_class(self) -> list[dict[str, Any]]:
        """`class`, `precision`, `recall`, `f1` and `support` of each class."""
        return [dict(row) for row in self["per_class"]]

    @property
    def threshold(self) -> float | None:
        """The positive class is predicted at or above this probability; None: the more likely class."""
        return None if self["threshold"] is None else float(self["threshold"])

    @property
    def skipped(self) -> list[dict[str, str]]:
        """`path` and `reason` of each skipped file."""
        return [dict(row) for row in self["skipped"]]

    def __repr__(self) -> str:
        low, high = self.accuracy_interval
        return (
            f"<Evaluation: accuracy {100 * self.accuracy:.1f}% (95% CI {100 * low:.1f}–{100 * high:.1f}%) "
            f"on {counted(self.images, 'image')}>"
        )

    def _repr_html_(self) -> str:
        """How a notebook shows it: the scores, the classes, and the confusion matrix if it is small."""
        columns = ("class", "precision", "recall", "f1", "support")
        rows = [
            (row["class"], *(f"{row[name]:.3f}" for name in columns[1:4]), f"{row['support']:,}")
            for row in self.per_class
        ]
        matrix = self._matrix_html() if len(self.classes) <= _MAX_CELLS else ""
        head = f"<p>{escape(repr(self).strip('<>'))}</p>"
        return head + html_table(columns, rows) + matrix + self._mistakes_html()

    def mistakes(self, limit: int | None = None) -> list[Mistaken]:
        """The wrong predictions, highest confidence first, if the run has a table of predictions.

        Args:
            limit: maximum number of predictions; None: all.
        """
        name = "predictions.csv" if self["split"] == "test" else f"predictions_{self['split']}.csv"
        file = Path(self["run"]) / name
        if not file.is_file():
            return []
        with file.open(encoding="utf-8", newline="") as stream:
            rows = list(csv_rows(stream, 4))[1:]
        root = Path(self.get("root") or "")
        wrong = [
            Mistaken(root / path, true, said, float(share))
            for path, true, said, share in rows
            if true != said
        ]
        return sorted(wrong, key=lambda one: -one.confidence)[:limit]

    def _mistakes_html(self) -> str:
        """The first mistakes as thumbnails."""
        figures = [
            f"<div style='display:inline-block;margin:4px;text-align:center'>{picture}<br>"
            f"<small>{escape(one.true)} predicted as {escape(one.predicted)}<br>"
            f"{100 * one.confidence:.1f}%</small></div>"
            for one in self.mistakes(_SHOWN_MISTAKES)
            if (picture := thumbnail_html(one.path))
        ]
        return f"<p>Mistakes, highest confidence first</p>{''.join(figures)}" if figures else ""

    def _matrix_html(self) -> str:
        """The confusion matrix, each row shaded by its fractions."""
        lines = []
        for name, counts in zip(self.classes, self.confusion_matrix, strict=True):
            # A class of the model may have no image in this set.
            total = max(1, sum(counts))
            cells = "".join(
                f'<td style="text-align:right;color:{"white" if 2 * count > total else "inherit"};'
                f'background:rgba(31,119,180,{count / total:.2f})">{count}</td>'
                for count in counts
            )
            lines.append(f"<tr><th>{escape(name)}</th>{cells}</tr>")
        head = "".join(f"<th>{escape(name)}</th>" for name in self.classes)
        return f"<table><tr><th>true \\ predicted</th>{head}</tr>{''.join(lines)}</table>"

    def to_pandas(self) -> Any:
        """The scores of the classes as a pandas DataFrame. Requires pandas."""
        names = ("class", "precision", "recall", "f1", "support")
        return data_frame({name: [row[name] for row in self.per_class] for name in names})


# The names that people import; the classes differ from those of other rooms.
Evaluation = EvaluationResult
Prediction = PredictionResult
Predictions = PredictionList


def data_frame(columns: dict[str, list[Any]]) -> Any:
    """A pandas DataFrame.

    Raises:
        InputError: pandas is not installed.
    """
    return optional_module("pandas", "pandas").DataFrame(columns)
