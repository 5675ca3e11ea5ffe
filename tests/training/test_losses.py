"""Losses against NumPy, class weights against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from convonet.errors import ParamError
from convonet.nets.backend import keras
from convonet.params import HyperParams
from convonet.training.losses import balanced_weights, class_weights, create_loss, targets

LOGITS = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, -0.3], [-2.0, 0.0, 3.0], [1.0, 1.0, 1.0]], dtype=np.float32)
LABELS = np.array([0, 2, 2, 1])


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _reference(shares: np.ndarray, probabilities: np.ndarray, smoothing: float, gamma: float) -> float:
    shares = shares * (1 - smoothing) + smoothing / shares.shape[1]
    return float(-(shares * (1 - probabilities) ** gamma * np.log(probabilities)).sum(axis=1).mean())


@pytest.mark.parametrize("output", ["probabilities", "logits"])
@pytest.mark.parametrize(("name", "gamma"), [("cross_entropy", 0.0), ("focal", 2.0), ("focal", 0.7)])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_losses_of_many_classes(output: str, name: str, gamma: float, smoothing: float) -> None:
    hyper = HyperParams.of({"loss": name, "label_smoothing": smoothing, "focal_gamma": gamma})
    made = LOGITS if output == "logits" else _softmax(LOGITS)
    loss = create_loss(output, hyper)(targets(LABELS, output, 3, hyper), made)
    expected = _reference(np.eye(3)[LABELS], _softmax(LOGITS), smoothing, gamma)
    assert float(loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("output", ["sigmoid", "sigmoid_logit"])
@pytest.mark.parametrize(("name", "gamma"), [("cross_entropy", 0.0), ("focal", 2.0)])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_losses_of_one_output(output: str, name: str, gamma: float, smoothing: float) -> None:
    hyper = HyperParams.of({"loss": name, "label_smoothing": smoothing, "focal_gamma": gamma})
    labels, logits = np.array([0, 1, 1]), np.array([[0.3], [-1.0], [2.0]], dtype=np.float32)
    second = 1 / (1 + np.exp(-logits))
    made = logits if output == "sigmoid_logit" else second
    loss = create_loss(output, hyper)(targets(labels, output, 2, hyper).reshape(-1, 1), made)
    both = np.concatenate([1 - second, second], axis=1)
    shares = np.eye(2)[labels] * (1 - smoothing) + smoothing / 2
    # With one output, the focus is on the probability of the smoothed truth.
    focus = (1 - (shares * both).sum(axis=1)) ** gamma
    expected = -(focus * (shares * np.log(both)).sum(axis=1)).mean()
    assert float(loss) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("counts", [(3875, 1341), (10, 20, 70), (5, 5)])
def test_balanced_weights_are_scikit_learns(counts: tuple[int, ...]) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    expected = compute_class_weight("balanced", classes=np.arange(len(counts)), y=labels)
    np.testing.assert_allclose(balanced_weights(labels, len(counts)), expected, rtol=1e-6)


def test_the_x_ray_counts_give_the_known_weights() -> None:
    weights = balanced_weights(np.repeat([0, 1], [3875, 1341]), 2)
    assert weights.round(3).tolist() == pytest.approx([0.673, 1.945])


def test_weights_by_hand_are_by_name_and_others_weigh_one() -> None:
    weights = class_weights(HyperParams.of({"class_weights": {"b": 3}}), LABELS, ["a", "b", "c"])
    assert weights is not None
    assert weights.tolist() == [1, 3, 1]
    assert class_weights(HyperParams(), LABELS, ["a", "b", "c"]) is None


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"class_weights": {"NORMAI": 2}}, "did you mean NORMAL"),
        ({"class_weights": {"NORMAL": 2}, "balanced": True}, "cannot be combined"),
    ],
)
def test_wrong_class_weights_are_said(values: dict[str, object], words: str) -> None:
    with pytest.raises(ParamError, match=words):
        class_weights(HyperParams.of(values), np.array([0, 1]), ["NORMAL", "PNEUMONIA"])


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ParamError, match="class_weights"):
        HyperParams.of({"class_weights": {"NORMAL": -1}})


def test_weighted_images_count_as_keras_counts_them() -> None:
    loss = create_loss("probabilities")(LABELS, _softmax(LOGITS), sample_weight=np.array([2.0, 0, 1, 1]))
    each = -np.log(_softmax(LOGITS)[np.arange(4), LABELS])
    assert float(keras.ops.convert_to_numpy(loss)) == pytest.approx((each * [2, 0, 1, 1]).sum() / 4, rel=1e-5)
