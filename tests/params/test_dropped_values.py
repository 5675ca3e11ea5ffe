"""A value that is given is taken or refused; none is dropped without a word."""

from __future__ import annotations

from typing import Any

import pytest

from convonet.cli.given import data_params, hyper_params, search_space
from convonet.desktop.forms.reading import read_data
from convonet.errors import ParamError
from convonet.params import DataParams

LISTS: tuple[tuple[str, str, Any], ...] = (
    ("image_size", "12,16", (12, 16)),
    ("image_size", "12x16", (12, 16)),
    ("image_size", "[12, 16]", (12, 16)),
    ("image_size", "12", (12, 12)),
    ("mean", "0.485,0.456,0.406", (0.485, 0.456, 0.406)),
    ("mean", "0.485, 0.456, 0.406", (0.485, 0.456, 0.406)),
    ("mean", "0.485 0.456 0.406", (0.485, 0.456, 0.406)),
    ("deviation", "[0.229, 0.224, 0.225]", (0.229, 0.224, 0.225)),
    ("train_dir", "photos, 2024", "photos, 2024"),
    ("class_map", '{"a": "b", "c": "d"}', {"a": "b", "c": "d"}),
)
SINGLE = (
    ("validation_share", "0.2,0.3"),
    ("split_seed", "1,2"),
    ("resize", "pad,crop"),
    ("channels", "1,3"),
    ("alike_together", "true,false"),
    ("image_size", "12,16,20"),
)


@pytest.mark.parametrize(("name", "text", "value"), LISTS)
def test_a_value_that_is_a_list_is_read_as_one(name: str, text: str, value: Any) -> None:
    from_command = data_params(None, [f"{name}={text}"], train_dir="x" if name != "train_dir" else None)
    from_form, faults = read_data({name: text})
    assert faults == {}
    assert from_form is not None
    assert getattr(from_command, name) == getattr(from_form, name) == value
    assert getattr(DataParams.of({name: text}), name) == value


@pytest.mark.parametrize(("name", "text"), SINGLE)
def test_a_list_where_one_value_is_meant_is_refused(name: str, text: str) -> None:
    with pytest.raises(ParamError) as caught:
        data_params(None, [f"{name}={text}"], train_dir="x")
    assert set(caught.value.faults) == {name}
    assert set(read_data({name: text})[1]) == {name}


@pytest.mark.parametrize("setting", ["epochs=3,5", "init_rate=0.1,0.2", "stop_patience=2,3", "seed=1,2"])
def test_a_single_training_takes_no_alternatives(setting: str) -> None:
    name = setting.partition("=")[0]
    with pytest.raises(ParamError, match="convonet tune") as caught:
        hyper_params(None, [setting])
    assert set(caught.value.faults) == {name}
    assert len(search_space(None, [setting]).choices[name]) == 2


def test_lists_of_one_training_stay() -> None:
    assert hyper_params(None, ["hidden_units=128-64", "family=dense"]).hidden_units == (128, 64)
