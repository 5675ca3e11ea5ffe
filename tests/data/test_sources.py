from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from convonet.data.listing import ImageListing, Skipped
from convonet.data.sources import has_set, scan, scan_images, scan_set
from convonet.errors import Cancelled, DataError, ParamError
from convonet.events import DataScanned, Event, Progressed, Watch
from convonet.file_stats import file_stats
from convonet.params import DataParams


def listed(folder: Path | str, **params: object) -> ImageListing:
    return scan(DataParams.of({"train_dir": str(folder), **params})).train


def rows_of(listing: ImageListing) -> list[tuple[str, str]]:
    return [
        (path, listing.classes[label])
        for path, label in zip(listing.paths, listing.labels.tolist(), strict=True)
    ]


def test_class_folders_in_natural_order_with_nested_files_and_any_suffix(make_files) -> None:
    folder = make_files("c10/b.PNG", "c2/a10.png", "c2/a9.jpg", "c2/deep/er/x.bmp", "c10/a.Tif", "c10/z.jpe")
    listing = listed(folder)
    assert listing.classes == ("c2", "c10")
    assert rows_of(listing) == [
        ("c2/a9.jpg", "c2"),
        ("c2/a10.png", "c2"),
        ("c2/deep/er/x.bmp", "c2"),
        ("c10/a.Tif", "c10"),
        ("c10/b.PNG", "c10"),
        ("c10/z.jpe", "c10"),
    ]
    assert listing.counts() == {"c2": 3, "c10": 3}
    files = [(folder / path).stat() for path in listing.paths]
    assert listing.stats.tolist() == [list(file_stats(file)) for file in files]


def test_a_scan_counts_the_folders(make_files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("convonet.data.pool._TELL_SECONDS", 0.0)
    told: list[Event] = []
    scan(
        DataParams.of({"train_dir": str(make_files("a/1.png", "b/1.png", "c/1.png"))}),
        watch=Watch(told.append),
    )
    counted = [(event.done, event.total) for event in told if isinstance(event, Progressed)]
    assert counted == [(0, 3), (1, 3), (2, 3)]


def test_what_is_no_image_is_listed_and_what_is_hidden_is_not(make_files) -> None:
    content = {
        "README.txt": b"x",
        "stray.png": b"x",
        "a/notes.md": b"x",
        "a/.DS_Store": b"x",
        ".ipynb_checkpoints/a.png": b"x",
        "__MACOSX/a/._1.png": b"x",
        "a/.ipynb_checkpoints/1.png": b"x",
        "empty/readme": b"x",
    }
    listing = listed(make_files("a/1.png", "b/1.png", content=content))
    assert listing.classes == ("a", "b")
    assert sorted(listing.skipped) == [
        Skipped("README.txt", "not an image type"),
        Skipped("a/notes.md", "not an image type"),
        Skipped("empty", "no images in this folder"),
        Skipped("empty/readme", "not an image type"),
        Skipped("stray.png", "not in a class folder"),
    ]


@pytest.mark.skipif(os.name == "nt", reason="links and pipes of Unix")
def test_links_in_a_circle_dead_links_and_pipes_stop_nothing(make_files) -> None:
    folder = make_files("a/1.png", "b/1.png")
    (folder / "a" / "up").symlink_to(folder / "a", target_is_directory=True)
    (folder / "a" / "self").symlink_to("self")
    (folder / "a" / "dead.png").symlink_to("nowhere.png")
    (folder / "b" / "linked.png").symlink_to(folder / "a" / "1.png")
    os.mkfifo(folder / "b" / "pipe.png")
    listing = listed(folder)
    assert listing.paths == ("a/1.png", "b/1.png", "b/linked.png")
    reasons = dict(listing.skipped)
    assert reasons["a/dead.png"] == "cannot be read: no such file or directory"
    assert reasons["b/pipe.png"] == "not a regular file"


@pytest.mark.skipif(os.name == "nt", reason="bytes that are no text")
def test_a_file_name_that_is_no_text_is_skipped_legibly(make_files) -> None:
    folder = make_files("a/1.png", "b/1.png")
    (Path(os.fsdecode(os.fsencode(folder) + b"/a/\xff.png"))).write_bytes(b"x")
    assert listed(folder).skipped == (Skipped("a/\\xff.png", "its name is not valid Unicode"),)


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [("train", "val", "test"), ("Training", "VALID", "Testing"), ("TRAIN", None, "test")],
)
def test_a_root_with_the_sets_is_found_by_itself(make_files, train: str, val: str | None, test: str) -> None:
    parts = [part for part in (train, val, test) if part]
    folder = make_files(*(f"{part}/{name}/{part}.png" for part in parts for name in ("x", "y")))
    sets = scan(DataParams(train_dir=str(folder)))
    assert sets.train.root == folder / train
    assert sets.train.paths == (f"x/{train}.png", f"y/{train}.png")
    assert (sets.val is None) == (val is None)
    assert sets.test is not None
    assert sets.test.root == folder / test


