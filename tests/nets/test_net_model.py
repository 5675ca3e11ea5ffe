"""A model file is an ordinary Keras file that also knows its classes and pixels."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from convonet.errors import Cancelled, DataError, ModelFileError, OutputError
from convonet.events import Watch
from convonet.inference.model_info import MEMBER
from convonet.nets import NetModel
from convonet.nets.backend import keras


def test_saved_and_opened_it_is_the_same(make_model, images, tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path / "sub" / "模型.keras")
    again = NetModel.load(tmp_path / "sub" / "模型.keras")
    assert again.info == model.info
    np.testing.assert_array_equal(again.predict(images()), model.predict(images()))
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["模型.keras"]


def test_plain_keras_opens_it_and_feeds_raw_pixels(make_model, images, tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path / "m.keras")
    plain = keras.saving.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(
        plain.predict(images().astype("float32"), verbose=0), model.predict(images()), atol=1e-6
    )
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        assert archive.testzip() is None
        assert MEMBER in archive.namelist()


def test_saving_again_replaces_and_a_failure_leaves_what_was_there(
    make_model, tmp_path: Path, monkeypatch
) -> None:
    path = tmp_path / "m.keras"
    make_model().save(path)
    before = path.read_bytes()
    model = make_model(seed=2)
    with monkeypatch.context() as patch:
        patch.setattr(type(model.info), "to_json", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            model.save(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["m.keras"]
    model.save(path)
    assert path.read_bytes() != before


def test_a_name_that_keras_would_not_open(make_model, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\.keras"):
        make_model().save(tmp_path / "m.h5")


def test_probabilities_of_every_image_in_any_batch(make_model, images) -> None:
    model = make_model()
    whole = model.predict(images())
    assert whole.shape == (7, 3)
    assert whole.dtype == np.float32
    np.testing.assert_allclose(whole.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(model.predict(images(), batch_size=2), whole, atol=1e-6)
    assert model.predict(images()[:0]).shape == (0, 3)


def test_dropout_is_off(make_model, images) -> None:
    model = make_model(drop_out=0.9)
    np.testing.assert_array_equal(model.predict(images()), model.predict(images()))


def test_images_that_do_not_fit_and_a_wish_to_stop(make_model, images) -> None:
    model = make_model()
    with pytest.raises(DataError, match=r"\(N, 12, 10, 1\)"):
        model.predict(images((10, 12, 1)))
    with pytest.raises(Cancelled):
        model.predict(images(), watch=Watch(should_stop=lambda: True))


def test_what_a_person_says_of_our_own_file_must_be_true(make_model, tmp_path: Path) -> None:
    model = make_model()
    model.save(tmp_path / "m.keras")
    same = NetModel.load(tmp_path / "m.keras", scaling="unit", classes=model.info.classes)
    assert same.info == model.info
    assert NetModel.load(tmp_path / "m.keras", scaling="auto").info == model.info
    with pytest.raises(ModelFileError, match="a different scaling"):
        NetModel.load(tmp_path / "m.keras", scaling="symmetric")
    with pytest.raises(ModelFileError, match="different class names"):
        NetModel.load(tmp_path / "m.keras", classes=["a", "b", "c"])


@pytest.mark.parametrize(
    "change",
    [
        lambda info: info.changed(classes=("a", "b")),
        lambda info: info.changed(pixels=info.pixels._replace(height=99)),
        lambda info: info.changed(output="sigmoid"),
    ],
)
def test_a_description_of_another_network_is_refused(make_model, tmp_path: Path, change) -> None:
    model = make_model()
    model.info = change(model.info)
    model.save(tmp_path / "m.keras")
    with pytest.raises(ModelFileError, match="does not match its network"):
        NetModel.load(tmp_path / "m.keras")
