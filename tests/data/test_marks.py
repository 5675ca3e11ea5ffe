"""The repair list: what is said of images is obeyed by every reading of the set, and can be taken back."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from convonet.data.cache import ImageCache
from convonet.data.data_prep import prepare
from convonet.data.inspection import inspect_folder
from convonet.data.listing import Skipped
from convonet.data.marking import Change, list_marks, mark_images
from convonet.data.marks import LEFT_OUT
from convonet.data.sources import scan, scan_set
from convonet.documents.marks import Mark, marks_file, read_marks
from convonet.errors import DataError, ParamError
from convonet.params import DataParams, PixelParams

FILES = ("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png", "dog/3.png")
PIXELS = PixelParams(8, 8, 1)


def of(folder: Path, **more: object) -> DataParams:
    return DataParams.of({"train_dir": str(folder)} | more)


def state_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.png")}


def test_another_label_and_leaving_out_are_obeyed_and_no_image_is_touched(make_files) -> None:
    folder = make_files(*FILES)
    before = state_of(folder)
    mark_images(of(folder), ["dog/2.png"], Change("cat"))
    marks = mark_images(of(folder), ["dog/3.png"], Change())
    assert [(image.set, image.cls, image.mark) for image in marks] == [
        ("train", "dog", Mark("dog/2.png", "cat")),
        ("train", "dog", Mark("dog/3.png", None)),
    ]
    listing = scan_set(of(folder), "train")
    assert listing.paths == FILES[:-1]
    assert [listing.classes[label] for label in listing.labels] == ["cat", "cat", "dog", "cat"]
    assert listing.skipped == (Skipped("dog/3.png", LEFT_OUT),)
    assert [mark.path for mark in listing.marks] == ["dog/2.png", "dog/3.png"]
    assert state_of(folder) == before


def test_taking_every_mark_back_leaves_the_set_as_it_was(make_files, cache: ImageCache) -> None:
    folder = make_files(*FILES)
    before = prepare(scan_set(of(folder), "train"), PIXELS, cache=cache).fingerprint()
    mark_images(of(folder), ["dog/2.png", "cat/1.png"], Change("cat"))
    marked = prepare(scan_set(of(folder), "train"), PIXELS, cache=cache).fingerprint()
    mark_images(of(folder), ["dog/1.png"], Change())
    fewer = prepare(scan_set(of(folder), "train"), PIXELS, cache=cache)
    assert len({before, marked, fewer.fingerprint()}) == 3
    assert len(fewer) == 4
    assert mark_images(of(folder), ["dog/2.png", "dog/1.png"], Change(undo=True)) == []
    assert not marks_file(folder).exists()
    assert prepare(scan_set(of(folder), "train"), PIXELS, cache=cache).fingerprint() == before


def test_a_mark_that_says_the_class_it_has_takes_the_earlier_one_away(make_files) -> None:
    folder = make_files(*FILES)
    mark_images(of(folder), ["dog/2.png"], Change("cat"))
    assert mark_images(of(folder), ["dog/2.png"], Change("dog")) == []


@pytest.mark.parametrize("said", ["dog/2.png", "set/dog/2.png", "ABSOLUTE"])
def test_an_image_is_found_by_the_path_a_person_types(
    make_files, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_files(*FILES)
    monkeypatch.chdir(folder.parent)
    text = str(folder / "dog" / "2.png") if said == "ABSOLUTE" else said
    assert [image.mark.path for image in mark_images(of(folder), [text], Change())] == ["dog/2.png"]


def test_every_set_has_its_own_marks(make_files) -> None:
    root = make_files(*(f"{part}/{path}" for part in ("train", "test") for path in FILES))
    marks = mark_images(of(root), ["test/cat/1.png", "train/dog/1.png"], Change())
    assert [(image.set, image.mark.path) for image in marks] == [
        ("train", "dog/1.png"),
        ("test", "cat/1.png"),
    ]
    sets = scan(of(root))
    assert sets.test is not None
    assert (len(sets.train), len(sets.test)) == (4, 4)
    assert "cat/1.png" in sets.train.paths


def test_a_table_and_an_array_file_have_marks_beside_them(make_files) -> None:
    folder = make_files("1.png", "2.png", "3.png")
    (folder / "all.csv").write_text("path,label\n1.png,a\n2.png,b\n3.png,b\n")
    np.savez(
        folder / "set.npz",
        x_train=np.zeros((3, 4, 4), np.uint8),
        y_train=np.array(["a", "b", "b"]),
    )
    mark_images(of(folder / "all.csv"), ["3.png"], Change("a"))
    mark_images(of(folder / "set.npz"), ["set.npz#x_train/2"], Change())
    assert scan_set(of(folder / "all.csv"), "train").counts() == {"a": 2, "b": 1}
    assert scan_set(of(folder / "set.npz"), "train").counts() == {"a": 1, "b": 1}


def test_all_faults_are_told_with_near_names_and_nothing_is_changed(make_files) -> None:
    folder = make_files(*FILES)
    with pytest.raises(ParamError) as caught:
        mark_images(of(folder), ["dog/1.png", "dgo/1.png", "dog/9.png"], Change("cta"))
    sentence = caught.value.sentence()
    assert "dgo/1.png" in sentence
    assert "did you mean dog/1.png" in sentence
    assert "did you mean cat" in sentence
    assert read_marks(folder) == {}


def test_marks_of_images_that_are_gone_stay_and_can_be_taken_away(make_files) -> None:
    folder = make_files(*FILES)
    mark_images(of(folder), ["dog/2.png"], Change("cat"))
    (folder / "dog" / "2.png").unlink()
    assert len(scan_set(of(folder), "train")) == 4
    (image,) = list_marks(of(folder))
    assert (image.set, image.cls) == (None, None)
    assert "no longer there" in image.sentence()
    assert mark_images(of(folder), ["dog/2.png"], Change(undo=True)) == []


@pytest.mark.parametrize(
    "content",
    ["[]", "{", '{"format_version": 9, "marks": {}}', '{"format_version": 1, "marks": {"dog/1.png": {}}}'],
)
def test_a_file_that_is_no_list_of_marks_is_refused_and_named(make_files, content: str) -> None:
    folder = make_files(*FILES)
    marks_file(folder).write_text(content)
    with pytest.raises(DataError, match=r"convonet-marks\.json"):
        scan_set(of(folder), "train")


def test_a_file_of_version_1_is_read(make_files) -> None:
    folder = make_files(*FILES)
    value = {"dog/1.png": {"label": "cat"}, "dog/2.png": {"leave_out": True}}
    marks_file(folder).write_text(json.dumps({"format_version": 1, "marks": value}))
    assert scan_set(of(folder), "train").counts() == {"cat": 3, "dog": 1}


def test_a_label_that_is_no_class_of_the_set_is_refused_when_the_set_is_read(make_files) -> None:
    folder = make_files(*FILES)
    marks_file(folder).write_text('{"format_version": 1, "marks": {"dog/1.png": {"label": "cats"}}}')
    with pytest.raises(DataError, match="Did you mean cat"):
        scan_set(of(folder), "train")


def test_an_inspection_obeys_and_lists_marks(make_files, cache: ImageCache) -> None:
    folder = make_files(*FILES)
    mark_images(of(folder), ["dog/2.png"], Change())
    document = inspect_folder(folder, cache=cache).to_dict()
    assert document["classes"] == {"cat": 2, "dog": 2}
    assert document["marks"] == [{"path": "dog/2.png", "label": None, "leave_out": True}]
