"""Tables as people have them: columns, encodings and files are found, and what was guessed is told."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from people_tables import EACH, KINDS, SHAPES, Make

from conftest import MakeFiles
from convonet import api
from convonet.data.sources import scan, scan_set
from convonet.errors import ConvonetError, DataError, ParamError
from convonet.params import DataParams

FOUR = ("a1", "a2", "b1", "b2")


def _set(make_files: MakeFiles, table: str | bytes, name: str = "list.csv", **data: Any) -> Any:
    content = table if isinstance(table, bytes) else table.encode()
    folder = make_files(*(f"in/{each}.png" for each in FOUR), content={name: content})
    return scan_set(DataParams.of({"train_dir": str(folder / name)} | data), "train")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
@pytest.mark.parametrize("given", ["folder", "table"])
def test_the_shapes_of_public_sets_are_read_without_an_option(
    shape: Make, given: str, tmp_path: Path
) -> None:
    folder = shape(tmp_path)
    place = folder if given == "folder" else next(folder.glob("*.csv"))
    listing = scan(DataParams.of({"train_dir": str(place)})).train
    assert set(listing.counts().values()) == {EACH}
    assert sorted(set(listing.paths)) == sorted(listing.paths)


@pytest.mark.parametrize(
    "shape",
    [SHAPES[0], *(pytest.param(shape, marks=pytest.mark.slow) for shape in SHAPES[1:])],
    ids=lambda shape: shape.__name__,
)
def test_the_shapes_of_public_sets_train_without_an_option(shape: Make, tmp_path: Path) -> None:
    hyper = {"family": "logistic", "epochs": 1, "batch_size": 8}
    folder = tmp_path / "set"
    folder.mkdir()
    data = {"train_dir": str(shape(folder)), "image_size": 8}
    run = api.train(data, hyper, out=tmp_path, name="run", threads=1)
    assert run.state == "done"


def test_names_of_numbers_and_columns_of_ones_are_the_classes(tmp_path: Path) -> None:
    found = {}
    for shape in SHAPES:
        folder = tmp_path / shape.__name__
        folder.mkdir()
        found[shape.__name__] = scan(DataParams.of({"train_dir": str(shape(folder))})).train
    assert set(found["numbers_with_names"].classes) == set(KINDS)
    assert found["one_hot"].classes == ("BKL", "MEL", "NV")
    assert set(found["semicolons_in_cp1252"].classes) == {"Kätzchen", "Hund"}
    assert found["patients"].offered_by == "patientid"
    assert any("set group_column (Group column) to patientid" in note for note in found["patients"].notes)
    assert {item.reason for item in found["patients"].skipped} == {"line 18 has no label", "no such file"}
    assert any("finding for the class" in note for note in found["patients"].notes)


ENCODINGS: Mapping[str, bytes] = {
    "UTF-8": "path,label\nin/a1.png,Ä\nin/b1.png,ß\n".encode(),
    "UTF-8 with a mark": "path,label\nin/a1.png,Ä\nin/b1.png,ß\n".encode("utf-8-sig"),
    "UTF-16 of Excel": "path\tlabel\r\nin/a1.png\tÄ\r\nin/b1.png\tß\r\n".encode("utf-16"),
    "UTF-16 without a mark": "path,label\nin/a1.png,Ä\nin/b1.png,ß\n".encode("utf-16-le"),
    "code page 1252": "path;label\r\nin/a1.png;Ä\r\nin/b1.png;ß\r\n".encode("cp1252"),
    "sep": "sep=;\r\npath;label\r\nin/a1.png;Ä\r\nin/b1.png;ß\r\n".encode("utf-8-sig"),
    "bars": "path|label\nin/a1.png|Ä\nin/b1.png|ß\n".encode(),
    "commas in quotes": 'path,label,note\nin/a1.png,Ä,"a, b; c"\nin/b1.png,ß,"d; e"\n'.encode(),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings_and_separators(name: str, make_files: MakeFiles) -> None:
    assert set(_set(make_files, ENCODINGS[name]).classes) == {"Ä", "ß"}


SPELLINGS = (
    "in/a1.png",
    "./in/a1.png",
    "in\\a1.png",
    " in/a1.png ",
    "a1.png",
    "a1",
    "A1.PNG",
    "a1.jpg",
    "C:\\photos\\in\\a1.png",
    "/kaggle/input/in/a1.png",
    "in//a1.png",
)


@pytest.mark.parametrize("cell", SPELLINGS)
def test_one_file_is_found_by_each_spelling(cell: str, make_files: MakeFiles) -> None:
    listing = _set(make_files, f"path,label\n{cell},a\nin/b1.png,b\n")
    assert listing.paths == ("in/a1.png", "in/b1.png")


COLUMNS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, str]]] = {
    "usual": ("path,label", {}, {}),
    "other names": ("Image Index,Finding Labels", {}, {}),
    "given": ("p,q", {"path_column": "p", "label_column": "q"}, {}),
    "given in other letters": ("Bild,Art", {"path_column": "bild", "label_column": "ART"}, {}),
    "by what stands in them": ("wo,was", {}, {}),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_columns_are_found(case: str, make_files: MakeFiles) -> None:
    head, data, _ = COLUMNS[case]
    lines = [f"in/{name}.png,{name[0]}" for name in FOUR]
    listing = _set(make_files, "\n".join([head, *lines]), **data)
    assert listing.counts() == {"a": 2, "b": 2}
    assert bool(listing.notes) == (case in ("other names", "by what stands in them"))


def test_a_table_without_a_header_is_read(make_files: MakeFiles) -> None:
    assert _set(make_files, "in/a1.png,a\nin/a2.png,a\nin/b1.png,b\nin/b2.png,b\n").counts() == {
        "a": 2,
        "b": 2,
    }


def test_columns_that_may_both_be_meant_are_asked_for(make_files: MakeFiles) -> None:
    lines = [f"{name},{name[0]},{name[1]}" for name in FOUR]
    with pytest.raises(DataError, match=r"Several columns .* label_column") as caught:
        _set(make_files, "\n".join(["image_id,left,right", *lines]))
    assert "left, right" in caught.value.sentence()
    listing = _set(make_files, "\n".join(["image_id,left,right", *lines]), label_column="right")
    assert listing.classes == ("1", "2")


@pytest.mark.parametrize("field", ["path_column", "label_column", "split_column", "group_column"])
def test_a_column_that_is_not_there_is_refused_with_its_near_name(field: str, make_files: MakeFiles) -> None:
    with pytest.raises(ParamError, match="did you mean label") as caught:
        _set(make_files, "path,label\nin/a1.png,a\nin/b1.png,b\n", **{field: "labels"})
    assert set(caught.value.faults) == {field}


def test_the_images_may_stand_in_another_folder(make_files: MakeFiles, tmp_path: Path) -> None:
    folder = make_files(*(f"{each}.png" for each in FOUR), root="pictures")
    table = tmp_path / "tables" / "list.csv"
    table.parent.mkdir()
    table.write_text("id,label\n" + "".join(f"{each},{each[0]}\n" for each in FOUR))
    beside = scan_set(DataParams.of({"train_dir": str(table)}), "train")
    given = scan_set(DataParams.of({"train_dir": str(table), "image_dir": str(folder)}), "train")
    assert beside.paths == given.paths == tuple(f"../pictures/{each}.png" for each in FOUR)


def test_a_file_of_two_labels_or_in_two_lines_is_told(make_files: MakeFiles) -> None:
    lines = [f"in/{name}.png,{name[0]}" for name in FOUR] * 2 + ["in/a1.png,b"]
    listing = _set(make_files, "\n".join(["path,label", *lines]))
    assert listing.paths == ("in/a2.png", "in/b1.png", "in/b2.png")
    assert ("in/a1.png", "more than one class in the table") in listing.skipped
    told = "1 image (in/a1.png: a, b) has more than one class in the table and is skipped"
    assert told in listing.notes


def test_rows_of_no_set_are_skipped_and_told(make_files: MakeFiles) -> None:
    words = ("train", "Training", "TEST", "trian")
    lines = [f"in/{name}.png,{name[0]},{word}" for name, word in zip(FOUR, words, strict=True)]
    lines += ["in/b1.png,b,train"]
    listing = _set(make_files, "\n".join(["path,label,split", *lines]))
    assert listing.counts() == {"a": 2, "b": 1}
    assert ("in/b2.png", "split is trian, which is not the name of a set") in listing.skipped
    assert any("split is trian" in note for note in listing.notes)


def test_a_name_of_several_files_is_skipped(make_files: MakeFiles, tmp_path: Path) -> None:
    folder = make_files("x/1.png", "y/1.png", "x/2.png", "y/3.png")
    (folder / "list.csv").write_text("id,label\n1,a\n2,a\n3,b\nx/1,b\n")
    listing = scan_set(DataParams.of({"train_dir": str(folder / "list.csv")}), "train")
    assert ("1", "several files have this name") in listing.skipped
    assert dict(zip(listing.paths, listing.labels.tolist(), strict=True)) == {
        "x/2.png": 0,
        "y/3.png": 1,
        "x/1.png": 1,
    }


def test_class_folders_stay_class_folders_beside_a_table_of_them(make_files: MakeFiles) -> None:
    folder = make_files("cat/1.png", "cat/2.png", "dog/1.png", "dog/2.png")
    for names in ({"cat": "0", "dog": "1"}, {"cat": "cat", "dog": "dog"}):
        rows = [f"{name}/{number}.png,{label}" for name, label in names.items() for number in (1, 2)]
        (folder / "labels.csv").write_text("\n".join(["path,label", *rows]))
        assert scan_set(DataParams.of({"train_dir": str(folder)}), "train").classes == ("cat", "dog")


def test_a_folder_with_two_tables_is_asked_about(make_files: MakeFiles) -> None:
    table = b"path,label\na1.png,a\nb1.png,b\n"
    folder = make_files("a1.png", "b1.png", content={"one.csv": table, "two.csv": table})
    with pytest.raises(ConvonetError, match=r"Several tables .* one\.csv, two\.csv"):
        scan_set(DataParams.of({"train_dir": str(folder)}), "train")


def test_tables_named_after_the_sets_are_the_sets(make_files: MakeFiles) -> None:
    def rows(*names: str) -> bytes:
        return "\n".join(["path,label", *(f"in/{name}.png,{name[0]}" for name in names)]).encode()

    folder = make_files(
        *(f"in/{name}.png" for name in (*FOUR, "a3", "b3")),
        content={"train.csv": rows(*FOUR), "test.csv": rows("a3", "b3")},
    )
    found = scan(DataParams.of({"train_dir": str(folder)}))
    assert found.test is not None
    assert (len(found.train), len(found.test)) == (4, 2)
