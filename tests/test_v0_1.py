"""What version 0.1 wrote can be opened, listed, resumed, evaluated, compared and reported by every later version.

`tests/assets/make_v0_1.py` made the files with version 0.1.0. They are never made again with a later version.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import convonet
from convonet.params import load_data, load_hyper
from convonet.runs import Run, RunStore
from convonet.runs.documents import adopted_hyper, run_document
from stored_runs import copy_assets, read_json, resume, rows_of

ASSETS = Path(__file__).parent / "assets" / "v0_1"
EPOCHS = 50
RUNS = {
    "train": ("train", "done"),
    "train_killed": ("train", "interrupted"),
    "transfer": ("train", "done"),
    "tune": ("tune", "done"),
    "tune_killed": ("tune", "interrupted"),
    "study": ("study", "done"),
    "study_killed": ("study", "failed"),
    "suspects": ("suspects", "done"),
    "evaluate": ("evaluate", "done"),
}


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    """A copy of the files with the paths of this machine."""
    return copy_assets("v0_1", tmp_path / "v0_1")


def test_all_runs_are_listed(assets: Path) -> None:
    found = RunStore(assets / "runs").known()
    assert {run.id: (run.read()["kind"], run.state()) for run in found} == RUNS


@pytest.mark.parametrize("name", RUNS)
def test_a_run_opens(assets: Path, name: str) -> None:
    run = Run.open(assets / "runs" / name)
    task = run.task()
    assert task.kind == RUNS[name][0]
    assert Path(task.data.test_dir or task.data.train_dir).is_dir()
    assert [stamped.run for stamped in run.events().read()[0]].count(name) > 5


@pytest.mark.parametrize("name", ["train", "transfer", "tune", "study", "suspects"])
def test_a_finished_run_has_the_results_that_it_stored(assets: Path, name: str) -> None:
    run = assets / "runs" / name
    stored = read_json(run / "result.json")
    document = run_document(Run.open(run)).to_dict()
    # Keys may be added, and `state` was still `running` when the result was written.
    names = set(stored) - {"state", "seconds", "run"}
    assert names
    assert {key: document[key] for key in names} == {key: stored[key] for key in names}
    assert document["state"] == "done"


@pytest.mark.slow
def test_a_killed_training_resumes_and_its_model_is_the_last_epoch(assets: Path) -> None:
    run = assets / "runs" / "train_killed"
    history = (run / "history.csv").read_bytes()
    assert Run.open(run).task().hyper.save_best == "none"
    document = resume(run)
    assert (run / "history.csv").read_bytes().startswith(history)
    losses = [float(row["val_loss"]) for row in rows_of(run / "history.csv")]
    assert len(losses) == document["epochs"] == EPOCHS
    # A rule that keeps the best epoch would choose another one.
    assert losses.index(min(losses)) + 1 < EPOCHS
    assert document["model_epoch"] == EPOCHS
    scores = Run.open(run).read()["scores"]["test"]
    assert scores["images"] == 18
    assert scores["accuracy"] == read_json(run / "evaluation.json")["accuracy"]
    assert (run / "model.keras").is_file()


@pytest.mark.slow
def test_a_killed_search_resumes_without_repeating_folds(assets: Path) -> None:
    run = assets / "runs" / "tune_killed"
    trials = (run / "trials.csv").read_bytes()
    assert trials.count(b"\n") == 1 + 2
    document = resume(run)
    assert (run / "trials.csv").read_bytes().startswith(trials)
    rows = rows_of(run / "trials.csv")
    assert [(row["trial"], row["fold"]) for row in rows] == [("1", "1"), ("1", "2"), ("2", "1"), ("2", "2")]
    assert all(row["state"] == "done" and row["epochs_trained"] == str(EPOCHS) for row in rows)
    assert sorted(row["params"]["num_filters"] for row in document["results"]) == [4, 8]


@pytest.mark.slow
def test_a_killed_study_resumes_without_repeating_settings(assets: Path) -> None:
    run = assets / "runs" / "study_killed"
    history = (run / "study_history.csv").read_bytes()
    document = resume(run)
    assert (run / "study_history.csv").read_bytes().startswith(history)
    rows = rows_of(run / "study_history.csv")
    assert [int(row["epoch"]) for row in rows if row["trial"] == "1"] == list(range(1, EPOCHS + 1))
    assert [row["params"] for row in document["results"]] == [{"num_filters": 4}, {"num_filters": 8}]
    assert all(row["epochs_trained"] for row in document["results"])


@pytest.mark.parametrize("name", ["train", "transfer"])
def test_evaluating_a_finished_run_gives_its_stored_scores(assets: Path, name: str) -> None:
    run = assets / "runs" / name
    stored = read_json(run / "evaluation.json")
    scores = convonet.evaluate(run)
    assert scores["accuracy"] == stored["accuracy"]
    assert scores["confusion_matrix"] == stored["confusion_matrix"]
    assert scores["loss"] == pytest.approx(stored["loss"], rel=1e-4)


def test_a_model_file_predicts_what_it_predicted(assets: Path) -> None:
    predictions = convonet.predict(assets / "model.keras", assets / "images" / "test")
    rows = rows_of(assets / "runs" / "evaluate" / "predictions.csv")
    assert len(predictions) == len(rows) == 18
    given = {Path(item["path"]).name: item["top"][0] for item in predictions}
    stored = {Path(row["path"]).name: row for row in rows}
    assert {name: top["class"] for name, top in given.items()} == {
        name: row["predicted"] for name, row in stored.items()
    }
    for name, top in given.items():
        assert top["probability"] == pytest.approx(float(stored[name]["confidence"]), abs=1e-4)


def test_two_runs_compare(assets: Path) -> None:
    store = RunStore(assets / "runs")
    document = store.compare([store.find("train"), store.find("transfer")])
    assert [(row["id"], row["state"], row["same_data"]) for row in document["runs"]] == [
        ("train", "done", True),
        ("transfer", "done", True),
    ]
    assert document["differences"]["hyper.epochs"] == [15, 3]
    assert len(document["pairs"]) == 1
    assert document["difference"]["images"] == 18


@pytest.mark.parametrize("name", ["train", "train_killed", "transfer", "tune", "study", "evaluate"])
def test_a_run_has_a_report(assets: Path, tmp_path: Path, name: str) -> None:
    path = convonet.report(assets / "runs" / name, out=tmp_path / "report.html")
    text = path.read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert name in text


def test_data_parameter_files_load(assets: Path) -> None:
    data = load_data(assets / "params" / "data.json")
    assert (data.image_size, data.channels, data.num_classes) == ((8, 8), 1, None)
    assert Path(data.train_dir or "") == assets / "images" / "train"
    assert Path(data.test_dir or "") == assets / "images" / "test"


def test_hyper_parameter_files_load(assets: Path) -> None:
    space = load_hyper(assets / "params" / "hyper.json")
    stored = read_json(ASSETS / "params" / "hyper.json")
    first = space.first()
    for name in set(stored) - {"format_version"}:
        values = stored[name] if isinstance(stored[name], list) else [stored[name]]
        assert getattr(first, name) == values[0], name
    assert {name: list(space.choices[name]) for name in ("num_filters", "init_rate")} == {
        "num_filters": [2, 4],
        "init_rate": [0.1, 0.05],
    }
    assert first.save_best == "none"


def test_the_best_setting_of_a_search_is_taken_over(assets: Path) -> None:
    run = assets / "runs" / "tune"
    from_file = load_hyper(run / "best_hyper.json").first()
    for hyper in (from_file, adopted_hyper(Run.open(run))):
        assert (hyper.num_filters, hyper.num_units, hyper.epochs, hyper.save_best) == (4, 16, 8, "none")


def test_files_of_the_reference_application_load(assets: Path) -> None:
    data = load_data(assets / "reference" / "data.json")
    assert (data.num_classes, data.image_size, data.channels, data.result_dir) == (3, (8, 8), 1, None)
    assert Path(data.train_dir or "") == assets / "images" / "train"
    space = load_hyper(assets / "reference" / "hyper.json")
    stored = read_json(assets / "reference" / "hyper.json")
    for name, value in stored.items():
        values = value if isinstance(value, list) else [value]
        assert getattr(space.first(), name) == values[0], name
        assert list(space.choices[name]) == values, name
