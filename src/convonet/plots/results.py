"""The pictures of a run folder, each made from its numbers and written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from numpy.typing import ArrayLike

from convonet.documents.evaluation import EvaluationDocument
from convonet.documents.network import LayerRow
from convonet.params.hyper_params import HyperParams
from convonet.plots.confusion import matrix_figure
from convonet.plots.curves import curves_figure, curves_of
from convonet.plots.figures import save_figure
from convonet.plots.hyper_table import table_figure
from convonet.plots.network import network_figure
from convonet.plots.ranking import ranking_figure
from convonet.plots.reliability import reliability_figure


def save_train_val_plots(
    path: Path, history: Mapping[str, Sequence[float | None]], *, kept: int | None = None
) -> None:
    """Write accuracy and loss over the epochs.

    Args:
        path: the PNG file.
        history: one value an epoch for `loss`, `accuracy`, `val_loss`, `val_accuracy`; None: not measured.
        kept: the epoch whose weights were kept, from 1, where it is not the last.

    Raises:
        OutputError: the folder cannot be written to.
        StorageError: the disk is full.
    """
    save_figure(curves_figure(curves_of(history, kept)), path)


def save_hyper_params(path: Path, hyper: HyperParams) -> None:
    """Write the table of hyperparameters; errors as `save_train_val_plots`."""
    save_figure(table_figure(hyper), path)


def save_confusion(path: Path, matrix: ArrayLike, classes: Sequence[str]) -> None:
    """Write the confusion matrix (rows true, counts); errors as `save_train_val_plots`."""
    save_figure(matrix_figure(matrix, classes), path)


def save_calibration(path: Path, document: EvaluationDocument) -> None:
    """Write the reliability diagram and the confidences of an evaluation; errors as `save_train_val_plots`."""
    save_figure(reliability_figure(document), path)


def save_ranking(path: Path, document: EvaluationDocument) -> None:
    """Write the ROC and precision-recall curves of an evaluation; errors as `save_train_val_plots`."""
    save_figure(ranking_figure(document), path)


def save_network(path: Path, layers: Sequence[LayerRow]) -> None:
    """Write the drawing of a network from the rows of its layer table; errors as `save_train_val_plots`."""
    save_figure(network_figure(layers), path)
