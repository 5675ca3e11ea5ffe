"""A linear classifier on frozen features, fitted to convergence: multinomial logistic regression with an L2 penalty.

The features are standardised on the training rows, the strength of the penalty is chosen by cross-validation of the
log loss, and the standardisation is folded into the returned weights, so that a plain dense layer with softmax takes
the raw features. The numbers agree with scikit-learn's `LogisticRegression(solver="lbfgs")`, which tests compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from convonet.data.split import stratified_folds
from convonet.events import Progressed, Watch

Array = NDArray[np.float64]

STRENGTHS = tuple(float(value) for value in np.logspace(-4, 1, 11))
"""Inverse penalties C, as in scikit-learn: the penalty is |W|² / (2 C) beside the sum of the losses."""

_FOLDS, _FOLDS_OF_MANY, _MANY = 5, 3, 20_000
"""Fewer folds from so many probabilities (images times classes) on."""
_VARIANCE = 0.99
"""Strengths are compared on the principal axes that carry this share of the variance."""
_ITERATIONS, _ROUGH_ITERATIONS = 300, 40
_WITHOUT_FOLDS = 0.01
"""C where a class has a single image, so that nothing can be held out."""
_WORSE_IN_A_ROW = 1
"""Larger C are not tried once the held-out loss has risen this often in a row."""


@dataclass(frozen=True)
class LinearHead:
    """A fitted head.

    Attributes:
        weights: (features, classes), for raw features.
        bias: (classes,).
        strength: the chosen C.
        fold_loss: mean held-out log loss of each tried C, in the order of `tried`; empty where C was given.
        tried: the C that were tried.
    """

    weights: Array
    bias: Array
    strength: float
    fold_loss: tuple[float, ...] = ()
    tried: tuple[float, ...] = ()

    def logits(self, features: NDArray[np.floating[Any]]) -> Array:
        """(N, classes) of features (N, features)."""
        return np.asarray(features, np.float64) @ self.weights + self.bias


def fit_head(
    features: NDArray[np.floating[Any]],
    labels: NDArray[np.integer[Any]],
    classes: int,
    *,
    class_weights: NDArray[np.floating[Any]] | None = None,
    groups: NDArray[np.integer[Any]] | None = None,
    strength: float | None = None,
    seed: int = 0,
    watch: Watch | None = None,
) -> LinearHead:
    """Fit a linear softmax classifier.

    Args:
        features: (N, features).
        labels: (N,), 0..classes − 1.
        class_weights: (classes,) weight of each image's loss by its class; None: all weigh 1.
        groups: (N,) images of one group stay in one fold.
        strength: the inverse penalty C; None: chosen by cross-validation among `STRENGTHS`.
        seed: of the folds.

    Raises:
        Cancelled: the person asked to stop.
    """
    watch = watch or Watch()
    rows, targets = np.asarray(features, np.float64), np.asarray(labels, np.int64)
    weights = (
        np.ones(len(targets)) if class_weights is None else np.asarray(class_weights, np.float64)[targets]
    )
    mean, deviation = rows.mean(0), rows.std(0)
    # A feature that is the same for all images has no scale; it is left as it is and gets no weight.
    deviation = np.where(deviation > 1e-12, deviation, 1.0)
    axes = _Axes((rows - mean) / deviation)
    tried: tuple[float, ...] = ()
    losses: tuple[float, ...] = ()
    if strength is None:
        tried, losses = _cross_validated(axes, targets, classes, weights, groups, seed, watch)
        # The first of equal ones: the stronger penalty, which is the safer choice.
        strength = tried[int(np.argmin(losses))] if tried else _WITHOUT_FOLDS
    coefficients, bias = _fit(axes.rows, axes.variances, targets, classes, weights, strength)
    # Folded back, so that the saved layer takes raw features and no file has to hold mean and deviation.
    coefficients = axes.back(coefficients) / deviation[:, None]
    return LinearHead(coefficients, bias - mean @ coefficients, strength, losses, tried)


def _cross_validated(
    axes: _Axes,
    labels: NDArray[np.int64],
    classes: int,
    weights: Array,
    groups: NDArray[np.integer[Any]] | None,
    seed: int,
    watch: Watch,
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The strengths that were tried, and the mean held-out log loss of each; none where folds cannot be made."""
    smallest = int(np.bincount(labels, minlength=classes).min())
    # With more folds than images of the rarest class, some fold would be trained without that class.
    count = min(_FOLDS_OF_MANY if len(labels) * classes > _MANY else _FOLDS, smallest)
    if groups is not None:
        count = min(count, len(np.unique(groups)))
    if count < 2:
        return (), ()
    folds = stratified_folds(labels, count, seed, None if groups is None else np.asarray(groups))
    rows, variances = axes.largest(_VARIANCE)
    # The solution for one strength is near that of the next: each fold goes on from its last one.
    starts: list[tuple[Array, Array] | None] = [None] * count
    losses: dict[int, float] = {}
    tried = list(range(0, len(STRENGTHS), 2))
    while tried:
        index = tried.pop(0)
        watch.check()
        total = 0.0
        for number, (stay, held) in enumerate(folds):
            fitted = _fit(
                rows[stay],
                variances,
                labels[stay],
                classes,
                weights[stay],
                STRENGTHS[index],
                starts[number],
                rough=True,
            )
            starts[number] = fitted
            total += float(_log_loss(rows[held] @ fitted[0] + fitted[1], labels[held]).sum())
        losses[index] = total / len(labels)
        watch.tell(Progressed(stage="head", done=len(losses), total=len(losses) + len(tried) + 2))
        rises = np.diff([losses[one] for one in sorted(losses)][-_WORSE_IN_A_ROW - 1 :]) > 0
        if tried and len(rises) == _WORSE_IN_A_ROW and rises.all():
            tried = []
        if not tried:
            # Every second strength first, then those beside the best one.
            best = min(losses, key=lambda one: losses[one])
            beside = (best - 1, best + 1)
            tried = [one for one in beside if 0 <= one < len(STRENGTHS) and one not in losses]
    order = sorted(losses)
    return tuple(STRENGTHS[one] for one in order), tuple(losses[one] for one in order)


