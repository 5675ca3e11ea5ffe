from __future__ import annotations

import json
from pathlib import Path

import pytest

from convonet.data.class_contract import offered_map
from convonet.data.sources import scan, scan_set
from convonet.errors import ClassMismatchError, DataError, error_from_dict
from convonet.events import Event, Warned, Watch
from convonet.params import DataParams

LUNG = {
    "adenocarcinoma": "adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib",
    "large.cell.carcinoma": "large.cell.carcinoma_left.hilum_T2_N2_M0_IIIa",
    "squamous.cell.carcinoma": "squamous.cell.carcinoma_left.hilum_T1_N2_M0_IIIa",
}


@pytest.fixture
def lung(make_files) -> Path:
    train = (f"train/{name}/{n}.png" for name in (*LUNG.values(), "normal") for n in range(3))
    test = (f"test/{name}/{n}.png" for name in (*LUNG, "normal") for n in range(2))
    return make_files(*train, *test)


def mismatch_of(data: DataParams) -> ClassMismatchError:
    """What `scan` says of the test set."""
    error = scan(data).test_error
    assert isinstance(error, ClassMismatchError)
    return error


def test_the_lung_set_is_refused_with_its_map_and_right_once_it_is_taken(lung: Path) -> None:
    data = DataParams(train_dir=str(lung))
    error = mismatch_of(data)
    assert error.offered_map == LUNG
    assert set(error.missing) == set(LUNG.values())
    assert set(error.extra) == set(LUNG)
    assert f'use accept_class_map=True, or add "class_map": {json.dumps(LUNG)}' in error.sentence()
    assert error_from_dict(error.to_dict()).details() == error.details()

    sets = scan(data.changed(class_map=error.offered_map))
    assert sets.test is not None
    assert sets.test.classes == sets.train.classes
    for path, label in zip(sets.test.paths, sets.test.labels, strict=True):
        folder = path.split("/")[0]
        assert sets.train.classes[label] == LUNG.get(folder, folder)


@pytest.mark.parametrize(
    ("test", "missing", "extra"),
    [(("a", "b"), ("c",), ()), (("a", "b", "c", "d"), (), ("d",)), (("b", "c", "x"), ("a",), ("x",))],
)
def test_missing_and_extra_classes_are_named(make_files, test, missing, extra) -> None:
    folder = make_files(*(f"train/{n}/1.png" for n in "abc"), *(f"test/{n}/1.png" for n in test))
    error = mismatch_of(DataParams(train_dir=str(folder)))
    assert (error.missing, error.extra) == (missing, extra)
    for name in missing + extra:
        assert name in error.sentence()


def test_a_set_may_lack_classes_when_that_is_allowed_and_labels_do_not_shift(make_files) -> None:
    folder = make_files(*(f"train/{n}/1.png" for n in "abc"), "test/b/1.png", "test/c/1.png")
    sets = scan(DataParams(train_dir=str(folder), missing_classes="allow"))
    assert sets.test is not None
    assert sets.test.counts() == {"a": 0, "b": 1, "c": 1}
    assert sets.test.labels.tolist() == [1, 2]


def test_a_models_order_is_imposed(make_files) -> None:
    data = DataParams(train_dir=str(make_files("a/1.png", "b/1.png", "b/2.png")))
    listing = scan_set(data, "train", classes=("b", "a"))
    assert listing.classes == ("b", "a")
    assert [listing.classes[label] for label in listing.labels] == ["a", "b", "b"]


def test_two_folders_may_be_one_class_of_the_model(make_files) -> None:
    folder = make_files(
        "train/cat/1.png", "train/dog/1.png", "test/cat/1.png", "test/kitten/1.png", "test/dog/1.png"
    )
    sets = scan(DataParams(train_dir=str(folder), class_map={"kitten": "cat"}))
    assert sets.test is not None
    assert sets.test.counts() == {"cat": 2, "dog": 1}


