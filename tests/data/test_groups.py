"""Splits by group: what belongs together stays on one side, and classes stay in balance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sklearn.model_selection import StratifiedGroupKFold

from convonet.data.cache import ImageCache
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.grouping import held_out_rows, rows_together
from convonet.data.groups import shared_groups
from convonet.data.sources import scan_set
from convonet.data.split import split_rows, stratified_folds
from convonet.errors import DataError, ParamError
from convonet.params import DataParams, PixelParams

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), min_size=2, max_size=100)
SEED = st.integers(0, 2**31 - 1)


def arrays(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    labels, groups = np.array(pairs).T
    return labels, groups


@given(PAIRS, st.floats(0.02, 0.98), SEED)
def test_no_group_stands_on_both_sides(pairs: list[tuple[int, int]], share: float, seed: int) -> None:
    labels, groups = arrays(pairs)
    if len(np.unique(groups)) < 2:
        with pytest.raises(DataError, match="one group"):
            split_rows(labels, share, seed, groups)
        return
    stay, out = split_rows(labels, share, seed, groups)
    assert sorted([*stay, *out]) == list(range(len(labels)))
    assert len(stay) > 0
    assert len(out) > 0
    assert not set(groups[stay]) & set(groups[out])
    again = split_rows(labels, share, seed, groups)
    assert np.array_equal(out, again[1])


@given(PAIRS, st.integers(2, 6), SEED)
def test_no_group_stands_in_two_folds(pairs: list[tuple[int, int]], folds: int, seed: int) -> None:
    labels, groups = arrays(pairs)
    if len(np.unique(groups)) < folds:
        with pytest.raises(ParamError, match="number of groups"):
            stratified_folds(labels, folds, seed, groups)
        return
    parts = stratified_folds(labels, folds, seed, groups)
    assert sorted(np.concatenate([held for _, held in parts])) == list(range(len(labels)))
    for kept, held in parts:
        assert len(held) > 0
        assert not set(groups[kept]) & set(groups[held])


def patients(seed: int, count: int = 150, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Patients with 1 to 12 images each, mostly of one class."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(count), rng.integers(1, 13, count))
    labels = rng.choice(classes, count, p=np.array([0.6, 0.3, 0.1]))[groups]
    other = rng.random(len(groups)) < 0.1
    return np.where(other, rng.integers(0, classes, len(groups)), labels), groups


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
@pytest.mark.parametrize("seed", range(5))
def test_share_and_balance_are_close(share: float, seed: int) -> None:
    labels, groups = patients(seed)
    _, out = split_rows(labels, share, seed, groups)
    assert len(out) / len(labels) == pytest.approx(share, abs=0.01)
    whole, held = (np.bincount(part, minlength=3) / len(part) for part in (labels, labels[out]))
    assert np.abs(whole - held).max() < 0.03


@pytest.mark.parametrize("seed", range(5))
def test_folds_are_as_even_as_scikit_learns(seed: int) -> None:
    labels, groups = patients(seed)
    theirs = [
        held
        for _, held in StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(labels, labels, groups)
    ]
    ours = [held for _, held in stratified_folds(labels, 5, seed, groups)]

    def unevenness(folds: list[np.ndarray]) -> float:
        counts = np.array([np.bincount(labels[held], minlength=3) for held in folds])
        return float((counts.std(axis=0) / counts.mean(axis=0)).max())

    assert unevenness(ours) <= max(unevenness(theirs), 0.05)


def test_every_class_of_several_groups_is_on_both_sides() -> None:
    labels = np.array([0] * 40 + [1] * 6)
    groups = np.array([*np.repeat(np.arange(8), 5), 20, 20, 20, 21, 21, 21])
    stay, out = split_rows(labels, 0.1, 0, groups)
    assert set(labels[out]) == set(labels[stay]) == {0, 1}


def test_a_seed_gives_other_groups_and_the_same_on_every_machine() -> None:
    labels, groups = patients(0)
    held = [frozenset(groups[split_rows(labels, 0.2, seed, groups)[1]]) for seed in range(4)]
    assert len(set(held)) == 4
    few = np.repeat(np.arange(8), 2)
    assert split_rows(np.tile([0, 1], 8), 0.25, 3, few)[1].tolist() == [4, 5, 6, 7]


@pytest.fixture
def made(make_files: Any, cache: ImageCache) -> Any:
    """Prepare a set with these data parameters."""

    def make(folder: Any, **given: Any) -> tuple[PreparedSet, DataParams]:
        data = DataParams.of({"train_dir": str(folder)} | given)
        return prepare(scan_set(data, "train"), PixelParams(16, 16, 1), cache=cache), data

    return make


def test_a_pattern_in_the_path_makes_groups(make_files: Any, made: Any) -> None:
    names = [
        f"{name}/p{patient}_{number}.png" for name in "ab" for patient in range(6) for number in range(3)
    ]
    prepared, data = made(make_files(*names, "a/alone.png"), group_pattern=r"(p\d+)_", validation_share=0.3)
    assert prepared.listing.groups is not None
    assert prepared.listing.groups[:2] == ("", "p0")
    kept, held = held_out_rows(prepared, data)
    patients = [{prepared.listing.groups[row] for row in rows} - {""} for rows in (kept, held)]
    assert not patients[0] & patients[1]
    assert len(patients[1]) == 2


def test_a_column_of_a_table_makes_groups(make_files: Any, made: Any) -> None:
    folder = make_files(*(f"{number}.png" for number in range(8)))
    lines = [f"{number}.png,{'ab'[number % 2]},{number // 2}" for number in range(8)]
    (folder / "all.csv").write_text("\n".join(["path,label,patient", *lines]))
    prepared, data = made(folder / "all.csv", group_column="patient", validation_share=0.25)
    assert held_out_rows(prepared, data)[1].tolist() in [[0, 1], [2, 3], [4, 5], [6, 7]]
    with pytest.raises(ParamError, match="did you mean patient"):
        made(folder / "all.csv", group_column="pateint")


def test_images_that_look_the_same_stay_together(make_files: Any, made: Any) -> None:
    folder = make_files(*(f"{name}/{number}.png" for name in "ab" for number in range(10)))
    rng = np.random.default_rng(0)
    for name in "ab":
        for number in range(10):
            coarse = Image.fromarray(rng.integers(0, 256, (6, 6), dtype=np.uint8)).resize((32, 32))
            coarse.save(folder / name / f"{number}.png")
            coarse.point(lambda value: min(255, int(value * 1.05))).save(
                folder / name / f"{number}_again.jpg"
            )
    (folder / "b" / "copy.png").write_bytes((folder / "a" / "3.png").read_bytes())
    prepared, data = made(folder, alike_together=True, validation_share=0.3)
    together = rows_together(prepared, data)
    assert together is not None
    place = {path: row for row, path in enumerate(prepared.paths)}
    for number in range(10):
        assert together[place[f"a/{number}.png"]] == together[place[f"a/{number}_again.jpg"]]
    assert together[place["b/copy.png"]] == together[place["a/3.png"]]
    assert len(set(together.tolist())) == 20
    kept, held = held_out_rows(prepared, data)
    assert not set(together[kept]) & set(together[held])
    assert rows_together(prepared, data.changed(alike_together=False)) is None


@pytest.mark.parametrize("pattern", ["(", "p\\d+", "(p)(\\d)", "(nobody)"])
def test_a_pattern_that_finds_no_group_is_refused(make_files: Any, made: Any, pattern: str) -> None:
    with pytest.raises(ParamError, match="group_pattern"):
        made(make_files("a/p1.png", "b/p2.png"), group_pattern=pattern)


def test_a_column_without_a_table_is_refused(make_files: Any, made: Any) -> None:
    with pytest.raises(ParamError, match="the training set is not such a file"):
        made(make_files("a/p1.png", "b/p2.png"), group_column="patient")


def test_groups_in_two_sets_are_found(make_files: Any) -> None:
    root = make_files("train/a/p1_1.png", "train/b/p2_1.png", "test/a/p1_2.png", "test/b/p3_1.png")
    data = DataParams.of({"train_dir": str(root), "group_pattern": r"(p\d)_"})
    assert shared_groups(scan_set(data, "train"), scan_set(data, "test")) == ["p1"]
