"""Models made elsewhere: what the file tells is found, what it does not tell is asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from convonet.errors import ModelFileError
from convonet.nets import NetModel, export_onnx
from convonet.nets.backend import keras, name

L = keras.layers
SHAPE = (12, 10, 1)


def plain(*first, units: int = 3, activation: str | None = "softmax", shape=SHAPE) -> keras.Model:
    """A small classifier as anybody would write it."""
    dense = L.Dense(units, activation=activation, kernel_initializer=keras.initializers.GlorotUniform(seed=2))
    rows = [keras.Input(shape), *first, L.Conv2D(2, 3, activation="relu"), L.Flatten(), dense]
    return keras.Sequential(rows)


def save_h5(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


def kept(model: keras.Model, folder: Path) -> Path:
    path = folder / "foreign.keras"
    model.save(path)
    return path


@pytest.mark.parametrize(
    ("scaling", "feed"),
    [("unit", lambda x: x / 255), ("symmetric", lambda x: x / 127.5 - 1), ("none", lambda x: x * 1.0)],
)
def test_scaled_as_the_person_says(images, tmp_path: Path, scaling, feed) -> None:
    model = plain()
    opened = NetModel.load(kept(model, tmp_path), scaling=scaling)
    assert (opened.info.inside, opened.info.scaling, opened.info.classes) == (False, scaling, ())
    expected = model.predict(feed(images().astype("float32")), verbose=0)
    np.testing.assert_allclose(opened.predict(images()), expected, atol=1e-6)


def test_never_guessed(tmp_path: Path) -> None:
    for scaling in (None, "auto"):
        with pytest.raises(ModelFileError, match="the option `scaling`: `unit` for pixels"):
            NetModel.load(kept(plain(), tmp_path), scaling=scaling)


@pytest.mark.parametrize(
    ("row", "scaling"),
    [
        (L.Rescaling(1 / 255), "unit"),
        (L.Rescaling(1 / 127.5, offset=-1), "symmetric"),
        (L.Rescaling(2 / 255, offset=-0.5), "standard"),
        (L.Normalization(mean=[127.5], variance=[64.0**2]), "standard"),
    ],
)
def test_a_scaling_in_the_file_is_found(images, tmp_path: Path, row, scaling) -> None:
    model = plain(row)
    path = kept(model, tmp_path)
    opened = NetModel.load(path)
    assert (opened.info.inside, opened.info.scaling) == (True, scaling)
    expected = model.predict(images().astype("float32"), verbose=0)
    np.testing.assert_allclose(opened.predict(images()), expected, atol=1e-6)
    assert NetModel.load(path, scaling="none").info == opened.info
    with pytest.raises(ModelFileError, match="scales its pixels itself"):
        NetModel.load(path, scaling="unit" if scaling != "unit" else "symmetric")


def test_a_found_scaling_has_its_numbers(tmp_path: Path) -> None:
    info = NetModel.load(kept(plain(L.Normalization(mean=[102.0], variance=[51.0**2])), tmp_path)).info
    assert info.mean == pytest.approx((0.4,))
    assert info.deviation == pytest.approx((0.2,))


def test_a_scaling_inside_a_nested_network_is_found(tmp_path: Path) -> None:
    base = keras.Sequential([keras.Input(SHAPE), L.Rescaling(1 / 255), L.Conv2D(2, 3)])
    model = keras.Sequential([base, L.Flatten(), L.Dense(3, activation="softmax")])
    assert NetModel.load(kept(model, tmp_path)).info.inside


def test_augmentation_in_front_is_passed_over(images, tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            keras.Sequential([L.RandomFlip(), L.RandomRotation(0.1)]),
            L.Rescaling(1 / 255),
            L.Flatten(),
            L.Dense(3, activation="softmax"),
        ]
    )
    opened = NetModel.load(kept(model, tmp_path))
    assert (opened.info.inside, opened.info.scaling) == (True, "unit")
    expected = model.predict(images().astype("float32"), verbose=0)
    np.testing.assert_allclose(opened.predict(images()), expected, atol=1e-6)
    if name() == "torch":
        assert export_onnx(opened, tmp_path / "m.onnx", samples=images()) <= 1e-5


def test_a_rescaling_after_a_convolution_is_no_pixel_scaling(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            L.Conv2D(2, 3),
            L.Rescaling(1 / 255),
            L.Flatten(),
            L.Dense(3, activation="softmax"),
        ]
    )
    with pytest.raises(ModelFileError, match="does not record how pixels are scaled"):
        NetModel.load(kept(model, tmp_path))


@pytest.mark.parametrize(
    ("units", "activation", "output", "classes"),
    [
        (3, "softmax", "probabilities", 3),
        (3, None, "logits", 3),
        (1, "sigmoid", "sigmoid", 2),
        (1, "linear", "sigmoid_logit", 2),
    ],
)
def test_the_kind_of_output_is_found(images, tmp_path: Path, units, activation, output, classes) -> None:
    opened = NetModel.load(kept(plain(units=units, activation=activation), tmp_path), scaling="unit")
    assert opened.info.output == output
    made = opened.predict(images())
    assert made.shape == (7, classes)
    np.testing.assert_allclose(made.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("last", [L.Softmax(), L.Activation("softmax")])
def test_an_activation_in_a_row_of_its_own(tmp_path: Path, last) -> None:
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, last(L.Dense(3)(L.Flatten()(inputs))))
    assert NetModel.load(kept(model, tmp_path), scaling="unit").info.output == "probabilities"


def _two_outputs() -> keras.Model:
    inputs = keras.Input(SHAPE)
    flat = L.Flatten()(inputs)
    return keras.Model(inputs, [L.Dense(2, activation="softmax")(flat), L.Dense(2)(flat)])


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (plain(units=3, activation="sigmoid"), "sigmoid of shape"),
        (plain(units=3, activation="relu"), "relu of shape"),
        (keras.Sequential([keras.Input(SHAPE), L.Conv2D(2, 3, activation="softmax")]), "softmax of shape"),
        (_two_outputs(), "not that of a classifier"),
        (keras.Sequential([keras.Input((9,)), L.Dense(2, activation="softmax")]), "images of a fixed size"),
        (plain(shape=(12, 10, 4)), "(12, 10, 4)"),
        (
            keras.Sequential(
                [keras.Input((None, None, 3)), L.GlobalAveragePooling2D(), L.Dense(2, activation="softmax")]
            ),
            "(None, None, 3)",
        ),
    ],
)
def test_what_is_no_image_classifier_is_said_so(tmp_path: Path, model, said) -> None:
    with pytest.raises(ModelFileError) as caught:
        NetModel.load(kept(model, tmp_path), scaling="unit")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0 cat\n1 大 狗\n2 e.g. three\n", ("cat", "大 狗", "e.g. three")),
        ("\ufeff0 a\r\n1 b\r\n2 c\r\n\r\n", ("a", "b", "c")),
        ("one\ntwo\n3 three\n", ("one", "two", "3 three")),
        ("0: a\n1: b\n2: c", ("a", "b", "c")),
    ],
)
def test_labels_beside_the_file(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    path = kept(plain(), tmp_path)
    (tmp_path / "labels.txt").write_bytes(text.encode())
    assert NetModel.load(path, scaling="unit").info.classes == names
    given = NetModel.load(path, scaling="unit", classes=["x", "y", "z"])
    assert given.info.classes == ("x", "y", "z")


def test_labels_that_bear_the_name_of_the_file(tmp_path: Path) -> None:
    path = kept(plain(), tmp_path)
    (tmp_path / "labels.txt").write_text("for\nanother\n")
    (tmp_path / "foreign_labels.txt").write_text("0 5 litres\n1 bin\n2 can\n")
    assert NetModel.load(path, scaling="unit").info.classes == ("5 litres", "bin", "can")


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"0 a\n1 b\n", "does not match"), (b"a\na\nb\n", "twice"), (b"\xff\xfe\x00a", "UTF-8")],
)
def test_labels_that_cannot_be(tmp_path: Path, content: bytes, said: str) -> None:
    path = kept(plain(), tmp_path)
    (tmp_path / "labels.txt").write_bytes(content)
    with pytest.raises(ModelFileError, match=said):
        NetModel.load(path, scaling="unit")


def test_an_h5_file_that_was_compiled(images, tmp_path: Path) -> None:
    model = plain()
    model.compile("adam", "mse")
    opened = NetModel.load(save_h5(model, tmp_path / "m.h5"), scaling="unit")
    expected = model.predict(images().astype("float32") / 255, verbose=0)
    np.testing.assert_allclose(opened.predict(images()), expected, atol=1e-6)


@pytest.mark.skipif(name() != "torch", reason="the exporter of the torch backend")
def test_opened_it_saves_and_exports_as_ours(images, tmp_path: Path) -> None:
    opened = NetModel.load(kept(plain(), tmp_path), scaling="unit", classes=["a", "b", "c"])
    opened.save(tmp_path / "ours.keras")
    again = NetModel.load(tmp_path / "ours.keras")
    assert again.info == opened.info
    np.testing.assert_array_equal(again.predict(images()), opened.predict(images()))
    assert export_onnx(opened, tmp_path / "ours.onnx", samples=images()) <= 1e-5
