"""Which trainings a search needs, and which of them several settings share."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from convonet.data.split import stratified_folds
from convonet.params import HyperParams, SearchSpace
from convonet.tuning.fold_data import FoldData, chosen_rows
from convonet.tuning.memory_rule import MemoryRule
from convonet.tuning.units import Trial, Unit, is_length_free, repeat_seed, short_last, units_of


def _trials(space: dict[str, Any]) -> list[Trial]:
    read = SearchSpace.of(space)
    return [Trial.of(number, hyper, read.varied) for number, hyper in enumerate(read.grid(), 1)]


def _shape(units: list[Unit]) -> list[tuple[list[int], int, int]]:
    return [([trial.number for trial in unit.trials], unit.repeat, unit.fold) for unit in units]


def test_settings_that_differ_only_in_epochs_are_one_training() -> None:
    trials = _trials({"epochs": [4, 2], "init_rate": [0.02, 0.01]})
    units = units_of(trials, repeats=1, folds=2)
    assert _shape(units) == [([3, 1], 1, 1), ([3, 1], 1, 2), ([4, 2], 1, 1), ([4, 2], 1, 2)]
    assert {unit.hyper.epochs for unit in units} == {4}
    assert trials[0].values == {"epochs": 4, "init_rate": 0.02}


@pytest.mark.parametrize(
    ("values", "free"),
    [
        ({}, True),
        ({"schedule": "constant"}, True),
        ({"schedule": "exponential"}, True),
        ({"schedule": "cosine"}, False),
        ({"schedule": "one_cycle"}, False),
        ({"stop_patience": 2}, False),
        ({"save_best": "none"}, True),
        ({"save_best": "val_loss"}, False),
        ({"target": 0.9}, False),
        ({"plateau_patience": 2}, False),
        ({"family": "transfer"}, False),
    ],
)
def test_trainings_are_shared_only_where_their_beginning_is_the_same(
    values: dict[str, Any], free: bool
) -> None:
    assert is_length_free(HyperParams.of(values)) is free
    units = units_of(_trials(values | {"epochs": [1, 2]}), repeats=1, folds=1)
    assert len(units) == (1 if free else 2)


def test_short_trainings_come_last_so_that_all_trainers_end_together() -> None:
    sizes = {(32, 512): 4.1, (32, 700): 4.4, (50, 512): 7.2, (50, 700): 7.6}

    def span(units: list[Unit], jobs: int) -> float:
        free = [0.0] * jobs
        for unit in units:
            heapq.heapreplace(free, free[0] + sizes[unit.hyper.num_filters, unit.hyper.num_units])
        return max(free)

    space = {"init_rate": [0.02, 0.01], "num_filters": [32, 50], "num_units": [512, 700]}
    units = units_of(_trials(space), repeats=1, folds=3)
    for jobs in (2, 4):
        ordered = short_last(units, jobs)
        assert sorted(_shape(ordered)) == sorted(_shape(units))
        assert [unit for unit in units if unit in ordered[: -2 * jobs]] == ordered[: -2 * jobs]
        assert span(ordered, jobs) < span(units, jobs)
    assert short_last(units, 1) == units
    alike = units_of(_trials({"init_rate": [0.02, 0.01]}), repeats=1, folds=3)
    assert short_last(alike, 2) == alike


def test_finished_folds_are_left_out_one_by_one() -> None:
    trials = _trials({"epochs": [1, 2]})
    finished = {(1, 1, 1), (2, 1, 1), (2, 1, 2)}
    units = units_of(trials, repeats=1, folds=3, finished=finished)
    assert _shape(units) == [([1], 1, 2), ([1, 2], 1, 3)]
    assert [unit.hyper.epochs for unit in units] == [1, 2]


def test_repeats_have_seeds_of_their_own() -> None:
    units = units_of(_trials({"seed": 7}), repeats=3, folds=1)
    assert units[0].hyper.seed == 7
    assert len({unit.hyper.seed for unit in units}) == 3
    assert units[1].hyper.seed == repeat_seed(7, 2) != repeat_seed(8, 2)


def test_the_folds_of_a_repeat_hold_out_every_image_once(fold_data: FoldData) -> None:
    for repeat in (1, 2):
        held = np.concatenate([fold_data.rows(repeat, fold)[1] for fold in (1, 2)])
        assert np.array_equal(np.sort(held), np.arange(40))
    first, second = (fold_data.rows(repeat, 1)[1] for repeat in (1, 2))
    assert not np.array_equal(first, second)
    kept, held = stratified_folds(fold_data.labels, 2, 0)[0]
    assert np.array_equal(fold_data.rows(1, 1)[0], kept)
    assert np.array_equal(first, held)


@pytest.mark.parametrize("folds", [1, 2, 4])
def test_what_belongs_together_stands_in_one_fold(fold_data: FoldData, folds: int) -> None:
    together = np.arange(40) // 4
    chosen = np.arange(2, 38)
    data = replace(fold_data, folds=folds, chosen=chosen, groups=together[chosen])
    held_ever = []
    for fold in range(1, folds + 1):
        kept, held = data.rows(1, fold)
        assert not set(together[kept]) & set(together[held])
        assert np.array_equal(np.sort(np.concatenate([kept, held])), chosen)
        held_ever += held.tolist()
    assert len(set(held_ever)) == len(held_ever)
    assert folds == 1 or sorted(held_ever) == chosen.tolist()


@pytest.mark.parametrize(("limit", "count"), [(None, 100), (100, 100), (500, 100), (30, 30)])
def test_at_most_so_many_images_are_taken_from_every_class_by_its_share(
    limit: int | None, count: int
) -> None:
    labels = np.repeat([0, 1], [80, 20])
    rows = chosen_rows(labels, limit, seed=3)
    assert len(rows) == count
    assert np.array_equal(rows, np.unique(rows))
    assert np.bincount(labels[rows])[1] == count // 5
    assert np.array_equal(rows, chosen_rows(labels, limit, seed=3))


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({}, True),
        ({"num_units": 200}, True),
        ({"num_units": 200, "batch_size": 128, "init_rate": 0.5, "epochs": 1}, True),
        ({"num_units": 50}, False),
        ({"num_units": 200, "batch_size": 8}, False),
        ({"num_units": 200, "pooling": "average"}, False),
        ({"num_units": None, "num_filters": 8}, False),
    ],
)
def test_what_needs_as_much_memory_as_something_that_failed_is_refused(
    values: dict[str, Any], refused: bool
) -> None:
    rule = MemoryRule()
    failed = HyperParams.of({"num_units": 100, "batch_size": 64})
    assert rule.refuses(failed) is None
    rule.learn(3, failed)
    assert rule.refuses(failed.changed(**values)) == (3 if refused else None)


def test_conditions_leave_out_what_does_not_matter() -> None:
    space = SearchSpace.of(
        {"optimizer": ["sgd", "adam"], "momentum": {"values": [0.5, 0.9], "when": {"optimizer": "sgd"}}}
    )
    points = [(h.optimizer, h.momentum if h.is_set("momentum") else None) for h in space.grid()]
    assert points == [("sgd", 0.5), ("sgd", 0.9), ("adam", None)]
    again = SearchSpace.of(space.to_dict())
    assert list(itertools.chain(again.grid())) == list(space.grid())
