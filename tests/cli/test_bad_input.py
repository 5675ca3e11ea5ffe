"""Bad input: a clear sentence, the right exit code, no traceback, nothing half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, Said


def _refused(said: Said, words: str, code: int = 2) -> None:
    assert said.code == code, said.err
    assert "Traceback" not in said.err
    assert "Value error" not in said.err
    assert words in said.err
    if said.out:
        assert "error" in said.json()


DATA: list[tuple[str, dict[str, Any], str]] = [
    ("missing folder", {"train_dir": "nowhere"}, "nowhere"),
    ("empty folder", {"train_dir": "empty"}, "No images"),
    ("one class", {"train_dir": "one"}, "class"),
    ("a file of text", {"train_dir": "data.json"}, "data.json"),
    ("other number of classes", {"num_classes": 3}, "num_classes"),
    ("unknown key", {"image_sice": 8}, "image_size"),
    ("out of range", {"image_size": 0}, "image_size"),
    ("class missing in validation", {"val_dir": "one"}, "light"),
    ("class too many in validation", {"val_dir": "three"}, "extra"),
    ("no such test folder", {"test_dir": "nowhere"}, "nowhere"),
    ("empty test folder", {"test_dir": "empty"}, "No images"),
    ("no validation images", {"val_dir": "empty"}, "No images"),
]


@pytest.fixture
def odd(tiny: Path) -> Path:
    """Beside the tiny set: an empty folder, one with one class, one with three."""
    (tiny / "empty").mkdir()
    for folder, names in (("one", ["dark"]), ("three", ["dark", "light", "extra"])):
        for name in names:
            (tiny / folder / name).mkdir(parents=True)
            Image.new("L", (8, 8)).save(tiny / folder / name / "a.png")
    return tiny


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--recipe", "auto", "--from", "model.keras"), "starts from a model"),
        (("--recipe", "none", "--minutes", "3"), "needs a recipe that plans"),
        (("--from", "model.keras", "--minutes", "3"), "needs a recipe that plans"),
        (("--recipe", "fast", "--set", "family=simple"), "chooses the network"),
        (("--recipe", "fast", "--minutes", "0"), "--minutes"),
        (("--recipe", "quick"), "--recipe"),
    ],
)
def test_recipes_that_cannot_be_followed(
    convonet: Convonet, tiny: Path, options: tuple[str, ...], words: str
) -> None:
    said = convonet("train", tiny / "train", *options, "--out", tiny / "runs")
    _refused(said, words)
    assert not (tiny / "runs").exists()


@pytest.mark.parametrize(("values", "words"), [case[1:] for case in DATA], ids=[case[0] for case in DATA])
def test_wrong_data_is_refused(convonet: Convonet, odd: Path, values: dict[str, Any], words: str) -> None:
    folders = {name: str(odd / value) if name.endswith("_dir") else value for name, value in values.items()}
    base = json.loads((odd / "data.json").read_text())
    (odd / "wrong.json").write_text(json.dumps(base | folders))
    said = convonet("train", "--data", odd / "wrong.json", "--out", odd / "runs", "--name", "run", "--json")
    _refused(said, words)
    assert not (odd / "runs" / "run").exists()


HYPER = [
    ({"epoch": 3}, "epochs"),
    ({"epochs": 0}, "epochs"),
    ({"init_rate": -1, "batch_size": "x"}, "batch_size"),
    ({"family": "convonett"}, "convonet"),
    ({"stop_patience": 2, "stop_monitor": "val_los"}, "val_loss"),
]


@pytest.mark.parametrize(("values", "words"), HYPER)
def test_wrong_hyper_parameters_are_refused(
    convonet: Convonet, tiny: Path, values: dict[str, Any], words: str
) -> None:
    (tiny / "wrong.json").write_text(json.dumps(values))
    said = convonet(
        "train",
        "--data",
        tiny / "data.json",
        "--hyper",
        tiny / "wrong.json",
        "--out",
        tiny / "runs",
        "--json",
    )
    _refused(said, words)
    assert not (tiny / "runs").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train"], "--data"),
        (["train", "--data", "{tiny}/none.json"], "none.json"),
        (["train", "--data", "{tiny}/data.json", "--set", "epochs"], "NAME=VALUE"),
        (["train", "--data", "{tiny}/data.json", "--set", "epoch=3"], "epochs"),
        (["train", "--data", "{tiny}/data.json", "--name", "a/b"], "folder"),
        (["evaluate", "{tiny}/none", "--data", "{tiny}/data.json"], "none"),
        (["evaluate", "{tiny}/data.json", "--data", "{tiny}/data.json"], "data.json"),
        (["predict", "{tiny}/none", "{tiny}/train"], "none"),
        (["resume", "none"], "none"),
        (["runs", "show", "none"], "none"),
        (["models", "convonett"], "convonet"),
        (["inspect", "{tiny}/none"], "none"),
        (["samples", "digit", "{tiny}/d"], "digits"),
        (["params", "check", "{tiny}/none.json"], "none.json"),
        (["params", "new", "tea", "{tiny}/t.json"], "data or hyper"),
        (["params", "new", "hyper", "{tiny}/t.json", "--preset", "reference_digit"], "reference_digits"),
        (["train", "--data", "{tiny}/data.json", "--progress", "loud"], "jsonl"),
        (["train", "--data", "{tiny}/data.json", "--out", "{tiny}/data.json"], "a file, not a folder"),
        (["train", "--train-dir", "long" * 100], "train_dir"),
        (["train", "--data", "{tiny}/data.json", "--from", "none"], "none"),
        (["evaluate", "long" * 100, "--data", "{tiny}/data.json"], "no such model"),
        (["predict", "{tiny}/none", "long" * 100], "No such image"),
        (["params", "check", "/dev/zero"], "too large"),
    ],
)
def test_wrong_arguments_are_refused(
    convonet: Convonet, tiny: Path, arguments: list[str], words: str
) -> None:
    _refused(convonet(*[argument.format(tiny=tiny) for argument in arguments]), words)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"epochs": ' + "9" * 5_000 + "}", ""])
def test_json_that_python_cannot_hold_is_refused(convonet: Convonet, tiny: Path, text: str) -> None:
    (tiny / "odd.json").write_text(text)
    _refused(convonet("params", "check", tiny / "odd.json"), "odd.json")


def test_a_set_with_bad_files_trains_and_tells_them(convonet: Convonet, tiny: Path) -> None:
    dark = tiny / "train" / "dark"
    (dark / "text.png").write_text("this is no picture")
    (dark / "empty.png").write_bytes(b"")
    (dark / "torn.png").write_bytes((dark / "0.png").read_bytes()[:40])
    (tiny / "train" / ".ipynb_checkpoints").mkdir()
    Image.new("L", (8, 8)).save(tiny / "train" / ".ipynb_checkpoints" / "a.png")
    said = convonet(
        "train",
        "--data",
        tiny / "data.json",
        "--hyper",
        tiny / "hyper.json",
        "--out",
        tiny / "runs",
        "--json",
    )
    assert said.code == 0, said.err
    train_set = json.loads((Path(said.json()["run"]) / "run.json").read_text())["data"]["sets"]["train"]
    assert train_set["images"] == 12
    assert {path for path, _ in train_set["skipped"]} == {"dark/text.png", "dark/empty.png", "dark/torn.png"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for a few files; needs the right to mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(folder)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small disk here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _whole_files(folder: Path) -> None:
    """Every file that is there is whole, and no temporary one is left."""
    for path in folder.rglob("*"):
        assert not path.name.startswith("."), path
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
        if path.suffix == ".png":
            Image.open(path).load()


def test_a_full_disk_ends_the_run_in_words(convonet: Convonet, tiny: Path, small_disk: Path) -> None:
    files = ["--data", tiny / "data.json", "--hyper", tiny / "hyper.json", "--set", "num_units=2000"]
    said = convonet("train", *files, "--out", small_disk, "--name", "run", "--json")
    _refused(said, "no space", code=1)
    _whole_files(small_disk)
    assert convonet("runs", "show", small_disk / "run", "--json").json()["state"] == "failed"


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [8, 24, 48, 72, 112, 200])
def test_a_disk_that_is_full_at_another_moment_is_said_too(
    kilobytes: int, convonet: Convonet, tiny: Path, small_disk: Path
) -> None:
    subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(small_disk)], check=True)
    files = ["--data", tiny / "data.json", "--hyper", tiny / "hyper.json", "--set", "num_units=2000"]
    said = convonet("train", *files, "--out", small_disk, "--name", "run", "--json")
    assert said.code == 1, said.err
    assert "ended early" not in said.err
    assert "no space" in said.err or "disk is full" in said.err


def test_a_full_or_read_only_result_folder_is_said(convonet: Convonet, tiny: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    files = ["--data", tiny / "data.json", "--hyper", tiny / "hyper.json"]
    _refused(convonet("train", *files, "--out", small_disk, "--json"), "read-only")
    _refused(
        convonet("train", *files, "--set", f"result_dir={small_disk}", "--out", tiny / "runs", "--json"),
        "read-only",
    )
