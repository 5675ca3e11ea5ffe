"""The commands of the contract, as outside scripts call them."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import confusion_matrix

from convonet.data.cache import ImageCache
from convonet.data.data_prep import prepare
from convonet.data.sources import scan
from convonet.params import DataParams
from convonet.params.data_params import PixelParams
from convonet.runs import Run, RunStore

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, Said

TRAIN_FILES = {
    "run.json",
    "events.jsonl",
    "history.csv",
    "model.keras",
    "model.onnx",
    "summary.txt",
    "train_val_plots.png",
    "hyper_params.png",
}
TEST_FILES = {"evaluation.json", "confusion_matrix.csv", "confusion_matrix.png", "predictions.csv"}


def _train(convonet: Convonet, tiny: Path, *more: object, name: str = "run") -> Said:
    files = ["--data", tiny / "data.json", "--hyper", tiny / "hyper.json"]
    return convonet("train", *files, "--out", tiny / "runs", "--name", name, "--json", *more)


def _right(said: Said) -> Any:
    assert said.code == 0, said.err
    assert "Traceback" not in said.err
    return said.json()


@pytest.fixture
def trained_here(convonet: Convonet, tiny: Path) -> Path:
    """A run of this test's own, known to its Convonet folder."""
    _right(_train(convonet, tiny))
    return tiny / "runs" / "run"


_ONCE: list[Path] = []


