"""What people read for parameters."""

from __future__ import annotations

import pytest

from convonet.params import DataParams, HyperParams, fields_of
from convonet.params.labels import label_of, settings_text, value_text


def test_every_parameter_is_called_by_its_label() -> None:
    for model in (DataParams, HyperParams):
        for name, field in fields_of(model).items():
            assert label_of(name) == label_of(f"hyper.{name}") == field.label
    assert label_of("some_metric") == "some metric"


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("family", "three_block", "Three blocks"),
        ("base", "efficientnet_lite0", "EfficientNet-Lite0"),
        ("base", "given.keras", "given.keras"),
        ("hyper.init_rate", 0.01, "0.01"),
        ("hidden_units", (128, 64), "128-64"),
        ("num_units", [16, 64], "16, 64"),
        ("balanced", True, "true"),
        ("dropout", None, "–"),
        ("image_size", (28, 28), "28"),
    ],
)
def test_values_are_shown_as_people_type_them(name: str, value: object, text: str) -> None:
    assert value_text(name, value) == text


def test_settings_in_one_line() -> None:
    assert settings_text({"init_rate": 0.01, "epochs": 3}) == "Learning rate 0.01, Epochs 3"


def test_a_square_size_is_shown_as_files_and_as_people_spell_it() -> None:
    assert [value_text("image_size", size) for size in (28, (28, 28))] == ["28", "28"]
    assert value_text("image_size", (28, 32)) == "28x32"
