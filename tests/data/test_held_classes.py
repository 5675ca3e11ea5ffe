"""Scores that cannot exist are refused before training, and the class is named."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import MakeFiles
from convonet import api
from convonet.data.group_split import folds_by_group, split_by_group
from convonet.data.held_classes import absent_classes
from convonet.data.split import split_rows, stratified_folds
from convonet.errors import InputError
from convonet.events import Event, Warned

FAST = {"family": "logistic", "epochs": 1, "batch_size": 8}
SIZE = {"image_size": 8}


@pytest.fixture
def uneven(make_files: MakeFiles) -> Path:
    """Ten images of one class, two of another, one of the third."""
    names = [f"big/{number}.png" for number in range(10)]
    return make_files(*names, "two/1.png", "two/2.png", "one/1.png")


@pytest.mark.parametrize(
    "rule",
    [
        {"stop_monitor": "val_auc", "stop_patience": 2},
        {"plateau_monitor": "val_auc", "plateau_patience": 2},
        {"save_best": "val_auc"},
    ],
    ids=lambda rule: next(iter(rule)),
)
def test_a_rule_that_watches_a_score_that_cannot_exist_is_refused(
    rule: dict[str, object], uneven: Path, tmp_path: Path
) -> None:
    with pytest.raises(
        InputError, match=r"There is no image of one \(1 image in total\) among the validation"
    ) as caught:
        api.train({"train_dir": str(uneven), **SIZE}, FAST | rule, out=tmp_path, threads=1)
    assert next(iter(rule)) in caught.value.sentence()


def test_a_search_by_such_a_score_is_refused(uneven: Path, tmp_path: Path) -> None:
    said = (
        r"There is no image of one \(1 image in total\) or two \(2 images in total\) "
        "among the held-out images of at least one fold"
    )
    with pytest.raises(InputError, match=said) as caught:
        api.tune({"train_dir": str(uneven), **SIZE}, FAST, out=tmp_path, objective="auc", folds=3, threads=1)
    assert "objective" in caught.value.sentence()


def test_other_trainings_are_told(uneven: Path, tmp_path: Path) -> None:
    told: list[Event] = []
    api.train({"train_dir": str(uneven), **SIZE}, FAST, out=tmp_path, listen=told.append, threads=1)
    assert any("no image of one" in event.message for event in told if isinstance(event, Warned))


@pytest.mark.parametrize("seed", range(20))
def test_every_class_is_held_out_where_it_can_be(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(3, 12, 5)
    labels = np.repeat(np.arange(5), counts)
    names = [str(label) for label in range(5)]
    held = [split_rows(labels, 0.2, seed)[1], *(fold for _, fold in stratified_folds(labels, 3, seed))]
    assert absent_classes(labels, held, names) == []
    groups = np.arange(len(labels)) // 1
    by_group = [split_by_group(labels, groups, 0.2, seed)[1]]
    by_group += [fold for _, fold in folds_by_group(labels, groups, 3, seed)]
    assert absent_classes(labels, by_group, names) == []


@pytest.mark.parametrize("seed", range(10))
def test_folds_of_groups_are_whole_and_cover_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, groups = rng.integers(0, 4, 80), rng.integers(0, 25, 80)
    folds = [fold for _, fold in folds_by_group(labels, groups, 4, seed)]
    assert sorted(np.concatenate(folds).tolist()) == list(range(80))
    owners = [set(groups[fold].tolist()) for fold in folds]
    assert all(owners)
    assert sum(map(len, owners)) == len(set(groups.tolist()))