def test_a_given_test_folder_wins_over_the_one_found(make_files) -> None:
    folder = make_files("train/a/1.png", "train/b/1.png", "test/a/1.png", "test/b/1.png")
    other = make_files("a/9.png", "b/9.png", root="other")
    sets = scan(DataParams(train_dir=str(folder), test_dir=str(other)))
    assert sets.test is not None
    assert sets.test.root == other


def test_a_class_named_train_among_others_is_a_class(make_files) -> None:
    assert listed(make_files("train/1.png", "bus/1.png", "car/1.png")).classes == ("bus", "car", "train")


TABLE = "path,label,split\na/1.png,cat,train\nb/2.png,dog,train\na/3.png,dog,test\nb/4.png,cat,test\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("set.csv", TABLE),
        ("set.csv", "\ufeff" + TABLE.replace(",", ";")),
        ("set.tsv", TABLE.replace(",", "\t").replace("path", "Filename").replace("label", "Class")),
        ("set.csv", TABLE.replace("\n", "\r\n")),
    ],
)
def test_a_table_of_paths_labels_and_sets(make_files, name: str, text: str) -> None:
    folder = make_files("a/1.png", "b/2.png", "a/3.png", "b/4.png", content={name: text.encode()})
    sets = scan(DataParams(train_dir=str(folder / name)))
    assert sets.train.root == folder
    assert rows_of(sets.train) == [("a/1.png", "cat"), ("b/2.png", "dog")]
    assert sets.test is not None
    assert rows_of(sets.test) == [("a/3.png", "dog"), ("b/4.png", "cat")]
    assert sets.val is None


def test_a_table_lists_the_files_that_are_not_there(make_files) -> None:
    text = "file,label\n1.png,a\n2.png,b\ngone.png,a\n,a\n1.png,\n"
    listing = listed(make_files("1.png", "2.png", content={"set.csv": text.encode()}) / "set.csv")
    assert listing.paths == ("1.png", "2.png")
    assert listing.skipped == (
        Skipped("gone.png", "no such file"),
        Skipped("line 5", "line 5 has no path"),
        Skipped("1.png", "line 6 has no label"),
    )


def test_labels_from_file_names(make_files) -> None:
    folder = make_files("cat_1.png", "sub/dog_2.png", "cat_10.png", "mouse.png")
    listing = listed(folder, label_pattern=r"^(?P<label>[a-z]+)_\d+")
    assert rows_of(listing) == [("cat_1.png", "cat"), ("cat_10.png", "cat"), ("sub/dog_2.png", "dog")]
    assert listing.skipped == (Skipped("mouse.png", "label_pattern does not match the file name"),)
    same = listed(folder, label_pattern=r"[^/]*?(?P<label>[a-z]+)_\d+")
    assert rows_of(same) == rows_of(listing)


@pytest.mark.parametrize("pattern", ["(?P<label>", "([a-z]+)_"])
def test_a_pattern_that_cannot_find_a_label_is_a_fault_of_the_parameters(make_files, pattern: str) -> None:
    with pytest.raises(ParamError, match="label_pattern"):
        listed(make_files("a_1.png"), label_pattern=pattern)


def test_arrays_in_a_file(tmp_path: Path) -> None:
    images = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
    file = tmp_path / "set.npz"
    np.savez_compressed(
        file,
        x_train=images,
        y_train=np.array([[1], [0], [1], [0]]),
        x_test=images[:2],
        y_test=np.array([0, 1]),
        class_names=np.array(["no", "yes"]),
    )
    sets = scan(DataParams(train_dir=str(file)))
    assert rows_of(sets.train)[:2] == [("set.npz#x_train/0", "yes"), ("set.npz#x_train/1", "no")]
    assert sets.test is not None
    assert rows_of(sets.test) == [("set.npz#x_test/0", "no"), ("set.npz#x_test/1", "yes")]


