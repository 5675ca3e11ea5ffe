from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics as reference

from convonet.evaluation.evaluation import Evaluation, score
from convonet.inference.decision import Decision

LIKELIEST = Decision(None, None)


def made(
    classes: int,
    images: int,
    *,
    seed: int = 0,
    truth: list[int] | None = None,
    decision: Decision = LIKELIEST,
) -> Evaluation:
    """An evaluation of random answers that lean to the truth."""
    rng = np.random.default_rng(seed)
    y_true = rng.integers(0, classes, images) if truth is None else np.array(truth)
    logits = rng.normal(size=(len(y_true), classes))
    logits[np.arange(len(y_true)), y_true] += 1.5
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return score(
        y_true,
        shares.astype(np.float32),
        decision,
        classes=[f"class{i}" for i in range(classes)],
        paths=[f"{i}.png" for i in range(len(y_true))],
    )


@pytest.mark.parametrize(("classes", "images"), [(2, 40), (3, 9), (10, 500), (55, 2000)])
def test_scores_are_those_of_scikit_learn(classes: int, images: int) -> None:
    got = made(classes, images)
    shares = got.probabilities.astype(np.float64)
    shares /= shares.sum(axis=1, keepdims=True)
    places = list(range(classes))

    assert got.accuracy == reference.accuracy_score(got.y_true, got.y_pred)
    assert (
        got.confusion_matrix.tolist()
        == reference.confusion_matrix(got.y_true, got.y_pred, labels=places).tolist()
    )
    assert got.loss == pytest.approx(reference.log_loss(got.y_true, shares, labels=places), rel=1e-6)
    precision, recall, f1, support = reference.precision_recall_fscore_support(
        got.y_true, got.y_pred, labels=places, zero_division=0
    )
    rows = got.to_dict()["per_class"]
    for name, expected in (("precision", precision), ("recall", recall), ("f1", f1), ("support", support)):
        assert [row[name] for row in rows] == pytest.approx(expected.tolist())
    assert got.to_dict()["macro_f1"] == pytest.approx(f1.mean())
    balanced = got.to_dict()["balanced_accuracy"]
    assert balanced == pytest.approx(recall[support > 0].mean())
    low, high = got.to_dict()["intervals"]["balanced_accuracy"]
    assert low <= balanced <= high
    k_score = reference.top_k_accuracy_score(got.y_true, shares, k=5, labels=places) if classes > 5 else None
    assert got.top_k_accuracy == k_score
    if classes == 2:
        area = reference.roc_auc_score(got.y_true, shares[:, 1])
    else:
        area = reference.roc_auc_score(got.y_true, shares, multi_class="ovr", labels=places)
    assert got.auc == pytest.approx(area)


@pytest.mark.parametrize("positive", [0, 1])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_a_threshold_answers_positive_at_p_and_above(positive: int, threshold: float) -> None:
    got = made(2, 200, decision=Decision(positive, threshold))
    said_yes = got.probabilities[:, positive] >= np.float32(threshold)

    assert ((got.y_pred == positive) == said_yes).all()
    assert got.threshold == threshold
    assert got.positive == f"class{positive}"
    recall = reference.recall_score(got.y_true, got.y_pred, labels=[positive, 1 - positive], average=None)
    value = got.to_dict()
    assert (value["sensitivity"], value["specificity"]) == pytest.approx(tuple(recall))


def test_a_value_on_the_threshold_is_positive() -> None:
    shares = np.array([[0.7, 0.3], [0.70001, 0.29999]], dtype=np.float32)
    assert Decision(1, 0.3).labels(shares).tolist() == [1, 0]
    assert Decision(0, 0.7).labels(shares).tolist() == [0, 0]


def test_equally_likely_classes_give_the_first() -> None:
    assert LIKELIEST.labels(np.full((1, 4), 0.25, dtype=np.float32)).tolist() == [0]


@pytest.mark.parametrize("truth", [[0, 2, 2, 0], [1], [0, 0]])
def test_a_class_without_images_leaves_what_is_undefined_empty(truth: list[int]) -> None:
    got = made(3, 0, truth=truth)

    assert got.auc is None
    assert len(got.to_dict()["per_class"]) == 3
    assert got.confusion_matrix.sum(axis=1).tolist() == np.bincount(truth, minlength=3).tolist()
    json.dumps(got.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("classes", "k", "empty"), [(2, 5, True), (5, 5, True), (6, 5, False), (3, 2, False)]
)
def test_top_k_is_empty_where_every_answer_would_be_right(classes: int, k: int, empty: bool) -> None:
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.ones(classes), 30).astype(np.float32)
    got = score(
        rng.integers(0, classes, 30),
        shares,
        LIKELIEST,
        classes=[str(i) for i in range(classes)],
        paths=["x"] * 30,
        top_k=k,
    )
    assert (got.top_k_accuracy is None) == empty
    assert got.top_k == k


def test_the_document_has_the_keys_of_the_contract() -> None:
    value = made(2, 20, decision=Decision(1, 0.3)).to_dict()
    contract = (
        "accuracy accuracy_interval baseline_accuracy loss top_k top_k_accuracy macro_f1 auc classes "
        "per_class confusion_matrix images skipped threshold images_per_second"
    )
    assert set(contract.split()) <= set(value)
    assert set(value["per_class"][0]) >= {"class", "precision", "recall", "f1", "support"}
    low, high = value["accuracy_interval"]
    assert 0 <= low < value["accuracy"] < high <= 1
    assert json.loads(json.dumps(value, allow_nan=False)) == value