@pytest.fixture
def trained(request: pytest.FixtureRequest, tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a run that is trained once for all tests of this file."""
    if not _ONCE:
        _ONCE.append(tmp_path_factory.mktemp("trained") / "run")
        shutil.copytree(request.getfixturevalue("trained_here"), _ONCE[0])
    copy = tiny / "runs" / "run"
    return copy if copy.exists() else Path(shutil.copytree(_ONCE[0], copy))


def test_training_leaves_every_file_of_the_contract(convonet: Convonet, tiny: Path, trained: Path) -> None:
    assert {path.name for path in trained.iterdir()} >= TRAIN_FILES
    with (trained / "history.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    record = json.loads((trained / "run.json").read_text())
    assert (record["state"], record["model_epoch"]) == ("done", 3)
    assert record["data"]["classes"] == ["dark", "light"]
    assert zipfile.ZipFile(trained / "model.keras").read("convonet.json")
    result = _right(convonet("evaluate", trained, "--json"))
    assert {path.name for path in trained.iterdir()} >= TRAIN_FILES | TEST_FILES
    assert (result["images"], result["classes"]) == (12, ["dark", "light"])
    assert json.loads((trained / "run.json").read_text())["scores"]["test"]["accuracy"] == result["accuracy"]


def test_the_confusion_matrix_is_that_of_the_predictions(convonet: Convonet, trained: Path) -> None:
    result = _right(convonet("evaluate", trained, "--json"))
    with (trained / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    true, predicted = [row["true"] for row in rows], [row["predicted"] for row in rows]
    expected = confusion_matrix(true, predicted, labels=["dark", "light"])
    with (trained / "confusion_matrix.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.reader(file))
    assert table[0][1:] == [row[0] for row in table[1:]] == ["dark", "light"]
    assert np.array_equal(np.array([row[1:] for row in table[1:]], dtype=int), expected)
    assert np.array_equal(result["confusion_matrix"], expected)
    for row in rows:
        assert row["path"].split("/")[0] == row["true"]
        assert float(row["confidence"]) == float(row[f"p:{row['predicted']}"])


def test_twelve_images_train_with_true_progress(convonet: Convonet, tiny: Path) -> None:
    said = _train(convonet, tiny, "--progress", "jsonl", "--set", "batch_size=64", "--no-validation")
    document = _right(said)
    events = [json.loads(line) for line in said.err.splitlines()]
    assert events[0]["event"] == "RunStarted"
    assert events[-1]["event"] == "RunEnded"
    assert {event["run"] for event in events} == {"run"}
    batches = [event for event in events if event["event"] == "BatchEnded"]
    assert {(event["step"], event["steps"]) for event in batches} == {(1, 1)}
    assert [event["epoch"] for event in events if event["event"] == "EpochEnded"] == [1, 2, 3]
    assert document["history"]["val_loss"] == []
    lines = (tiny / "runs" / "run" / "events.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == events


@pytest.mark.slow
def test_one_seed_gives_one_result_and_another_seed_another(convonet: Convonet, tiny: Path) -> None:
    documents = [
        _right(_train(convonet, tiny, "--seed", seed, name=name))
        for name, seed in (("a", 5), ("b", 5), ("c", 6))
    ]
    assert documents[0]["history"] == documents[1]["history"] != documents[2]["history"]


def test_predicting_files_and_folders(convonet: Convonet, tiny: Path, trained: Path) -> None:
    (tiny / "broken.png").write_bytes(b"no picture")
    folder = tiny / "test" / "light"
    table = tiny / "out.csv"
    answers = _right(
        convonet("predict", trained, folder, tiny / "broken.png", "--json", "--csv", table, "--top", "1")
    )
    assert [Path(answer["path"]).name for answer in answers] == [f"{n}.png" for n in range(6)] + [
        "broken.png"
    ]
    assert "error" in answers[-1]
    for answer in answers[:-1]:
        assert set(answer) == {"path", "predicted", "confidence", "unsure", "top"}
        assert answer["top"] == [{"class": answer["predicted"], "probability": answer["confidence"]}]
    assert len(table.read_text(encoding="utf-8").splitlines()) == 8
    assert convonet("predict", trained, tiny / "broken.png", "--json").code == 1


def test_names_are_shown_as_they_are(convonet: Convonet, trained: Path, tiny: Path) -> None:
    image = (tiny / "test" / "light" / "0.png").read_bytes()
    names = [os.fsdecode(b"caf\xe9.png"), "[red] :smile: 东.png", "[b].png"]
    for name in names:
        (tiny / name).write_bytes(image)
    paths = [str(tiny / name) for name in names]
    assert [answer["path"] for answer in _right(convonet("predict", trained, *paths, "--json"))] == paths
    said = convonet("predict", trained, *paths, "--csv", tiny / "out.csv")
    assert said.code == 0, said.err
    shown = said.out.replace("\n", "")
    assert all(name in shown for name in ("caf\\udce9.png", *names[1:]))
    assert len((tiny / "out.csv").read_text(encoding="utf-8").splitlines()) == 4


@pytest.mark.slow
def test_a_run_that_held_nothing_out_has_no_validation_images(convonet: Convonet, tiny: Path) -> None:
    _right(_train(convonet, tiny, "--no-validation", "--set", "epochs=1"))
    run = tiny / "runs" / "run"
    assert _right(convonet("evaluate", run, "--split", "train", "--json"))["images"] == 12
    refused = convonet("evaluate", run, "--split", "val", "--json")
    assert (refused.code, "held out" in refused.err) == (2, True)
    refused = convonet("evaluate", run, "--set", "test_dir=nowhere", "--json")
    assert (refused.code, "nowhere" in refused.err) == (2, True)


def test_the_result_folder_gets_what_the_reference_application_put_there(
    convonet: Convonet, tiny: Path
) -> None:
    data = json.loads((tiny / "data.json").read_text())
    classic = {"num_classes": 2, "result_dir": str(tiny / "results"), **data}
    (tiny / "classic.json").write_text(json.dumps(classic))
    said = convonet("train", "--data", tiny / "classic.json", "--hyper", tiny / "hyper.json", "--json")
    run = Path(_right(said)["run"])
    assert run.parent == tiny / "results"
    for name in ("model.keras", "train_val_plots.png", "hyper_params.png"):
        assert (tiny / "results" / name).read_bytes() == (run / name).read_bytes()


def test_the_reference_network_has_its_numbers(convonet: Convonet, tmp_path: Path) -> None:
    from convonet.params import SearchSpace, preset, save_hyper

    save_hyper(tmp_path / "digits.json", SearchSpace.of(preset("hyper", "reference_digits")))
    (tmp_path / "data.json").write_text(
        '{"num_classes": 10, "train_dir": "x", "test_dir": "y", "image_size": 28, "result_dir": "z"}'
    )
    said = convonet(
        "summary", "--hyper", tmp_path / "digits.json", "--data", tmp_path / "data.json", "--json"
    )
    summary = _right(said)
    rows = [row for row in summary["layers"] if row["type"] != "Rescaling"]
    assert [(row["type"], row["params"]) for row in rows] == [
        ("Conv2D", 320),
        ("MaxPooling2D", 0),
        ("Conv2D", 9248),
        ("MaxPooling2D", 0),
        ("Flatten", 0),
        ("Dense", 803328),
        ("Dropout", 0),
        ("Dense", 5130),
    ]
    assert (summary["params"], summary["trainable"], summary["non_trainable"]) == (818026, 818026, 0)


LONG = [
    "adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib",
    "large.cell.carcinoma_left.hilum_T2_N2_M0_IIIa",
    "normal",
    "squamous.cell.carcinoma_left.hilum_T1_N2_M0_IIIa",
]
SHORT = ["adenocarcinoma", "large.cell.carcinoma", "normal", "squamous.cell.carcinoma"]


@pytest.mark.slow
def test_a_test_set_of_other_class_names_is_left_out_until_the_map_is_taken(
    convonet: Convonet, tmp_path: Path
) -> None:
    for part, names in (("train", LONG), ("test", SHORT)):
        for place, name in enumerate(names):
            (tmp_path / part / name).mkdir(parents=True)
            for number in range(4):
                Image.new("L", (8, 8), 60 * place + number).save(tmp_path / part / name / f"{number}.png")
    folders = ["--train-dir", tmp_path / "train", "--test-dir", tmp_path / "test", "--image-size", 8]
    settings = ["--set", "epochs=1", "--set", "family=logistic", "--out", tmp_path / "runs", "--json"]
    trained = convonet("train", *folders, *settings)
    skipped = _right(trained)["test_skipped"]
    assert trained.err.count(skipped["command"]) == 2
    offered = skipped["error"]["details"]["offered_map"]
    assert offered == {short: long for short, long in zip(SHORT, LONG, strict=True) if short != long}
    taken = ["--set", f"class_map={json.dumps(offered)}"]
    run = _right(convonet("train", *folders, *settings, *taken, "--test"))["run"]
    with (Path(run) / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert Counter(row["true"] for row in rows) == dict.fromkeys(LONG, 4)
    assert all(LONG[SHORT.index(row["path"].split("/")[0])] == row["true"] for row in rows)
    words = shlex.split(skipped["command"])
    assert (words[:2], words[-1]) == (["convonet", "evaluate"], "--accept-class-map")
    assert _right(convonet(*words[1:], "--json"))["images"] == 16
    record = json.loads((Path(trained.json()["run"]) / "run.json").read_text())
    assert record["params"]["data"]["class_map"] == record["task"]["data"]["class_map"] == offered
    assert record["test_skipped"] is None
    assert _right(convonet("evaluate", words[2], "--json"))["images"] == 16
    at_once = _right(convonet("train", *folders, *settings, "--accept-class-map"))
    assert (at_once["test"]["images"], at_once["test_skipped"]) == (16, None)


@pytest.mark.slow
def test_a_plain_keras_model_scores_the_same_here(convonet: Convonet, digits: Path, tmp_path: Path) -> None:
    """The reference's own way: train on 0..1 in plain Keras, save, and evaluate with Convonet."""
    script = tmp_path / "plain.py"
    script.write_text(_PLAIN)
    command = [sys.executable, script, digits, tmp_path / "plain.keras"]
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"KERAS_BACKEND": "torch"}
    )
    expected = float(said.stdout.splitlines()[-1])
    data = ["--test-dir", digits / "test", "--image-size", "8", "--channels", "1", "--out", tmp_path / "runs"]
    unsaid = convonet("evaluate", tmp_path / "plain.keras", *data, "--json")
    assert unsaid.code == 2
    assert "the option `scaling`" in unsaid.err
    result = _right(convonet("evaluate", tmp_path / "plain.keras", *data, "--scaling", "unit", "--json"))
    assert result["accuracy"] == pytest.approx(expected, abs=1e-9)
    assert result["accuracy"] > 0.8