def test_labels_in_arrays_may_be_names_or_any_numbers(tmp_path: Path) -> None:
    images = np.zeros((3, 4, 4, 3), np.uint8)
    np.savez(tmp_path / "a.npz", images=images, labels=np.array(["b10", "b2", "b10"]))
    np.savez(tmp_path / "b.npz", images=images, labels=np.array([7, 3, 7]))
    assert rows_of(listed(tmp_path / "a.npz"))[0][1] == "b10"
    assert listed(tmp_path / "a.npz").classes == ("b2", "b10")
    assert listed(tmp_path / "b.npz").classes == ("3", "7")


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x_train": np.zeros((3, 4, 4)), "y_train": np.arange(3)}, "float64"),
        ({"x_train": np.zeros((3, 16), np.uint8), "y_train": np.arange(3)}, "3×16"),
        ({"x_train": np.zeros((3, 4, 4), np.uint8), "y_train": np.arange(2)}, "expected 3 labels"),
        ({"x_train": np.zeros((3, 4, 4), np.uint8), "y_train": np.eye(3)}, "3×3"),
        (
            {"x_train": np.zeros((3, 4, 4), np.uint8), "y_train": np.array([0.5, 1, 2])},
            "whole numbers or names",
        ),
        ({"x_train": np.zeros((3, 4, 4), np.uint8)}, "x_train and y_train"),
        ({"images": np.array([{}, {}]), "labels": np.arange(2)}, "does not hold images"),
    ],
)
def test_arrays_of_another_kind_are_refused(
    tmp_path: Path, arrays: dict[str, np.ndarray], words: str
) -> None:
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(DataError, match=words):
        listed(tmp_path / "bad.npz")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "classes", "train", "test", "val"),
    [
        ("mnist_png", 10, 8000, 2000, 0),
        ("cifar10_small", 10, 6000, 1500, 0),
        ("hanzi", 55, 2200, 550, 0),
        ("chest_xray_28", 2, 1618, 468, 270),
    ],
)
def test_the_real_sets(real_data, name: str, classes: int, train: int, test: int, val: int) -> None:
    sets = scan(DataParams(train_dir=str(real_data(name))))
    assert len(sets.train.classes) == classes
    assert sets.test is not None
    assert (len(sets.train), len(sets.test), len(sets.val or ())) == (train, test, val)
    assert not sets.train.skipped


def test_each_set_is_told(make_files) -> None:
    told: list[Event] = []
    folder = make_files("train/a/1.png", "train/b/1.png", "train/b/2.txt.png", "test/a/1.png", "test/b/1.png")
    (folder / "train" / "a" / "x.txt").write_text("x")
    scan(DataParams(train_dir=str(folder)), watch=Watch(told.append))
    assert told == [
        DataScanned(set="train", images=3, classes=2, skipped=1),
        DataScanned(set="test", images=2, classes=2, skipped=0),
    ]


def test_a_wish_to_stop_is_heard(make_files) -> None:
    with pytest.raises(Cancelled):
        scan(DataParams(train_dir=str(make_files("a/1.png", "b/1.png"))), watch=Watch(None, lambda: True))


def test_selected_rows_keep_their_labels(make_files) -> None:
    listing = listed(make_files("a/1.png", "a/2.png", "b/1.png"))
    part = listing.select([2, 0])
    assert rows_of(part) == [("b/1.png", "b"), ("a/1.png", "a")]
    assert part.counts() == {"a": 1, "b": 1}
    assert listing.select([0]).counts() == {"a": 1, "b": 0}


def test_images_for_prediction_keep_their_order_and_folders_are_opened(make_files) -> None:
    folder = make_files("in/b10.png", "in/b9.png", "in/deep/c.png", "single.png", content={"in/x.txt": b"x"})
    found = scan_images([folder / "single.png", folder / "in", folder / "gone.png"])
    assert [path.name for path in found.paths] == ["single.png", "b9.png", "b10.png", "c.png", "gone.png"]
    assert found.skipped == (Skipped((folder / "in" / "x.txt").as_posix(), "not an image type"),)


def test_no_images_for_prediction_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No images"):
        scan_images([tmp_path])


def test_a_set_that_nobody_gave(make_files) -> None:
    data = DataParams(train_dir=str(make_files("a/1.png", "b/1.png")))
    assert not has_set(data, "test")
    with pytest.raises(DataError, match="test_dir"):
        scan_set(data, "test")
    with pytest.raises(DataError, match="train_dir"):
        scan(DataParams())
