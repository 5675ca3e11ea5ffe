"""Values check themselves: every field of every value, wrong in every way, by every way of making the value."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from convonet.errors import ParamError
from convonet.params import (
    DataParams,
    Field,
    HyperParams,
    Range,
    SearchSpace,
    fields_of,
    load_data,
    load_hyper,
)
from convonet.params.families import FAMILIES
from convonet.params.values import CheckedModel
from convonet.tasks import EvaluateTask, Task, kinds, read_task

DATA, HYPER, SPACE = DataParams(train_dir="images"), HyperParams(), SearchSpace.of({"init_rate": [0.1, 0.2]})
NEEDED: dict[str, Any] = {
    "data": DATA,
    "hyper": HYPER,
    "space": SPACE,
    "model": "model.keras",
    "paths": ("a.png",),
    "layer": "conv",
    "run": "runs/one",
    "targets": (0.5,),
    "folder": "photos",
    "out": "map",
    "image": "a.png",
}
"""A right value for every field that some task cannot do without."""

Case = tuple[type[CheckedModel], Mapping[str, Any], str, Any]
NOTHING_ELSE: Mapping[str, Any] = {}
WRONG_TYPE = {"no": ["such"]}


def _needed(task: type[Task]) -> dict[str, Any]:
    return {name: NEEDED[name] for name, field in task.model_fields.items() if field.is_required()}


VALUES: dict[type[CheckedModel], Mapping[str, Any]] = {DataParams: NOTHING_ELSE, HyperParams: NOTHING_ELSE}
VALUES |= {task: _needed(task) for task in kinds().values()}


def _wrong_values(field: Field) -> Iterator[Any]:
    """Of another type, outside the bounds, and no choice."""
    yield WRONG_TYPE
    if field.kind in ("int", "float", "ints", "floats", "size"):
        yield from (True, float("nan"), float("inf"), "many", -1e12)
    if field.kind in ("int", "ints", "size"):
        yield 2.5
    if field.low is not None:
        yield field.low if field.low_open else field.low - 1
    if field.high is not None:
        yield field.high if field.high_open else field.high + 1
    if field.kind == "choice":
        yield from (f"{field.choices[0]}x", True, 1e6)
    if field.kind in ("text", "path"):
        yield 3
    if field.kind == "bool":
        yield from (2, "perhaps")
    if not field.optional:
        yield None


def _cases() -> list[Case]:
    return [
        (model, rest, name, value)
        for model, rest in VALUES.items()
        for name, field in fields_of(model).items()
        for value in _wrong_values(field)
        # A number without a lower bound may be as low as it likes.
        if not (value == -1e12 and field.low is None)
    ]


def _ways(model: type[CheckedModel], rest: Mapping[str, Any]) -> dict[str, Callable[[dict[str, Any]], Any]]:
    """Every way to make such a value of `rest` and other values."""
    good = model(**rest)
    return {
        "constructor": lambda values: model(**(dict(rest) | values)),
        "of": lambda values: model.of(dict(rest) | values),
        "model_validate": lambda values: model.model_validate(dict(rest) | values),
        "model_construct": lambda values: model.model_construct(None, **(dict(rest) | values)),
        "changed": lambda values: good.changed(**values),
        "model_copy": lambda values: good.model_copy(update=values),
    }


def _space_ways() -> dict[str, Callable[[dict[str, Any]], Any]]:
    """Every way to make a search space; each value is one of two alternatives where there may be several."""
    return {
        "constructor": lambda values: SearchSpace({name: (value,) for name, value in values.items()}),
        "of": SearchSpace.of,
        "changed": lambda values: SearchSpace().changed({name: [value] for name, value in values.items()}),
        "replace": lambda values: dataclasses.replace(SPACE, choices={n: (v,) for n, v in values.items()}),
        "typed": lambda values: SearchSpace.typed({n: [v] for n, v in values.items()}, SPACE),
        "condition": lambda values: SearchSpace(
            {"optimizer": ("sgd",)},
            conditions=dict.fromkeys(["optimizer"], (*values, tuple(values.values()))),
        ),
        "point": lambda values: SPACE.point(values),
    }


def test_every_task_is_among_the_cases() -> None:
    assert len(_cases()) > 900
    assert {model.kind for model, *_ in _cases() if issubclass(model, Task)} == kinds().keys()


def test_a_wrong_value_is_refused_however_it_is_made() -> None:
    for model, rest, name, value in _cases():
        for way, make in _ways(model, rest).items():
            with pytest.raises(ParamError) as caught:
                make({name: value})
            assert set(caught.value.faults) == {name}, (model, way, name, value)
            assert caught.value.faults[name].startswith(name), (model, way, name, value)


def test_a_wrong_hyper_parameter_is_refused_in_every_search_space() -> None:
    for name, field in fields_of(HyperParams).items():
        for value in _wrong_values(field):
            for way, make in _space_ways().items():
                with pytest.raises(ParamError) as caught:
                    make({name: value})
                assert name in caught.value.faults, (way, name, value)


def test_the_ends_of_a_range_are_within_the_bounds() -> None:
    for name, field in fields_of(HyperParams).items():
        if field.kind in ("int", "float"):
            for spread in (
                Range((field.low or 0) - 1, 2),
                Range(1, (field.high or 0) + 1),
                Range(3, 2),
                "3",
                7,
            ):
                with pytest.raises(ParamError) as caught:
                    SearchSpace(ranges={name: spread})  # type: ignore[dict-item]
                assert name in caught.value.faults, (name, spread)


@pytest.mark.parametrize("model", VALUES)
def test_all_faults_are_told_at_once(model: type[CheckedModel]) -> None:
    wrong = dict.fromkeys(fields_of(model), WRONG_TYPE)
    with pytest.raises(ParamError) as caught:
        model(**wrong, no_such_name=1)
    assert set(caught.value.faults) == {*wrong, "no_such_name"}


@pytest.mark.parametrize("model", VALUES)
def test_an_unknown_name_and_a_wrong_choice_offer_the_near_one(model: type[CheckedModel]) -> None:
    for name, field in fields_of(model).items():
        with pytest.raises(ParamError, match=f"did you mean {name}") as caught:
            model(**VALUES[model], **{f"{name}z": 1})
        assert set(caught.value.faults) == {f"{name}z"}
        words = [choice for choice in field.choices if isinstance(choice, str) and len(choice) > 3]
        for word in words:
            with pytest.raises(ParamError, match="did you mean"):
                model(**(dict(VALUES[model]) | {name: f"{word}z"}))


@pytest.mark.parametrize(("name", "near"), [("base", "efficientnet_lite0"), ("family", "convonet")])
def test_a_network_that_does_not_exist_offers_the_near_one(name: str, near: str) -> None:
    for make in (*_ways(HyperParams, NOTHING_ELSE).values(), *_space_ways().values()):
        with pytest.raises(ParamError, match=f"did you mean {near}"):
            make({name: f"{near}x"})


def test_files_are_checked_the_same(tmp_path: Path) -> None:
    file = tmp_path / "params.json"
    for model, load in ((DataParams, load_data), (HyperParams, load_hyper)):
        for name, field in fields_of(model).items():
            for value in (value for value in _wrong_values(field) if value == value):
                file.write_text(json.dumps({name: value}))
                with pytest.raises(ParamError) as caught:
                    load(file)
                assert name in caught.value.faults, (name, value)


@pytest.mark.parametrize("kind", kinds())
def test_jobs_that_are_read_are_checked(kind: str) -> None:
    task = kinds()[kind](**_needed(kinds()[kind]))
    assert read_task(json.loads(json.dumps(task.to_dict()))) == task
    for name, field in fields_of(type(task)).items():
        if name not in ("data", "hyper", "space"):
            for value in _wrong_values(field):
                with pytest.raises(ParamError) as caught:
                    read_task(task.to_dict() | {name: value})
                assert set(caught.value.faults) == {name}


def test_every_bound_is_taken_itself() -> None:
    for model, rest in VALUES.items():
        for name, field in fields_of(model).items():
            whole = field.kind in ("int", "ints", "size")
            for bound, is_open in ((field.low, field.low_open), (field.high, field.high_open)):
                if bound is None or is_open or name in ("high", "shape", "costs"):
                    continue
                made = getattr(model(**(dict(rest) | {name: bound})), name)
                assert bound in (made if isinstance(made, tuple) else (made,))
                assert isinstance(made, tuple) or type(made) is (int if whole else float)


def test_numbers_of_numpy_are_numbers() -> None:
    import numpy as np

    made = HyperParams(epochs=np.int64(7), init_rate=np.float32(0.5), hidden_units=[np.int32(8)])
    assert (made.epochs, made.init_rate, made.hidden_units) == (7, 0.5, (8,))
    assert json.loads(json.dumps(made.set_values())) == {"epochs": 7, "init_rate": 0.5, "hidden_units": [8]}


def test_numbers_of_a_job_may_be_typed_and_words_stay_words() -> None:
    task = EvaluateTask(model="m", data=DATA, threshold="0.25", keep="yes", positive="none")  # type: ignore[arg-type]
    assert (task.threshold, task.keep, task.positive) == (0.25, True, "none")
    assert HyperParams(base="auto", family="convonet").base is None


def test_every_family_may_be_named() -> None:
    assert [HyperParams(family=name).family for name in FAMILIES] == list(FAMILIES)
