"""Suggestions from a few labels: multinomial logistic regression on features, fitted in a fraction of a second."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

AXES = 128
_PENALTY = 0.3
_STEPS = 200
_GROUP_AXES = 24


def reduced(features: Floats) -> NDArray[np.float32]:
    """Features on their principal axes, (N, up to 128), of mean squared length 1; each image counts alike."""
    units = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    centered = np.asarray(units - units.mean(axis=0), np.float32)
    # The covariance is smaller than the features where there are many images.
    values, axes = np.linalg.eigh(centered.T @ centered)
    keep = axes[:, np.argsort(values)[::-1][:AXES]]
    found = centered @ keep
    return np.asarray(found / max(float(np.sqrt((found**2).sum(axis=1).mean())), 1e-12), np.float32)


def probabilities(points: Floats, rows: NDArray[np.int64], labels: NDArray[np.int64], count: int) -> Floats:
    """What each image is likely to be, (N, classes).

    Args:
        points: of all images, as of `reduced`.
        rows, labels: the images that have a class, and which.
        count: how many classes there are; one without a labelled image gets almost nothing.
    """
    known, targets = points[rows], np.eye(count, dtype=np.float32)[labels]
    known = np.concatenate([known, np.ones((len(known), 1), np.float32)], axis=1)
    penalty = np.full((known.shape[1], 1), _PENALTY, np.float32)
    penalty[-1] = 0.01
    weights = ahead = np.zeros((known.shape[1], count), np.float32)
    # The curvature of softmax is at most half the squared norm, so this step never overshoots.
    step = 1 / (0.5 * np.linalg.norm(known, 2) ** 2 + _PENALTY)
    # Nesterov's accelerated gradient: the loss is convex and its curvature is known.
    for number in range(_STEPS):
        slope = known.T @ (_softmax(known @ ahead) - targets) + penalty * ahead
        before, weights = weights, ahead - step * slope
        ahead = weights + number / (number + 3) * (weights - before)
    return _softmax(points @ weights[:-1] + weights[-1])


def held_out_probabilities(
    points: Floats, rows: NDArray[np.int64], labels: NDArray[np.int64], count: int, folds: int = 5
) -> Floats:
    """What each labelled image is likely to be by the other labelled images, (len(rows), classes).

    Args:
        points, rows, labels, count: as of `probabilities`.
        folds: each image is judged by a classifier that was fitted to the other folds.
    """
    # A fixed seed: the same labels must give the same doubts when they are asked for again.
    fold = np.random.default_rng(0).permutation(len(rows)) % folds
    found = np.zeros((len(rows), count), np.float32)
    for number in range(min(folds, len(rows))):
        out = fold == number
        fitted = probabilities(points, rows[~out], labels[~out], count)
        found[out] = fitted[rows[out]]
    return found


def similar_groups(points: Floats, size: int) -> list[NDArray[np.int64]]:
    """The images in groups of at most `size` that look alike: halved along their main axis again and again."""
    groups: list[NDArray[np.int64]] = []
    waiting = [np.arange(len(points))]
    while waiting:
        rows = waiting.pop()
        if len(rows) <= size:
            groups.append(rows)
            continue
        some = points[rows][:, :_GROUP_AXES]
        centered = some - some.mean(axis=0)
        _, axes = np.linalg.eigh(centered.T @ centered)
        order = np.argsort(centered @ axes[:, -1], kind="stable")
        # Cut at a multiple of the size, so that the groups are full.
        middle = max(size, round(len(rows) / 2 / size) * size)
        # The lower half last, since it is popped next: neighboring groups stay side by side.
        waiting += [rows[order[middle:]], rows[order[:middle]]]
    return groups


def _softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