def test_the_map_does_not_touch_training_images_that_bear_the_models_names(make_files) -> None:
    data = DataParams(train_dir=str(make_files("a/1.png", "b/1.png")), class_map={"a": "b", "b": "a"})
    assert scan_set(data, "train", classes=("a", "b")).labels.tolist() == [0, 1]


def test_a_map_to_a_class_that_the_model_does_not_have(make_files) -> None:
    folder = make_files("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/x/1.png")
    error = mismatch_of(DataParams(train_dir=str(folder), class_map={"x": "y"}))
    assert "unexpected: x" in error.what


def test_an_accepted_map_is_applied_and_given_back(lung: Path, make_files) -> None:
    heard: list[Event] = []
    sets = scan(DataParams(train_dir=str(lung)), accept_class_map=True, watch=Watch(heard.append))
    assert (sets.test_error, sets.data.class_map) == (None, LUNG)
    assert sets.test is not None
    assert sets.test.classes == sets.train.classes
    said = [event.message for event in heard if isinstance(event, Warned)]
    assert len(said) == 1
    assert all(f"{short} = {long}" in said[0] for short, long in LUNG.items())


@pytest.mark.parametrize(
    ("test", "allow", "taken"),
    [
        (("cat", "dog", "x"), "refuse", None),
        (("cat", "y"), "refuse", None),
        (("cat",), "refuse", None),
        (("cat",), "allow", {"cat": "cat_1"}),
        (("cat", "dog"), "refuse", {"cat": "cat_1", "dog": "dog_1"}),
    ],
)
def test_only_a_map_that_settles_everything_is_accepted(make_files, test, allow, taken) -> None:
    folder = make_files("train/cat_1/1.png", "train/dog_1/1.png", *(f"test/{name}/1.png" for name in test))
    data = DataParams(train_dir=str(folder), missing_classes=allow)
    sets = scan(data, accept_class_map=True)
    assert sets.data.class_map == taken
    assert (sets.test is None) == (taken is None)


def test_validation_images_of_other_class_names_are_refused_or_mapped(make_files) -> None:
    folder = make_files("train/cat_1/1.png", "train/dog/1.png", "val/cat/1.png", "val/dog/1.png")
    data = DataParams(train_dir=str(folder))
    with pytest.raises(ClassMismatchError, match="accept_class_map=True"):
        scan(data)
    sets = scan(data, accept_class_map=True)
    assert sets.data.class_map == {"cat": "cat_1"}
    assert sets.val is not None


def test_a_test_folder_that_cannot_be_read_is_told_beside_the_sets_unless_it_was_named(make_files) -> None:
    folder = make_files("train/a/1.png", "train/b/1.png")
    (folder / "test").mkdir()
    sets = scan(DataParams(train_dir=str(folder)))
    assert sets.test is None
    assert sets.test_error is not None
    with pytest.raises(DataError, match="No images"):
        scan(DataParams(train_dir=str(folder), test_dir=str(folder / "test")))
    with pytest.raises(DataError, match="nowhere"):
        scan(DataParams(train_dir=str(folder), test_dir=str(folder / "nowhere")))


@pytest.mark.parametrize(
    ("extra", "missing", "offered"),
    [
        (["Cat"], ["cat"], {"Cat": "cat"}),
        (["cafe\u0301"], ["caf\u00e9"], {"cafe\u0301": "caf\u00e9"}),
        (["large"], ["large.cell", "large.round"], {}),
        (
            ["large.cell", "large"],
            ["large.cell.a", "large"],
            {"large.cell": "large.cell.a", "large": "large"},
        ),
        (["normal", "class10", "with_mask"], ["abnormal", "class1", "without_mask"], {}),
        (["x"], ["completely different"], {}),
        (["x"], [], {}),
        ([], ["x"], {}),
    ],
)
def test_only_what_is_beyond_doubt_is_offered(extra, missing, offered) -> None:
    assert offered_map(extra, missing) == offered


def test_every_shape_is_one_to_one() -> None:
    pairs = offered_map([f"c{n}" for n in range(20)], [f"c{n}.x" for n in range(20)])
    assert pairs == {f"c{n}": f"c{n}.x" for n in range(20)}