_PLAIN = """
import sys
from pathlib import Path
import keras, numpy as np
from PIL import Image
layers = keras.layers

def read(folder):
    names = sorted(p.name for p in folder.iterdir())
    pairs = [(np.asarray(Image.open(f)), k) for k, n in enumerate(names) for f in sorted((folder / n).iterdir())]
    return np.stack([a for a, _ in pairs])[..., None] / 255.0, np.array([k for _, k in pairs])

keras.utils.set_random_seed(1)
model = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Conv2D(8, 3, padding="same", activation="relu"), layers.MaxPooling2D(),
    layers.Conv2D(8, 3, padding="same", activation="relu"), layers.MaxPooling2D(), layers.Flatten(),
    layers.Dense(32, activation="relu"), layers.Dropout(0.2), layers.Dense(10, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
x, y = read(Path(sys.argv[1]) / "train")
model.fit(x, y, epochs=6, batch_size=32, verbose=0)
model.save(sys.argv[2])
x, y = read(Path(sys.argv[1]) / "test")
print(float((model.predict(x, verbose=0).argmax(1) == y).mean()))
"""


def test_runs_are_listed_shown_compared_and_deleted(convonet: Convonet, trained: Path) -> None:
    # A copy is not in the list of this test's Convonet folder.
    RunStore().add(Run(trained))
    _right(_train(convonet, trained.parents[1], "--set", "epochs=1", name="other"))
    rows = _right(convonet("runs", "list", "--json"))
    assert [row["id"] for row in rows] == ["other", "run"]
    assert _right(convonet("runs", "show", "run", "--json"))["params"]["hyper"]["epochs"] == 3
    assert convonet("runs", "rename", "run", "The best so far").out == "run: The best so far\n"
    assert (rows[1]["title"], rows[1]["images"]) == ("run", rows[0]["images"])
    listed = convonet("runs", "list").out
    line = next(line for line in listed.splitlines() if line.startswith("The best so far"))
    assert re.split(r"\s{2,}", line.strip())[1:4] == [rows[1]["data_set"], "Training", "done"]
    comparison = _right(convonet("runs", "compare", "run", "other", "--json"))
    # The folders differ if another test has trained the run that is copied.
    folders = {"data.train_dir", "data.test_dir"}
    differences = {name: pair for name, pair in comparison["differences"].items() if name not in folders}
    assert differences == {"hyper.epochs": [3, 1]}
    assert convonet("runs", "watch", "run").code == 0
    assert convonet("runs", "cancel", "run").code == 2
    assert convonet("runs", "delete", "other").code == 2
    assert convonet("runs", "delete", "other", "--yes").code == 0
    assert not trained.with_name("other").exists()


