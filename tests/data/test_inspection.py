from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from convonet.data.cache import ImageCache
from convonet.data.inspection import inspect_folder
from convonet.errors import DataError


def test_counts_sizes_and_what_is_left_out(make_files, cache: ImageCache) -> None:
    folder = make_files("a/1.png", "a/2.png", "b/1.png", content={"b/bad.png": b"x", "b/notes.txt": b"x"})
    Image.new("L", (30, 40)).save(folder / "b" / "large.png")
    document = inspect_folder(folder, cache=cache).to_dict()
    assert list(document) == [
        "classes",
        "images",
        "skipped",
        "sizes",
        "exact_duplicates",
        "near_duplicates",
        "dark",
        "bright",
        "blurred",
        "odd_sized",
        "shortcuts",
        "near_leaks",
        "leaks",
        "conflicts",
        "marks",
        "warnings",
    ]
    assert document["classes"] == {"a": 2, "b": 2}
    assert document["images"] == 4
    assert document["skipped"] == [
        {"set": "train", "path": "b/notes.txt", "reason": "not an image type"},
        {
            "set": "train",
            "path": "b/bad.png",
            "reason": "not an image, or of a type that is not supported",
        },
    ]
    assert document["sizes"] == {
        "height": {"min": 12, "median": 12.0, "max": 40},
        "width": {"min": 10, "median": 10.0, "max": 30},
    }
    assert json.loads(json.dumps(document)) == document


def test_copies_conflicts_and_leaks(make_files, cache: ImageCache) -> None:
    folder = make_files("a/1.png", "b/1.png", "b/2.png")
    other = make_files("a/x.png", "b/x.png", root="other")
    shutil.copy(folder / "a" / "1.png", folder / "a" / "9.png")
    shutil.copy(folder / "b" / "1.png", folder / "a" / "wrong.png")
    shutil.copy(folder / "a" / "1.png", other / "b" / "seen.png")
    document = inspect_folder(folder, test=other, cache=cache).to_dict()
    assert document["exact_duplicates"] == [["a/1.png", "a/9.png"], ["a/wrong.png", "b/1.png"]]
    assert document["conflicts"] == [["a/wrong.png", "b/1.png"]]
    assert document["leaks"] == [{"train": "a/1.png", "test": "b/seen.png"}]
    assert document["test"]["classes"] == {"a": 1, "b": 2}
    assert document["test"]["leaks"] == []
    text = "\n".join(document["warnings"])
    assert "2 images are exact duplicates" in text
    assert "1 image is in more than one class" in text
    assert "1 test image is also in the training set" in text


def test_balance_and_tiny_classes(make_files, cache: ImageCache) -> None:
    folder = make_files(
        *(f"many/{n}.png" for n in range(40)), *(f"few/{n}.png" for n in range(11)), "one/1.png"
    )
    warnings = inspect_folder(folder, cache=cache).warnings
    assert "Classes with fewer than 10 images, too few to train or test with: one" in warnings
    assert any("40 images of many, 1 of one" in text for text in warnings)


def test_many_tiny_classes_are_counted(make_files, cache: ImageCache) -> None:
    folder = make_files(*(f"{name}/1.png" for name in "abcdefgh"))
    warnings = inspect_folder(folder, cache=cache).warnings
    assert any("test with: a, b, c, d, e, f and 2 more classes" in text for text in warnings)


def test_one_set_given_twice(make_files, cache: ImageCache) -> None:
    folder = make_files("a/1.png", "b/1.png")
    document = inspect_folder(folder, test=folder, cache=cache).to_dict()
    assert len(document["leaks"]) == 2
    assert any("are the same set" in text for text in document["warnings"])


def test_other_class_names_in_the_test_set_are_shown_not_refused(make_files, cache: ImageCache) -> None:
    folder = make_files("train/cat_x/1.png", "train/dog/1.png", "test/cat/1.png", "test/dog/1.png")
    document = inspect_folder(folder, cache=cache).to_dict()
    assert document["test"]["classes"] == {"cat": 1, "dog": 1}
    assert any('"class_map": {"cat": "cat_x"}' in text for text in document["warnings"])


def test_a_class_of_bad_files_is_shown(make_files, cache: ImageCache) -> None:
    inspection = inspect_folder(make_files("a/1.png", content={"b/1.png": b"x"}), cache=cache)
    assert inspection.classes == {"a": 1, "b": 0}
    assert any("Classes without a readable image: b" in text for text in inspection.warnings)


def test_nothing_to_look_at(tmp_path: Path, cache: ImageCache) -> None:
    with pytest.raises(DataError, match="No images were found"):
        inspect_folder(tmp_path, cache=cache)


@pytest.mark.data
def test_the_chest_set(real_data, cache: ImageCache) -> None:
    inspection = inspect_folder(real_data("chest_xray_28"), cache=cache)
    assert inspection.classes == {"NORMAL": 404, "PNEUMONIA": 1214}
    assert inspection.test is not None
    assert inspection.test.images == 468
    assert any("Unbalanced classes" in text for text in inspection.warnings)
