"""Parameters: declared once, all faults at once, the reference application's files unchanged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convonet.errors import InputError, ParamError
from convonet.params import (
    DataParams,
    HyperParams,
    SearchSpace,
    fields_of,
    kind_of,
    load_data,
    load_hyper,
    preset,
    preset_names,
    save_data,
    save_hyper,
    split_setting,
)
from convonet.params.data_params import DEFAULT_SIZE, pixel_params
from convonet.params.families import FAMILIES, family_info

DIGITS = {
    "init_rate": [0.02, 0.01],
    "decay_steps": 400,
    "decay_rate": 0.9,
    "kernel_size": 3,
    "num_filters": [32, 50],
    "num_units": [512, 700],
    "momentum": 0.9,
    "drop_out": 0.2,
    "epochs": [5, 10],
    "batch_size": [64, 80],
}
LUNG = DIGITS | {
    "init_rate": [0.01, 0.02],
    "decay_rate": 0.96,
    "num_filters": [20, 30],
    "num_units": [300, 512],
    "epochs": [10, 15],
    "batch_size": [16, 24],
}


@pytest.mark.parametrize("values", [DIGITS, LUNG])
def test_the_reference_hyper_files_load_and_are_saved_with_their_lists(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    file = tmp_path / "hyper.json"
    file.write_text(json.dumps(values))
    space = load_hyper(file)
    first = space.first()
    assert (first.init_rate, first.num_filters, first.epochs) == (
        values["init_rate"][0],
        values["num_filters"][0],
        values["epochs"][0],
    )
    assert len(list(space.grid())) == 32
    save_hyper(file, space)
    saved = json.loads(file.read_text())
    assert {name: saved[name] for name in values} == values
    assert load_hyper(file) == space


def test_a_single_value_in_a_list_of_the_reference_stays_a_list(tmp_path: Path) -> None:
    save_hyper(tmp_path / "h.json", SearchSpace.of({"epochs": [5], "init_rate": 0.1, "momentum": 0.5}))
    saved = json.loads((tmp_path / "h.json").read_text())
    assert (saved["epochs"], saved["init_rate"], saved["momentum"]) == ([5], [0.1], 0.5)


def test_the_reference_data_file_loads_as_grey_and_square(tmp_path: Path) -> None:
    values = {"num_classes": 10, "train_dir": "a", "test_dir": "b", "image_size": 28, "result_dir": "c"}
    file = tmp_path / "data.json"
    file.write_text(json.dumps(values))
    data = load_data(file)
    assert (data.channels, data.image_size, data.num_classes) == (1, (28, 28), 10)
    save_data(file, data)
    saved = json.loads(file.read_text())
    assert {name: saved[name] for name in values} == values
    assert load_data(file) == data


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ({"epochs": [5]}, "none"),
        ({"format_version": 1, "epochs": 5}, "none"),
        ({"format_version": 1, "save_best": "val_accuracy"}, "val_accuracy"),
        ({"format_version": 2, "epochs": 5}, None),
        ({"format_version": 2, "save_best": "none"}, "none"),
    ],
)
def test_files_of_earlier_versions_keep_the_last_epoch(
    tmp_path: Path, values: dict[str, Any], kept: str | None
) -> None:
    file = tmp_path / "hyper.json"
    file.write_text(json.dumps(values))
    space = load_hyper(file)
    assert space.first().save_best == kept
    save_hyper(file, space)
    assert json.loads(file.read_text())["format_version"] == 2
    assert load_hyper(file).first().save_best == kept


def test_a_file_made_by_hand_finds_its_channels_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text(json.dumps({"train_dir": "a", "image_size": [80, 60]}))
    data = load_data(file)
    assert (data.channels, data.image_size) == ("auto", (80, 60))


def test_a_folder_beside_the_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "data.json").write_text('{"train_dir": "images"}')
    assert load_data(tmp_path / "data.json").train_dir == str(tmp_path / "images")


def test_all_faults_are_told_at_once_with_name_value_range_and_near_name() -> None:
    with pytest.raises(ParamError) as caught:
        SearchSpace.of(
            {"init_rat": 1, "epochs": [5, 0], "optimizer": "adan", "family": "convnet", "momentum": True}
        )
    faults = caught.value.faults
    assert set(faults) == {"init_rat", "epochs", "optimizer", "family", "momentum"}
    assert "did you mean init_rate?" in faults["init_rat"]
    assert "≥ 1" in faults["epochs"]
    assert "received 0" in faults["epochs"]
    assert "did you mean convonet?" in faults["family"]
    assert all(sentence in str(caught.value) for sentence in faults.values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("image_size", [1, 2, 3]),
        ("image_size", 0),
        ("image_size", "80x"),
        ("channels", 2),
        ("channels", True),
        ("validation_share", 1),
        ("validation_share", float("nan")),
        ("num_classes", 1),
        ("num_classes", 2.5),
        ("train_dir", 3),
        ("class_map", [1]),
        ("resize", "squash"),
    ],
)
def test_wrong_data_values_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(ParamError) as caught:
        DataParams.of({name: value})
    assert set(caught.value.faults) == {name}
    assert caught.value.faults[name].startswith(f"{name} (")


@pytest.mark.parametrize(
    ("text", "size"), [("28", (28, 28)), ("80x60", (80, 60)), ("80×60", (80, 60)), ("[80, 60]", (80, 60))]
)
def test_image_sizes_as_a_person_types_them(text: str, size: tuple[int, int]) -> None:
    assert DataParams.of({"image_size": text}).image_size == size


@pytest.mark.parametrize(
    ("value", "choices"),
    [
        (128, ((128,),)),
        ([128, 64], ((128, 64),)),
        ([[128, 64], [256]], ((128, 64), (256,))),
        ("128-64", ((128, 64),)),
    ],
)
def test_an_outer_list_means_alternatives_for_a_list_parameter(value: Any, choices: Any) -> None:
    assert SearchSpace.of({"hidden_units": value}).choices["hidden_units"] == choices


@pytest.mark.parametrize(
    ("setting", "choices"),
    [
        ("num_filters=32,50", (32, 50)),
        ("hidden_units=128-64,256", ((128, 64), (256,))),
        ("hidden_units=[[128, 64], [256]]", ((128, 64), (256,))),
        ("optimizer=adam", ("adam",)),
        ("init_rate = 1e-3 , 0.01", (0.001, 0.01)),
    ],
)
def test_settings_of_the_command_line(setting: str, choices: Any) -> None:
    name, texts = split_setting(setting, fields_of(HyperParams))
    assert SearchSpace().changed({name: texts}).choices[name] == choices


@pytest.mark.parametrize("pattern", ["(?P<label>a,b)_.*", "[ab]{1,2}", "photo, old"])
def test_a_comma_in_text_that_no_search_varies_is_part_of_it(pattern: str) -> None:
    assert split_setting(f"label_pattern={pattern}", fields_of(DataParams)) == ("label_pattern", [pattern])


@pytest.mark.parametrize("setting", ["epochs", "=3", "epoch=3", "hidden_units=[1"])
def test_settings_that_mean_nothing(setting: str) -> None:
    with pytest.raises(ParamError):
        split_setting(setting, fields_of(HyperParams))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not JSON"),
        ("[1]", "is not a JSON object"),
        ("\xff\xfe", "not JSON"),
        ('{"format_version": 99}', "format_version"),
        ('{"epochs": "many"}', "epochs"),
    ],
)
def test_broken_files_are_refused_in_words(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "h.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        load_hyper(file)
    assert str(file) in str(caught.value)


def test_a_missing_file_offers_the_near_one(tmp_path: Path) -> None:
    (tmp_path / "hyper.json").write_text("{}")
    with pytest.raises(InputError, match=r"hyper\.json"):
        load_hyper(tmp_path / "hypr.json")


@pytest.mark.parametrize("kind", ["data", "hyper"])
def test_every_preset_is_right(kind: Any) -> None:
    assert preset_names(kind)
    for name in preset_names(kind):
        values = preset(kind, name)
        assert kind_of(values) == kind
        SearchSpace.of(values) if kind == "hyper" else DataParams.of(values)


def test_every_parameter_is_declared_fully() -> None:
    for model in (DataParams, HyperParams):
        for field in fields_of(model).values():
            assert field.label
            assert field.help.endswith(".")
            assert field.group
            assert field.default is not None or (field.optional and field.default_text), field.name


@pytest.mark.parametrize("model", [DataParams, HyperParams])
def test_what_is_shown_parses_back_to_the_default(model: Any) -> None:
    default = model()
    for name, field in fields_of(model).items():
        if getattr(default, name) is not None:
            assert getattr(model.of({name: field.show(getattr(default, name))}), name) == getattr(
                default, name
            )


@given(st.floats(min_value=1e-300, max_value=100, exclude_min=True))
def test_a_shown_number_parses_back_exactly(rate: float) -> None:
    shown = fields_of(HyperParams)["init_rate"].show(rate)
    assert HyperParams.of({"init_rate": shown}).init_rate == rate


def test_families_take_their_own_defaults_unless_a_value_is_set() -> None:
    family = family_info("convonet")
    assert family.values(HyperParams())["num_units"] == 512
    assert family.values(HyperParams.of({"num_units": 7}))["num_units"] == 7
    assert FAMILIES["logistic"].ignored(HyperParams.of({"num_units": 7, "epochs": 3})) == ["num_units"]


def test_rates_and_schedules_follow_the_optimizer() -> None:
    assert (HyperParams().rate, HyperParams().schedule_name) == (0.02, "exponential")
    adam = HyperParams.of({"optimizer": "adam"})
    assert (adam.rate, adam.schedule_name) == (0.001, "constant")
    assert adam.changed(decay_steps=10).schedule_name == "exponential"


def test_files_of_bases_mean_the_same_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.keras").touch()
    (tmp_path / "local").mkdir()
    values = {"base": "own.keras", "base_weights": "local"}
    assert HyperParams.of(values).anchored().base == str(tmp_path / "own.keras")
    assert HyperParams.of(values).anchored().base_weights == "local"
    space = SearchSpace.of({"base": ["own.keras", "efficientnet_lite0"]}).anchored()
    assert space.choices["base"] == (str(tmp_path / "own.keras"), "efficientnet_lite0")


@pytest.mark.parametrize("value", ["auto", "Auto", "", None])
def test_an_image_size_that_is_left_to_the_software(value: str | None, tmp_path: Path) -> None:
    data = DataParams.of({"train_dir": "a", "image_size": value})
    assert (data.image_size, data.size) == (None, DEFAULT_SIZE)
    assert pixel_params(data, 1).shape == (28, 28, 1)
    save_data(tmp_path / "data.json", data)
    assert load_data(tmp_path / "data.json") == data
    (tmp_path / "by_hand.json").write_text(json.dumps({"train_dir": "a", "image_size": value}))
    assert load_data(tmp_path / "by_hand.json").size == DEFAULT_SIZE
    assert data.changed(image_size="80x60").size == (80, 60)


def test_a_file_without_an_image_size_stays_without(tmp_path: Path) -> None:
    data = DataParams.of({"train_dir": "a"})
    assert (data.is_set("image_size"), data.size) == (False, DEFAULT_SIZE)
    save_data(tmp_path / "data.json", data)
    assert "image_size" not in json.loads((tmp_path / "data.json").read_text())


def test_the_image_size_is_shown_as_auto() -> None:
    field = fields_of(DataParams)["image_size"]
    assert (field.default, field.default_text, field.optional) == (None, "auto", True)
    assert field.expected_text().startswith("auto, a number of pixels")


def test_bounds_of_a_list_are_said_of_each_number() -> None:
    expected = fields_of(DataParams)["deviation"].expected_text()
    assert expected == "numbers such as [0.5, 0.5, 0.5], each > 0 and ≤ 1"
