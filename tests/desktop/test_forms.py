"""Forms: made from the declarations, read as the core reads, wrong values marked where they stand."""

from __future__ import annotations

from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.desktop.forms.reading import data_texts, read_data, read_space, space_texts
from convonet.params import DataParams, HyperParams, SearchSpace, fields_of

REFERENCE_DIGITS = {
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


@pytest.mark.parametrize(
    "values",
    [
        REFERENCE_DIGITS,
        {"family": "dense", "hidden_units": [[128, 64], [256]], "activation": ["relu", "tanh"]},
        {"family": "custom", "layers": [{"type": "conv", "filters": 8}, {"type": "flatten"}]},
        {"stop_patience": 3, "stop_restore_best": False, "seed": 7},
        {"optimizer": "adam", "init_rate": {"low": 1e-4, "high": 1e-2, "log": True}},
    ],
)
def test_what_is_shown_reads_back_to_the_same_space(values: dict[str, Any]) -> None:
    space = SearchSpace.of(values)
    read, faults = read_space(space_texts(space), space)
    assert faults == {}
    assert read is not None
    assert read.to_dict() == space.to_dict()


def test_data_reads_back_to_the_same_values() -> None:
    data = DataParams.of(
        {
            "image_size": [80, 60],
            "class_map": {"a b": "c"},
            "mean": [0.5, 0.25, 0.1],
            "channels": 3,
            "train_dir": "/x",
        }
    )
    read, faults = read_data(data_texts(data))
    assert (read, faults) == (data, {})


_WRONG = {
    "int": "1.5",
    "float": "fast",
    "floats": "a, b",
    "ints": "64, many",
    "size": "0",
    "choice": "nothing",
    "bool": "perhaps",
    "map": "{",
    "layers": "[{",
    "weights": "{",
}
_OUT_OF_RANGE = {
    "num_filters": "0",
    "drop_out": "1",
    "epochs": "5, -1",
    "validation_share": "1",
    "family": "convnet",
}


def test_every_wrong_value_is_marked_at_its_field_with_the_cores_sentence(loaded: AppWin) -> None:
    loaded.show_page("params")
    page: Any = loaded.page("params")
    session = loaded.controller.session
    before, tried = (session.params.space, session.params.data), 0
    for form in (page.data_form, page.hyper_form):
        for name, row in form.rows.items():
            wrong = _OUT_OF_RANGE.get(name) or _WRONG.get(row.field.kind)
            choices = getattr(row.editor.widget, "isEditable", lambda: True)
            if wrong is None or not choices():
                continue
            _check_marked(loaded, form, name, wrong)
            assert (session.params.space, session.params.data) == before
            tried += 1
    assert tried > 60
    assert session.why_not("train") is None


def _check_marked(window: AppWin, form: Any, name: str, wrong: str) -> None:
    row, session = form.rows[name], window.controller.session
    right = row.editor.text()
    row.editor.set_text(wrong)
    form.edited.emit()
    assert row.editor.widget.property("wrong"), (name, wrong)
    assert not row.fault.isHidden()
    assert row.fault.text().startswith(name)
    assert row.editor.widget.accessibleDescription() == row.fault.text()
    assert session.why_not("train").sentence == "A parameter has an invalid value"
    assert window.rail.buttons["params"].standing == "wrong"
    row.editor.set_text(right)
    form.edited.emit()
    assert not row.editor.widget.property("wrong"), name


def test_every_parameter_has_a_row_with_label_and_help(window: AppWin) -> None:
    page: Any = window.page("params")
    assert set(page.data_form.rows) == set(fields_of(DataParams))
    assert set(page.hyper_form.rows) == set(fields_of(HyperParams))
    for row in (page.data_form.rows | page.hyper_form.rows).values():
        assert row.name.text() == row.field.label
        assert row.help.text() == row.field.help
        assert row.editor.widget.accessibleName() == row.field.label


def test_only_what_the_network_takes_is_shown(window: AppWin) -> None:
    window.show_page("params/hyper")
    page: Any = window.page("params")
    rows = page.hyper_form.rows
    assert not rows["num_filters"].name.isHidden()
    assert rows["num_blocks"].name.isHidden()
    rows["family"].editor.set_text("resnet_small")
    page.hyper_form.edited.emit()
    assert not rows["num_blocks"].name.isHidden()
    assert "3" in rows["num_blocks"].editor.widget.placeholderText()


def test_parameters_are_named_as_their_fields_are(window: AppWin) -> None:
    window.show_page("params/hyper")
    page: Any = window.page("params")
    window.controller.session.params.set_recipe("none")
    for name, value in (("family", "logistic"), ("num_filters", "8"), ("init_rate", "0.1, 0.2")):
        page.hyper_form.rows[name].editor.set_text(value)
    page.hyper_form.edited.emit()
    labels = {name: row.field.label for name, row in page.hyper_form.rows.items()}
    assert f"This network does not use {labels['num_filters']}." in page._family.text()
    assert page._lists.text().startswith(f"Several values: {labels['init_rate']}.")


def test_typing_changes_the_parameters_at_once(window: AppWin, qtbot: Any) -> None:
    window.show_page("params/hyper")
    page: Any = window.page("params")
    field = page.hyper_form.rows["epochs"].editor.widget
    qtbot.keyClicks(field, "7, 9")
    assert window.controller.session.params.space.choices["epochs"] == (7, 9)
    assert window.controller.session.params.hyper.epochs == 7


def test_a_preset_fills_the_form(window: AppWin) -> None:
    window.files.take_preset("reference_digits")
    window.show_page("params/hyper")
    page: Any = window.page("params")
    assert page.hyper_form.rows["init_rate"].editor.text() == "0.02, 0.01"
