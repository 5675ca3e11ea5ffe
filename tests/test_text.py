"""What people write is the same wherever it looks the same, and nobody obeys it."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet import text
from convonet.cli.safe_stream import SafeStream
from convonet.cli.summary import _scores
from convonet.csv_files import csv_records, csv_rows, write_csv, write_csv_with_numbers
from convonet.data.class_contract import impose_classes
from convonet.data.marking import Change, mark_images
from convonet.data.sources import scan_set
from convonet.documents.summary import Tried
from convonet.errors import InputError
from convonet.inference.decide import positive_label
from convonet.inference.decision import decide
from convonet.inference.labels import labels_text, read_labels
from convonet.inference.model_info import ModelInfo
from convonet.params import DataParams, HyperParams, PixelParams
from convonet.runs import Run
from convonet.tasks import TrainTask
from convonet.training.losses import class_weights

NFC, NFD = (unicodedata.normalize(form, "café") for form in ("NFC", "NFD"))
PIXELS = PixelParams(8, 8, 1)


def _folders(folder: Path, *names: str) -> Path:
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for image in range(2):
            values = np.full((8, 8), 40 * number + 7 * image, np.uint8)
            Image.fromarray(values).save(folder / name / f"{number}{image}.png")
    return folder


def _scan(place: Path, classes: Any = None, **data: Any) -> Any:
    return scan_set(DataParams.of({"train_dir": str(place)} | data), "train", classes=classes)


def _class_folder(folder: Path, written: str) -> str:
    return str(_scan(_folders(folder, written, "dog")).classes[0])


def _two_folders(folder: Path, written: str) -> str:
    names = _scan(_folders(folder, NFC, written, "dog")).classes
    assert len(names) == 2
    return str(names[0])


def _table(folder: Path, written: str) -> str:
    _folders(folder, "x", "dog")
    (folder / "list.csv").write_text(f"path,label\nx/00.png,{written}\ndog/10.png,dog\n")
    return str(_scan(folder / "list.csv").classes[0])


def _table_path(folder: Path, written: str) -> str:
    _folders(folder, NFD, "dog")
    (folder / "list.csv").write_text(f"path,label\n{written}/00.png,{NFC}\ndog/10.png,dog\n")
    listing = _scan(folder / "list.csv")
    assert len(listing) == 2
    return str(listing.classes[0])


def _pattern(folder: Path, written: str) -> str:
    _folders(folder, "x")
    for number, name in enumerate((written, "dog")):
        (folder / "x" / f"0{number}.png").rename(folder / f"{name}_{number}.png")
    return str(_scan(folder, label_pattern="(?P<label>.+)_").classes[0])


def _pattern_of_accents(folder: Path, written: str) -> str:
    _folders(folder, NFD, "dog")
    listing = _scan(folder, group_pattern=f"({written.strip()}|dog)")
    assert set(listing.groups) == {NFC, "dog"}
    return str(listing.classes[0])


def _array(folder: Path, written: str) -> str:
    folder.mkdir(exist_ok=True)
    images, labels = np.zeros((2, 8, 8), np.uint8), np.array([written, "dog"])
    np.savez(folder / "a.npz", images=images, labels=labels)
    return str(_scan(folder / "a.npz").classes[0])


def _mark(folder: Path, written: str) -> str:
    _folders(folder, NFC, "dog")
    data = DataParams.of({"train_dir": str(folder)})
    mark_images(data, ["dog/10.png"], Change(label=written))
    listing = _scan(folder)
    assert listing.counts()[NFC] == 3
    return str(listing.classes[0])


def _model_classes(folder: Path, written: str) -> str:
    listing = _scan(_folders(folder, NFC, "dog"), classes=(written, "dog"))
    assert listing.labels.tolist() == [0, 0, 1, 1]
    return NFC


def _class_map(folder: Path, written: str) -> str:
    listing = _scan(_folders(folder, NFD, "dog"))
    mapped = impose_classes(listing, ("cat", "dog"), class_map={written: "cat"})
    assert mapped.labels.tolist() == [0, 0, 1, 1]
    return NFC


def _positive(folder: Path, written: str) -> str:
    assert positive_label((NFC, "dog"), written) == 0
    info = ModelInfo(classes=(NFC, "dog"), pixels=PIXELS)
    assert decide(info.classes, info, written).positive == 0
    return NFC


def _weights(folder: Path, written: str) -> str:
    hyper = HyperParams.of({"class_weights": {written: 3}})
    weights = class_weights(hyper, np.array([0, 1]), (NFC, "dog"))
    assert weights is not None
    assert weights.tolist() == [3, 1]
    return NFC


def _labels_file(folder: Path, written: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / "labels.txt").write_text(f"{written}\ndog\n")
    return read_labels(folder / "labels.txt")[0]


PLACES: tuple[Callable[[Path, str], str], ...] = (
    _class_folder,
    _two_folders,
    _table,
    _table_path,
    _pattern,
    _pattern_of_accents,
    _array,
    _mark,
    _model_classes,
    _class_map,
    _positive,
    _weights,
    _labels_file,
)


@pytest.mark.parametrize("written", [NFC, NFD, f"{NFC} "], ids=["composed", "decomposed", "blank"])
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__.strip("_"))
def test_a_class_is_the_same_in_each_form(
    place: Callable[[Path, str], str], written: str, tmp_path: Path
) -> None:
    if place is _table_path and written.endswith(" "):
        pytest.skip("the end of a path is not that of its folder")
    assert place(tmp_path / "set", written) == NFC


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("cat", "cat"),
        ("w/o mask", "w_o mask"),
        ("../x", ".._x"),
        ("..", "_"),
        ("", "_"),
        ("a\\b:c*d", "a_b_c_d"),
        ("con", "_con"),
        ("COM1.txt", "_COM1.txt"),
        ("end. ", "end"),
        ("a\nb\x1b[31m", "a b [31m"),
        (NFD, NFC),
        ("汉字", "汉字"),
        ("x" * 300, "x" * 200),
    ],
)
def test_a_file_name_is_never_a_path(written: str, made: str) -> None:
    assert text.file_name(written) == made
    assert Path("/folder", made).parent == Path("/folder")


def test_file_names_are_different() -> None:
    assert text.file_names(["a/b", "a:b", "A_B"]) == {"a/b": "a_b", "a:b": "a_b_2", "A_B": "A_B_3"}


@pytest.mark.parametrize("cell", ["=1+1", "+x", "-x", "@x", "\tx", "'=x", "''=x", "\rx"])
def test_a_cell_is_no_formula_and_comes_back(cell: str, tmp_path: Path) -> None:
    assert text.csv_cell(cell).startswith("'")
    file = tmp_path / "table.csv"
    write_csv(file, ("path", "number"), [(cell, -1.5)])
    with file.open(encoding="utf-8", newline="") as lines:
        assert list(csv_records(lines)) == [{"path": cell, "number": "-1.5"}]


@pytest.mark.parametrize("cell", ["x", "'x", "-1", "+2.5e-3", "", "a=b"])
def test_other_cells_stay(cell: str) -> None:
    assert text.csv_cell(cell) == text.csv_text(cell) == cell


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain\n", "plain\n"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\rb", "a\\x0db"),
        ("\x07\x9b", "\\x07\\x9b"),
        ("a\u2028b\u202e", "a\\u2028b\\u202e"),
        ("汉字 é\t1", "汉字 é\t1"),
    ],
)
def test_a_terminal_obeys_no_name(written: str, shown: str) -> None:
    stream = io.StringIO()
    SafeStream(stream).write(written)
    assert stream.getvalue() == text.terminal(written) == shown


@pytest.mark.parametrize("name", ["a\nb", "a\u2028b", "a/b", "", "..", "a\0", "tail.", "\x1b"])
def test_a_run_is_not_called_so(name: str, tmp_path: Path) -> None:
    task = TrainTask(data=DataParams.of({"train_dir": "x"}), hyper=HyperParams())
    with pytest.raises(InputError):
        Run.create(tmp_path, task, name=name)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "made"), [("汉字", "汉字"), (NFD, NFC), (" run ", "run"), ("a b", "a b")])
def test_a_run_may_be_called_so(name: str, made: str, tmp_path: Path) -> None:
    task = TrainTask(data=DataParams.of({"train_dir": "x"}), hyper=HyperParams())
    assert Run.create(tmp_path, task, name=name).id == made


@pytest.mark.parametrize(
    "classes",
    [
        ("0 bears", "1 bear", "2 bears"),
        ("0", "1"),
        ("1 cat", "0 dog"),
        ("0: a", "1: b"),
        ("cat", "dog"),
        ("0 only",),
        ("10", "9"),
    ],
)
def test_labels_are_read_as_they_were_written(classes: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text(labels_text(classes), encoding="utf-8")
    assert read_labels(tmp_path / "labels.txt") == classes


@pytest.mark.parametrize("name", ["auto", "none", "None", "cat ", " x", "a=b", "~x"])
def test_a_folder_may_have_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _folders(Path(name), "a", "b")
    for data in (DataParams(train_dir=name), DataParams.of({"train_dir": name})):
        assert scan_set(data, "train").root == tmp_path / name
        assert data.anchored().train_dir == str(tmp_path / name)


@pytest.mark.parametrize("written", ["~/set", "~/set ", '"~/set"'])
def test_the_home_folder_is_meant(written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    _folders(tmp_path / "set", "a", "b")
    assert _scan(Path("x"), train_dir=written).root == tmp_path / "set"
    assert text.absolute(written) == str(tmp_path / "set")


def test_a_table_of_many_numbers_is_read_back_digit_by_digit(tmp_path: Path) -> None:
    numbers = [[0.1, 1e-5, 5e-324], [1.0, float(np.float32(0.1)), 1 - 2**-53]]
    names = [("=SUM(A1)", 'a "b", c'), ("two\nlines", "-1")]
    file = tmp_path / "table.csv"
    write_csv_with_numbers(file, ("path", "true", "p:a", "p:b", "p:c"), zip(names, numbers, strict=True))
    rows = list(csv_rows(io.StringIO(file.read_text(encoding="utf-8"), newline="")))[1:]
    assert [tuple(row[:2]) for row in rows] == names
    assert [[float(cell) for cell in row[2:]] for row in rows] == numbers
    first = csv_rows(io.StringIO(file.read_text(encoding="utf-8"), newline=""), 2)
    assert list(first) == [["path", "true"], *map(list, names)]
    some = csv_records(io.StringIO(file.read_text(encoding="utf-8"), newline=""), ("true", "p:b"))
    assert [dict(row) for row in some] == [
        {"true": 'a "b", c', "p:b": "0.00001"},
        {"true": "-1", "p:b": repr(numbers[1][1])},
    ]


def test_the_first_cells_are_those_of_the_whole_rows() -> None:
    lines = [
        "a,b,c\n",
        '"x, ""y""",2,3\r\n',
        '"one\n',
        "two, three\n",
        'four",5,"6\n',
        '7"\n',
        "\n",
        "8,9\n",
        "10",
    ]
    whole = list(csv_rows(lines))
    assert list(csv_rows(lines, 2)) == [row[:2] for row in whole]
    assert whole[2] == ["one\ntwo, three\nfour", "5", "6\n7"]


def test_one_thing_is_not_in_the_plural() -> None:
    assert [text.counted(count, "epoch is", "epochs are") for count in (0, 1, 2000)] == [
        "0 epochs are",
        "1 epoch is",
        "2,000 epochs are",
    ]


def test_alternatives_end_in_or() -> None:
    assert [text.alternatives("abc"[:count]) for count in (1, 2, 3)] == ["a", "a or b", "a, b or c"]


def test_a_candidate_of_one_epoch() -> None:
    tried = {"name": "own", "title": "Own", "state": "done", "accuracy": 0.5, "accuracy_interval": [0.4, 0.6]}
    tried |= {"log_loss": 0.7, "seconds": 2.0, "chosen": True, "result": ""}
    shown = [_scores(Tried.of(tried | {"epochs": epochs})) for epochs in (1, 2)]
    assert [words.rpartition(", ")[2] for words in shown] == ["1 epoch", "2 epochs"]
