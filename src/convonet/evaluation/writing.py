"""The files of an evaluation in a run folder; each is whole or not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from convonet.csv_files import write_csv, write_csv_with_numbers
from convonet.documents.evaluation import EvaluationDocument
from convonet.evaluation.evaluation import Evaluation


def write_evaluation(folder: Path, evaluation: Evaluation) -> list[Path]:
    """Write the scores, the confusion matrix and the row of each image.

    `evaluation.json`, `confusion_matrix.csv` (rows: true) and `predictions.csv`; for any split other than
    test the names end in `_<split>`, so that the test's files stay.

    Returns:
        The three files.

    Raises:
        OutputError: the folder cannot be written to.
        StorageError: the disk is full.
    """
    ending = "" if evaluation.split == "test" else f"_{evaluation.split}"
    scores = folder / EvaluationDocument.file_name(evaluation.split)
    matrix = folder / f"confusion_matrix{ending}.csv"
    rows = folder / f"predictions{ending}.csv"
    evaluation.document().write(scores)
    names = evaluation.classes
    counts = zip(names, evaluation.confusion_matrix.tolist(), strict=True)
    write_csv(matrix, ("true/predicted", *names), ([name, *row] for name, row in counts))
    header = ("path", "true", "predicted", "confidence", *(f"p:{name}" for name in names))
    write_csv_with_numbers(rows, header, _rows(evaluation))
    return [scores, matrix, rows]


def _rows(evaluation: Evaluation) -> Iterable[tuple[Sequence[object], Sequence[float]]]:
    names = evaluation.classes
    # `float` of a float32 is its exact value, so that scores computed from the file are the file's beside it.
    confidence = evaluation.confidence.tolist()
    for i, path in enumerate(evaluation.paths):
        true, predicted = names[evaluation.y_true[i]], names[evaluation.y_pred[i]]
        yield (path, true, predicted, confidence[i]), evaluation.probabilities[i].tolist()