def test_several_values_that_are_typed_are_refused(convonet: Convonet, tiny: Path) -> None:
    said = _train(convonet, tiny, "--set", "epochs=2,5")
    assert said.code == 2
    assert "epochs: expected one value, received 2, 5; use `convonet tune` to try several" in said.err


@pytest.mark.slow
def test_the_first_value_of_a_file_trains(convonet: Convonet, tiny: Path) -> None:
    values = json.loads((tiny / "hyper.json").read_text())
    (tiny / "hyper.json").write_text(json.dumps(values | {"epochs": [2, 5]}))
    assert len(_right(_train(convonet, tiny, name="first"))["history"]["loss"]) == 2


def test_training_goes_on_from_a_saved_model(convonet: Convonet, tiny: Path, trained: Path) -> None:
    first = json.loads((trained / "result.json").read_text())["history"]["loss"]
    further = _right(_train(convonet, tiny, "--from", trained, name="further"))["history"]["loss"]
    assert further[0] < first[0]


@pytest.mark.slow
def test_changed_images_stop_a_resume_unless_they_are_accepted(convonet: Convonet, tiny: Path) -> None:
    slow = ["--set", "epochs=400", "--set", "batch_size=1"]
    arguments = ["train", "--data", str(tiny / "data.json"), "--hyper", str(tiny / "hyper.json"), *slow]
    where = ["--out", str(tiny / "runs"), "--name", "run"]
    with subprocess.Popen(
        [sys.executable, "-m", "convonet", *arguments, *where], stderr=subprocess.PIPE
    ) as process:
        while not (tiny / "runs" / "run" / "history.csv").exists():
            assert process.poll() is None
            time.sleep(0.02)
        process.terminate()
        _, err = process.communicate(timeout=240)
    assert process.returncode == 130, err
    Image.new("L", (8, 8), 3).save(tiny / "train" / "dark" / "new.png")
    refused = convonet("resume", tiny / "runs" / "run", "--json")
    assert refused.code == 2
    assert "dark/new.png" in refused.err
    record = json.loads((tiny / "runs" / "run" / "run.json").read_text())
    record["task"]["hyper"]["epochs"] = (
        len((tiny / "runs" / "run" / "history.csv").read_text().splitlines()) + 1
    )
    (tiny / "runs" / "run" / "run.json").write_text(json.dumps(record))
    assert (
        _right(convonet("resume", tiny / "runs" / "run", "--accept-changed-data", "--json"))["state"]
        == "done"
    )