def _log_loss(logits: Array, labels: NDArray[np.int64]) -> Array:
    # The largest logit is taken off first: exp of a large one would overflow.
    top = logits.max(1, keepdims=True)
    total = np.log(np.exp(logits - top).sum(1)) + top[:, 0]
    loss: Array = total - logits[np.arange(len(labels)), labels]
    return loss


class _Axes:
    """Standardised rows turned onto their principal axes; an L2 penalty does not see a rotation.

    With fewer rows than features everything else can be left out. The axes also tell how steep the loss is along each
    of them, which makes L-BFGS ten times as fast.
    """

    def __init__(self, rows: Array) -> None:
        count, features = rows.shape
        # The smaller of the two products: with few images the other one has thousands of rows and columns.
        if count < features:
            values, vectors = np.linalg.eigh(rows @ rows.T)
            # Axes without variance are rounding errors, and dividing by their root would blow these up.
            kept = values > values[-1] * 1e-12
            self.variances = values[kept] / count
            self._basis = rows.T @ (vectors[:, kept] / np.sqrt(values[kept]))
        else:
            values, self._basis = np.linalg.eigh(rows.T @ rows / count)
            # Rounding may leave an eigenvalue of a singular matrix a little below zero.
            self.variances = np.maximum(values, 0.0)
        self.rows = rows @ self._basis

    def largest(self, share: float) -> tuple[Array, Array]:
        """The rows and mean squares on the axes that carry this share of the variance."""
        order = np.argsort(-self.variances)
        carried = np.cumsum(self.variances[order]) / self.variances.sum()
        kept = order[: int(np.searchsorted(carried, share)) + 1]
        return np.ascontiguousarray(self.rows[:, kept]), self.variances[kept]

    def back(self, coefficients: Array) -> Array:
        """Coefficients of the axes as coefficients of the features."""
        made: Array = self._basis @ coefficients
        return made


def _fit(
    rows: Array,
    variances: Array,
    labels: NDArray[np.int64],
    classes: int,
    weights: Array,
    strength: float,
    start: tuple[Array, Array] | None = None,
    *,
    rough: bool = False,
) -> tuple[Array, Array]:
    """Weights and bias that minimise the weighted sum of the losses plus |W|² / (2 C), by L-BFGS.

    Args:
        rows: (N, axes), and their mean squares along each axis.
        start: where to begin.
        rough: in single precision, to a tolerance that suffices for comparing strengths.
    """
    # Comparing strengths needs three digits of the loss; the answer gets all of them.
    dtype = torch.float32 if rough else torch.float64
    penalty = 1 / (strength * len(labels))
    # The loss curves by about variance / classes along an axis, and the penalty by itself.
    scale = torch.as_tensor(1 / np.sqrt(variances / classes + penalty), dtype=dtype)[:, None]
    x, y = torch.as_tensor(rows, dtype=dtype), torch.as_tensor(labels)
    share = torch.as_tensor(weights / len(labels), dtype=dtype)
    u = torch.zeros((x.shape[1], classes), dtype=dtype)
    b = torch.zeros(classes, dtype=dtype)
    if start is not None:
        u.copy_(torch.as_tensor(start[0], dtype=dtype) / scale)
        b.copy_(torch.as_tensor(start[1]))
    u.requires_grad_()
    b.requires_grad_()
    solver = torch.optim.LBFGS(
        [u, b],
        max_iter=_ROUGH_ITERATIONS if rough else _ITERATIONS,
        tolerance_grad=1e-5 if rough else 1e-9,
        tolerance_change=1e-7 if rough else 1e-14,
        history_size=20,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Any:
        solver.zero_grad()
        w = u * scale
        losses = torch.nn.functional.cross_entropy(x @ w + b, y, reduction="none")
        loss = (losses * share).sum() + penalty / 2 * (w * w).sum()
        loss.backward()
        return loss

    solver.step(closure)
    return (u * scale).detach().double().numpy(), b.detach().double().numpy()
