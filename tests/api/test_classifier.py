"""The classifier that scikit-learn uses."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score

import convonet
from convonet.data.split import stratified_folds
from convonet.tuning.units import repeat_seed

from .conftest import FASTEST

Arrays = tuple[NDArray[np.uint8], NDArray[np.int64]]


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    digits = load_digits()
    return (digits.images[:300] * 15.9375).round().astype(np.uint8), digits.target[:300]


@pytest.fixture(scope="module")
def fitted(arrays: Arrays) -> convonet.ConvonetClassifier:
    return convonet.ConvonetClassifier(FASTEST | {"epochs": 4, "init_rate": 0.03}).fit(*arrays)


def test_probabilities_are_in_the_order_of_the_labels(
    fitted: convonet.ConvonetClassifier, arrays: Arrays
) -> None:
    images, labels = arrays
    assert fitted.classes_.tolist() == list(range(10))
    probabilities = fitted.predict_proba(images)
    assert probabilities.shape == (300, 10)
    assert np.array_equal(fitted.predict(images), probabilities.argmax(axis=1))
    assert fitted.score(images, labels) == np.mean(fitted.predict(images) == labels) > 0.8


def test_a_fitted_one_is_saved_and_loaded_not_pickled(
    fitted: convonet.ConvonetClassifier, arrays: Arrays, tmp_path: Path
) -> None:
    with pytest.raises(TypeError, match=r"save\(path\)"):
        pickle.dumps(fitted)
    loaded = convonet.ConvonetClassifier.load(fitted.save(tmp_path / "model.keras"))
    assert loaded.predict(arrays[0][:20]).tolist() == [str(label) for label in fitted.predict(arrays[0][:20])]


def test_an_unfitted_one_says_so(arrays: Arrays) -> None:
    for method in ("predict", "predict_proba"):
        with pytest.raises(NotFittedError):
            getattr(convonet.ConvonetClassifier(), method)(arrays[0])


@pytest.mark.parametrize(
    ("images", "labels", "message"),
    [
        (np.zeros((4, 3)), [0, 1, 0, 1], "does not hold images"),
        (np.zeros((4, 3, 3)), [0, 1, 0], "inconsistent numbers of samples"),
        (np.full((4, 3, 3), np.nan), [0, 1, 0, 1], "NaN"),
        (np.zeros((4, 3, 3)), [0.1, 0.2, 0.3, 0.4], "Unknown label type"),
        (np.zeros((0, 3, 3)), [], "0 sample"),
    ],
)
def test_arrays_that_cannot_be_used_are_value_errors(images: Any, labels: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convonet.ConvonetClassifier(FASTEST, max_value=1).fit(images, labels)


def test_an_unfitted_one_pickles_and_clones() -> None:
    classifier = convonet.ConvonetClassifier(FASTEST, seed=3)
    for copy in (pickle.loads(pickle.dumps(classifier)), clone(classifier)):
        assert copy.get_params() == classifier.get_params()
    assert clone(classifier.set_params(seed=4)).seed == 4


@pytest.mark.slow
def test_cross_validation_gives_the_numbers_of_our_own_folds(arrays: Arrays, tmp_path: Path) -> None:
    images, labels = arrays
    np.savez(tmp_path / "set.npz", x_train=images, y_train=labels)
    data: dict[str, Any] = {"train_dir": tmp_path / "set.npz", "image_size": 8}
    run = convonet.tune(data, FASTEST, folds=2, jobs=1, out=tmp_path, name="search")
    with (run.path / "trials.csv").open(encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: int(row["fold"]))
    scores = cross_val_score(
        convonet.ConvonetClassifier(FASTEST, seed=int(rows[0]["seed"])),
        images,
        labels,
        cv=stratified_folds(labels, 2, repeat_seed(0, 1)),
    )
    assert scores.tolist() == [float(row["accuracy"]) for row in rows]


@pytest.mark.slow
def test_jobs_work_side_by_side(arrays: Arrays) -> None:
    classifier = convonet.ConvonetClassifier(FASTEST)
    alone, together = (cross_val_score(classifier, *arrays, cv=2, n_jobs=jobs) for jobs in (1, 2))
    assert alone.tolist() == together.tolist()
