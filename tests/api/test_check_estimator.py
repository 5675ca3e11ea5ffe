"""scikit-learn's own checks of an estimator, with their tables handed over as images of one row."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import SkipTestWarning
from sklearn.utils import Tags
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator
from sklearn.utils.validation import check_array

import convonet

_NO_FEATURES = "X holds images, so there is no number of features"
_TWO_CLASSES = "a set of images has two classes or more"
FAILED = {
    "check_classifiers_one_label": _TWO_CLASSES,
    "check_classifiers_train": "images of another size than those in fit are resized",
    "check_estimators_pickle": "a fitted classifier holds an open model; save and load keep it instead",
    "check_fit2d_1sample": _TWO_CLASSES,
    "check_n_features_in": _NO_FEATURES,
    "check_n_features_in_after_fitting": _NO_FEATURES,
}
"""The checks that fail, with the reason."""


class TableClassifier(convonet.ConvonetClassifier):
    """Takes a table N×F for N images of 1×F pixels; a pixel is a number from −5 to 5."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__({"family": "logistic", "epochs": 1}, seed=seed)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.positive_only = True, False
        tags.classifier_tags.poor_score = True
        return tags

    def _images(self, X: ArrayLike) -> NDArray[Any]:
        table = check_array(X, ensure_2d=False, allow_nd=True, dtype=float, estimator=self)
        pixels = np.interp(table, (-5, 5), (0, 255)).round().astype(np.uint8)
        return super()._images(pixels[:, np.newaxis] if table.ndim == 2 else pixels)


def test_images_are_what_it_says_it_takes() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        checks = list(estimator_checks_generator(convonet.ConvonetClassifier(), mark=None))
    assert [warning.category for warning in told] == [SkipTestWarning]
    assert len(checks) == 1  # it can be cloned; all others hand over tables


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore")
def test_the_checks_that_fail_are_those_that_are_listed() -> None:
    results = check_estimator(TableClassifier(), on_fail=None, on_skip=None)
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    assert set(failed) == set(FAILED), failed
    assert sum(result["status"] == "passed" for result in results) > 40
