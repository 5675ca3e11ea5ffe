from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold, train_test_split

from convonet.data.split import split_rows, stratified_folds
from convonet.errors import ParamError

LABELS = st.lists(st.integers(0, 4), min_size=1, max_size=120).map(np.array)
SHARE = st.floats(0.02, 0.98)
SEED = st.integers(0, 2**31 - 1)


@given(LABELS, SHARE, SEED)
def test_every_row_stands_on_one_side_and_every_class_on_both(
    labels: np.ndarray, share: float, seed: int
) -> None:
    stay, out = split_rows(labels, share, seed)
    assert sorted([*stay, *out]) == list(range(len(labels)))
    assert list(stay) == sorted(stay)
    assert list(out) == sorted(out)
    for label in np.unique(labels):
        size, held = int((labels == label).sum()), int((labels[out] == label).sum())
        assert abs(held - size * share) <= 1
        assert size < 2 or 0 < held < size
        assert size > 1 or held == 0


@given(LABELS, SHARE, SEED)
def test_the_same_seed_gives_the_same_split(labels: np.ndarray, share: float, seed: int) -> None:
    for one, other in zip(split_rows(labels, share, seed), split_rows(labels, share, seed), strict=True):
        assert np.array_equal(one, other)


def test_neighbouring_seeds_are_unrelated() -> None:
    labels = np.zeros(1000, int)
    held = [set(split_rows(labels, 0.2, seed)[1].tolist()) for seed in range(6)]
    for one, other in itertools.pairwise(held):
        assert 20 <= len(one & other) <= 65


def test_a_split_is_the_same_on_every_machine() -> None:
    assert split_rows([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 0.4, 7)[1].tolist() == [1, 2, 5, 7]


def test_the_number_held_out_is_scikit_learns() -> None:
    labels = np.repeat(np.arange(5), [100, 55, 40, 23, 7])
    _, out = split_rows(labels, 0.2, 0)
    _, reference = train_test_split(np.arange(len(labels)), test_size=0.2, stratify=labels, random_state=0)
    assert len(out) == len(reference)
    assert np.array_equal(np.bincount(labels[out]), np.bincount(labels[reference]))


@given(LABELS.filter(lambda labels: len(labels) >= 2), st.integers(2, 8), SEED)
def test_folds_cover_every_row_once_and_spread_every_class(labels: np.ndarray, folds: int, seed: int) -> None:
    if folds > len(labels):
        return
    parts = stratified_folds(labels, folds, seed)
    assert sorted(row for _, test in parts for row in test) == list(range(len(labels)))
    sizes = [len(test) for _, test in parts]
    assert max(sizes) - min(sizes) <= 1
    for train, test in parts:
        assert sorted([*train, *test]) == list(range(len(labels)))
    for label in np.unique(labels):
        counts = [int((labels[test] == label).sum()) for _, test in parts]
        assert max(counts) - min(counts) <= 1


def test_folds_are_as_even_as_scikit_learns() -> None:
    labels = np.repeat(np.arange(3), [31, 20, 9])
    ours = [np.bincount(labels[test], minlength=3) for _, test in stratified_folds(labels, 3, 0)]
    theirs = [np.bincount(labels[test], minlength=3) for _, test in StratifiedKFold(3).split(labels, labels)]
    assert np.array_equal(np.sort(ours, axis=0), np.sort(theirs, axis=0))


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan")])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ParamError, match="> 0 and < 1"):
        split_rows([0, 1], share, 0)


@pytest.mark.parametrize("folds", [0, 1, 4])
def test_too_few_or_too_many_folds_are_refused(folds: int) -> None:
    with pytest.raises(ParamError, match="2 to 3"):
        stratified_folds([0, 1, 0], folds, 0)
