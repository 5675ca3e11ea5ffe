"""Test images held out by a table: a share of every class, groups whole, names as they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.data.hold_out import write_hold_out
from convonet.data.sources import scan_set
from convonet.errors import InputError, ParamError
from convonet.params import DataParams


def images(folder: Path, classes: tuple[str, ...], count: int) -> DataParams:
    """Class folders of different small images; two in a row are of one patient."""
    for label, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for place in range(count):
            pixels = np.full((4, 4), 20 * label + place, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"p{label}{place // 2}_{place}.png")
    return DataParams.of({"train_dir": str(folder)})


def test_a_share_of_every_class(tmp_path: Path) -> None:
    names = ("-minus", "=sum", "caf\u00e9, \u4e1c", "plain")
    listing = scan_set(images(tmp_path / "set", names, 10), "train")
    file = tmp_path / "tables" / "set.csv"
    assert write_hold_out(listing, file, 0.2) == 8
    data = DataParams.of({"train_dir": str(file)})
    train, test = scan_set(data, "train"), scan_set(data, "test")
    assert train.counts() == dict.fromkeys(names, 8)
    assert test.counts() == dict.fromkeys(names, 2)
    files = [{one.file(row).resolve() for row in range(len(one))} for one in (train, test)]
    assert files[0] & files[1] == set()
    assert files[0] | files[1] == {listing.file(row).resolve() for row in range(len(listing))}


def test_the_same_seed_holds_out_the_same(tmp_path: Path) -> None:
    listing = scan_set(images(tmp_path / "set", ("a", "b"), 10), "train")
    texts = []
    for seed in (0, 0, 1):
        write_hold_out(listing, tmp_path / "set.csv", 0.3, seed)
        texts.append((tmp_path / "set.csv").read_text())
    assert texts[0] == texts[1] != texts[2]


def test_groups_stay_together(tmp_path: Path) -> None:
    data = images(tmp_path / "set", ("a", "b"), 20).changed(group_pattern="(p\\d+)_")
    listing = scan_set(data, "train")
    file = tmp_path / "set.csv"
    write_hold_out(listing, file, 0.25)
    held = DataParams.of({"train_dir": str(file), "group_column": "group"})
    train, test = scan_set(held, "train"), scan_set(held, "test")
    assert train.groups
    assert test.groups
    assert len(test) > 0
    assert set(train.groups) & set(test.groups) == set()


def test_what_cannot_be_held_out(tmp_path: Path) -> None:
    listing = scan_set(images(tmp_path / "set", ("a", "b"), 4), "train")
    with pytest.raises(ParamError):
        write_hold_out(listing, tmp_path / "set.csv", 1.5)
    pixels = np.zeros((8, 4, 4), np.uint8)
    np.savez(tmp_path / "set.npz", x_train=pixels, y_train=np.array([0, 1] * 4))
    arrays = scan_set(DataParams.of({"train_dir": str(tmp_path / "set.npz")}), "train")
    with pytest.raises(InputError):
        write_hold_out(arrays, tmp_path / "set.csv", 0.2)
