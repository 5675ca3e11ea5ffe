"""The layer table against arithmetic by hand and against Keras' own counts."""

from __future__ import annotations

import json

import pytest

from convonet.nets.backend import keras
from convonet.nets.summary import summarize


def test_the_reference_network_by_hand(make_model) -> None:
    summary = make_model((28, 28, 1), 10).summary()
    table = [
        (row.type, row.output_shape[1:], row.params, row.kernel, row.receptive_field, row.macs)
        for row in summary.layers
    ]
    assert table == [
        ("Rescaling", (28, 28, 1), 0, None, 1, 0),
        ("Conv2D", (28, 28, 32), 320, (3, 3), 3, 28 * 28 * 9 * 32),
        ("MaxPooling2D", (14, 14, 32), 0, (2, 2), 4, 0),
        ("Conv2D", (14, 14, 32), 9_248, (3, 3), 8, 14 * 14 * 9 * 32 * 32),
        ("MaxPooling2D", (7, 7, 32), 0, (2, 2), 10, 0),
        ("Flatten", (1568,), 0, None, None, 0),
        ("Dense", (512,), 803_328, None, None, 1568 * 512),
        ("Dropout", (512,), 0, None, None, 0),
        ("Dense", (10,), 5_130, None, None, 5120),
    ]
    assert (summary.params, summary.trainable, summary.non_trainable) == (818_026, 818_026, 0)
    assert summary.bytes == 4 * 818_026
    assert summary.macs == 2_840_064
    assert summary.layers[1].bytes == 4 * 28 * 28 * 32
    assert [row.stride for row in summary.layers[1:3]] == [(1, 1), (2, 2)]
    assert [row.padding for row in summary.layers[:3]] == [None, "same", "valid"]
    assert [row.activation for row in summary.layers[-3:]] == ["relu", None, "softmax"]


def test_the_json_value_is_plain(make_model) -> None:
    value = json.loads(json.dumps(make_model().summary().to_dict()))
    assert value["params"] == value["trainable"] + value["non_trainable"]
    wanted = {"name", "type", "output_shape", "params", "kernel", "stride", "padding", "activation"}
    assert wanted | {"receptive_field", "macs"} <= set(value["layers"][0])


def test_the_text_has_a_line_for_each_layer_and_the_totals(make_model) -> None:
    summary = make_model((28, 28, 1), 10).summary()
    lines = summary.as_text().splitlines()
    assert len(lines) == len(summary.layers) + 4
    assert lines[3].split() == [
        "conv_1",
        "Conv2D",
        "28×28×32",
        "320",
        "3×3",
        "1×1",
        "same",
        "relu",
        "3",
        "225,792",
    ]
    assert lines[-1].startswith("parameters 818,026 (trainable 818,026, non-trainable 0), 3.12 MiB")
    assert not any(line != line.rstrip() for line in lines)


def test_what_is_frozen_or_counted_by_batch_norm_is_not_trainable() -> None:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, keras.layers.Dropout(0.5, seed=1)(x))
    model.layers[1].trainable = False
    summary = summarize(model)
    assert (summary.params, summary.trainable, summary.non_trainable) == (128, 8, 120)
    assert summary.params == model.count_params()
    assert summary.layers[-1].params == 0


def test_nested_networks_are_opened() -> None:
    base = keras.Sequential([keras.Input((16, 16, 3)), keras.layers.Conv2D(4, 3, name="eye")], name="base")
    inner = keras.Sequential([base, keras.layers.GlobalAveragePooling2D(name="mean")], name="inner")
    outer = keras.Sequential([inner, keras.layers.Dense(2, name="answer")], name="outer")
    rows = summarize(outer).layers
    assert [row.name for row in rows] == ["inner/base/eye", "inner/mean", "answer"]
    assert [row.receptive_field for row in rows] == [3, None, None]
    assert sum(row.params for row in rows) == outer.count_params()


def test_a_mobilenet_nested_two_deep_shows_all_its_layers() -> None:
    base = keras.applications.MobileNetV2((96, 96, 3), alpha=0.35, include_top=False, weights=None)
    inner = keras.Sequential([base, keras.layers.GlobalAveragePooling2D()])
    model = keras.Sequential([inner, keras.layers.Dense(2, activation="softmax")])
    summary = summarize(model)
    prefix = f"{inner.name}/{base.name}/"
    assert len([row for row in summary.layers if row.name.startswith(prefix)]) == len(base.layers)
    assert summary.params == model.count_params()
    assert summary.layers[-3].receptive_field == 491


def test_where_branches_meet_the_widest_counts() -> None:
    inputs = keras.Input((16, 16, 4))
    wide = keras.layers.Conv2D(4, (5, 1), padding="same")(keras.layers.Conv2D(4, 3, padding="same")(inputs))
    model = keras.Model(inputs, keras.layers.Add()([inputs, wide]))
    assert summarize(model).layers[-1].receptive_field == (7, 3)


@pytest.mark.parametrize(
    ("layer", "field", "macs"),
    [
        (keras.layers.Conv2D(6, 3, dilation_rate=2), 5, 12 * 12 * 9 * 4 * 6),
        (keras.layers.Conv2D(6, 5, strides=2, padding="same"), 5, 8 * 8 * 25 * 4 * 6),
        (keras.layers.Conv2D(4, 3, groups=2, padding="same"), 3, 16 * 16 * 9 * 2 * 4),
        (keras.layers.DepthwiseConv2D(3, padding="same"), 3, 16 * 16 * 9 * 4),
        (keras.layers.SeparableConv2D(6, 3, padding="same"), 3, 16 * 16 * (9 * 4 + 4 * 6)),
        (keras.layers.AveragePooling2D(4), 4, 0),
    ],
)
def test_one_layer_by_hand(layer, field, macs) -> None:
    inputs = keras.Input((16, 16, 4))
    (row,) = summarize(keras.Model(inputs, layer(inputs))).layers
    assert (row.receptive_field, row.macs) == (field, macs)