def test_every_command_has_json() -> None:
    """The contract: `convonet COMMAND … [--json]`."""
    from convonet.cli.app import command_tree

    waiting: list[tuple[str, Any]] = [("convonet", command_tree())]
    without = []
    while waiting:
        name, command = waiting.pop()
        below = getattr(command, "commands", {})
        waiting += [(f"{name} {key}", value) for key, value in below.items()]
        if not below and not any("--json" in param.opts for param in command.params):
            without.append(name)
    assert set(without) <= {"convonet desktop", "convonet serve"}  # these two end only when they are closed


def test_changing_files_and_deleting_runs_answer_in_json(
    convonet: Convonet, tiny: Path, trained_here: Path
) -> None:
    made = _right(convonet("params", "new", "hyper", tiny / "new.json", "--json"))
    assert (made["kind"], made["values"]["family"]) == ("hyper", "convonet")
    changed = _right(convonet("params", "set", tiny / "new.json", "epochs=7", "--json"))
    assert (
        changed["values"] == json.loads((tiny / "new.json").read_text()) == made["values"] | {"epochs": [7]}
    )
    new = ("params", "new", "hyper", tiny / "fast.json")
    fast = _right(convonet(*new, "--recipe", "fast", "--train-dir", tiny / "train", "--json"))
    assert (fast["values"]["schedule"], fast["values"]["epochs"]) == ("one_cycle", [10])
    assert convonet(*new, "--force", "--train-dir", tiny / "train").code == 2
    assert _right(convonet("runs", "watch", trained_here, "--json", "--progress", "none"))["state"] == "done"
    gone = _right(convonet("runs", "delete", trained_here, "run", "--yes", "--json"))
    assert gone == [{"run": str(trained_here), "id": "run"}]
    assert not trained_here.exists()


def test_models_doctor_cache_and_inspect_answer(convonet: Convonet, tiny: Path) -> None:
    images = scan(DataParams(train_dir=str(tiny / "train"))).train
    prepare(images, PixelParams(8, 8, 1), cache=ImageCache())
    models = _right(convonet("models", "--json"))
    assert {"convonet", "simple", "logistic", "dense"} <= {family["name"] for family in models["families"]}
    assert _right(convonet("models", "dense", "--json"))["parameters"]
    report = _right(convonet("doctor", "--json"))
    assert report["ready"]
    assert report["machine"]["device"]
    assert _right(convonet("cache", "show", "--json"))["bytes"] > 0
    assert _right(convonet("cache", "clean", "--json"))["freed_bytes"] > 0
    looked = _right(convonet("inspect", tiny / "train", "--test", tiny / "test", "--json"))
    assert looked["classes"] == {"dark": 6, "light": 6}
    assert looked["test"]["images"] == 12


def test_exporting_says_how_far_it_is_from_keras(convonet: Convonet, tiny: Path, trained: Path) -> None:
    answer = _right(convonet("export", trained, "--format", "onnx", "--out", tiny / "copy.onnx", "--json"))
    assert answer["largest_difference"] <= 1e-5
    assert (tiny / "copy.onnx").is_file()
    assert convonet("export", trained, "--format", "tea", "--json").code == 2
