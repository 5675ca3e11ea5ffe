"""Test images that are held out from the training images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convonet.data.marking import Change, list_marks, mark_images
from convonet.data.sources import has_set, scan, scan_set
from convonet.errors import DataError, ParamError
from convonet.params import DataParams


@pytest.fixture
def folder(make_files: Any) -> Path:
    """Two classes of ten images, five patients each."""
    made: Path = make_files(*(f"{name}/p{number // 2}_{number}.png" for name in "ab" for number in range(10)))
    return made


def data_of(folder: Path, **values: Any) -> DataParams:
    return DataParams.of({"train_dir": str(folder), "test_share": 0.2} | values)


def test_a_share_of_each_class_is_for_testing_and_not_trained_on(folder: Path) -> None:
    data = data_of(folder)
    assert has_set(data, "test")
    found = scan(data)
    assert found.test is not None
    assert found.train.counts() == {"a": 8, "b": 8}
    assert found.test.counts() == {"a": 2, "b": 2}
    every = scan_set(DataParams.of({"train_dir": str(folder)}), "train")
    assert sorted((*found.train.paths, *found.test.paths)) == sorted(every.paths)
    assert scan_set(data, "test").paths == found.test.paths
    other = scan_set(data.changed(split_seed=1), "test")
    assert other.paths != found.test.paths


def test_no_group_stands_in_training_and_test(folder: Path) -> None:
    found = scan(data_of(folder, group_pattern=r"(p\d)_", test_share=0.4))
    assert found.test is not None
    assert found.train.groups is not None
    assert found.test.groups is not None
    assert set(found.test.groups)
    assert not set(found.train.groups) & set(found.test.groups)


def test_test_images_that_are_there_count_instead(folder: Path, make_files: Any) -> None:
    own = make_files("a/1.png", "b/1.png", root="others")
    found = scan(data_of(folder, test_dir=str(own)))
    assert found.test is not None
    assert found.test.counts() == {"a": 1, "b": 1}
    assert found.train.counts() == {"a": 10, "b": 10}


def test_marks_of_held_out_images_are_obeyed(folder: Path) -> None:
    data = data_of(folder)
    train, test = scan_set(data, "train").paths, scan_set(data, "test").paths
    mark_images(data, [test[0]], Change())
    assert [item.mark.path for item in list_marks(data)] == [test[0]]
    assert scan_set(data, "test").paths == test[1:]
    assert scan_set(data, "train").paths == train, "a mark moves no other image"


def test_a_share_that_leaves_nothing_is_refused(make_files: Any) -> None:
    data = data_of(make_files("a/1.png", "b/1.png"))
    with pytest.raises(DataError, match="too few images"):
        scan_set(data, "train")
    with pytest.raises(ParamError, match="test_share"):
        DataParams.of({"test_share": 1})
