"""A run is a folder and the folder is the truth."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from convonet import atomic
from convonet.errors import InputError, OutputError, RunAliveError, RunNotFoundError, StorageError
from convonet.events import CancelAcknowledged, EpochEnded, RunState, StageStarted, Warned
from convonet.params import DataParams, HyperParams
from convonet.runs import Run, RunStore
from convonet.runs.documents import list_row, show_document, train_document
from convonet.runs.event_log import EventLog, LineFile
from convonet.runs.memory import train_with_less
from convonet.tasks import EvaluateTask, PredictTask, SummaryTask, TrainTask, read_task


def _task(**hyper: object) -> TrainTask:
    return TrainTask(data=DataParams.of({"train_dir": "a"}), hyper=HyperParams.of(hyper), threads=2)


def _run(parent: Path, **hyper: object) -> Run:
    return Run.create(parent, _task(**hyper), owner=os.getpid())


@pytest.mark.parametrize(
    "task",
    [
        _task(hidden_units=[3, 4], epochs=2),
        EvaluateTask(
            model="m", data=DataParams.of({"test_dir": "t", "image_size": "8x6", "class_map": {"a": "b"}})
        ),
        PredictTask(model="m", paths=("a", "b")),
        SummaryTask(model="m"),
    ],
)
def test_tasks_come_back_from_json(task: object) -> None:
    assert read_task(json.loads(json.dumps(task.to_dict()))) == task  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "value", [{}, {"kind": "tea", "format_version": 1}, _task().to_dict() | {"extra": 1}]
)
def test_a_task_that_is_none_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(InputError):
        read_task(value)


def test_a_job_and_a_record_of_version_1_keep_the_last_epoch(tmp_path: Path) -> None:
    assert HyperParams().save_best is None
    spec = _task(epochs=2).to_dict()
    assert read_task(spec) == _task(epochs=2)
    assert read_task(spec | {"format_version": 1}) == _task(epochs=2, save_best="none")
    chosen = _task(epochs=2, save_best="val_accuracy")
    assert read_task(chosen.to_dict() | {"format_version": 1}) == chosen
    run = _run(tmp_path, epochs=2)
    old = run.read().to_dict() | {"format_version": 1, "task": spec | {"format_version": 1}}
    run.file("run.json").write_text(json.dumps(old))
    assert run.read().params.hyper == {"epochs": 2, "save_best": "none"}
    run.update(state="done")
    assert json.loads((run.path / "run.json").read_text())["format_version"] == 2
    assert run.task() == _task(epochs=2, save_best="none")


def test_a_new_run_has_a_record_and_is_never_overwritten(tmp_path: Path) -> None:
    run = Run.create(tmp_path, _task(seed=7), name="first")
    record = run.read()
    assert (record["state"], record["kind"], record["seed"]) == ("waiting", "train", 7)
    assert record["versions"]["convonet"]
    assert record["machine"]["cores"] >= 1
    assert run.task() == _task(seed=7).anchored()
    with pytest.raises(InputError, match="already"):
        Run.create(tmp_path, _task(), name="first")


def test_ids_are_kind_time_and_four_hex_digits(tmp_path: Path) -> None:
    kind, time, digits = _run(tmp_path).id.split("-")
    assert (kind, len(time), len(int(digits, 16).to_bytes(2))) == ("train", 16, 2)


@pytest.mark.parametrize("name", ["", ".", "a/b", "a\0b"])
def test_a_name_that_is_no_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        Run.create(tmp_path, _task(), name=name)


_HOLDER = """
import sys
from pathlib import Path
from convonet.runs import Run
with Run(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_held_run_is_alive_and_a_dropped_one_was_interrupted(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.update(state=RunState.RUNNING, process=1)
    arguments = [sys.executable, "-c", _HOLDER, str(run.path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert run.state() is RunState.RUNNING
        with pytest.raises(RunAliveError), run.lock():
            pass
        with pytest.raises(RunAliveError):
            RunStore().delete(run)
        holder.kill()
    assert run.state() is RunState.INTERRUPTED
    with run.lock():
        assert run.is_locked()


def test_a_waiting_run_whose_owner_died_was_interrupted(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    run = Run.create(tmp_path, _task(), owner=gone.pid)
    assert run.state() is RunState.INTERRUPTED


def test_events_are_read_as_they_come_and_a_torn_line_is_no_event(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl", "run-1")
    log.tell(CancelAcknowledged())
    events, offset = log.read()
    assert [stamped.run for stamped in events] == ["run-1"]
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"event": "Epo')
    assert log.read(offset) == ([], offset)
    log.tell(EpochEnded(epoch=1, epochs=2, logs={"loss": 0.1}, seconds=1.0))
    events, _ = log.read(offset)
    assert [type(stamped.event) for stamped in events] == [EpochEnded]


def test_lines_are_cut_back_to_a_checkpoint(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "history.csv")
    file.append("epoch,loss")
    size = file.size()
    file.append("1,0.5")
    file.cut(size)
    assert (tmp_path / "history.csv").read_text() == "epoch,loss\n"


def test_history_leaves_out_a_torn_row_and_keeps_absent_values_absent(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.file("history.csv").write_text(
        "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate\n1,0.5,0.25,,,0.02\n2,0."
    )
    history = run.history()
    assert (history["epoch"], history["loss"], history["val_loss"]) == ([1.0], [0.5], [None])
    assert train_document(run).history.to_dict() == {
        "loss": [0.5],
        "accuracy": [0.25],
        "val_loss": [],
        "val_accuracy": [],
    }


def test_the_store_finds_runs_by_id_path_and_below_a_folder(tmp_path: Path) -> None:
    store = RunStore()
    run = _run(tmp_path / "elsewhere")
    store.add(run)
    deep = Run.create(tmp_path / "root" / "a" / "b", _task(), name="deep")
    Run.create(tmp_path / "root" / "a" / "b" / "c", _task(), name="too-deep")
    assert store.find(run.id).path == run.path
    assert store.find(str(deep.path)).path == deep.path
    assert [found.id for found in RunStore(tmp_path / "root").known()] == ["deep", run.id]
    with pytest.raises(RunNotFoundError, match="deep"):
        RunStore(tmp_path / "root").find("dep")


def test_two_runs_of_one_name_ask_for_the_path(tmp_path: Path) -> None:
    for parent in ("a", "b"):
        Run.create(tmp_path / parent, _task(), name="same")
    with pytest.raises(RunNotFoundError, match="2 runs"):
        RunStore(tmp_path).find("same")


def test_comparing_shows_only_what_differs(tmp_path: Path) -> None:
    runs = [_run(tmp_path, epochs=epochs, batch_size=8) for epochs in (2, 3)]
    runs[1].update(scores={"test": {"accuracy": 0.5}})
    document = RunStore().compare(runs)
    assert document.differences == {"hyper.epochs": [2, 3]}
    assert document.runs[1].scores.to_dict() == {"test": {"accuracy": 0.5}}


def test_deleting_removes_the_folder(tmp_path: Path) -> None:
    run = _run(tmp_path)
    RunStore().delete(run)
    assert not run.path.exists()


def test_documents_show_the_true_state(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.update(state=RunState.RUNNING)
    assert show_document(run)["state"] == list_row(run)["state"] == "interrupted"


def test_a_record_of_a_newer_version_is_refused_in_words(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.update(format_version=99)
    with pytest.raises(RunNotFoundError, match="99"):
        run.read()


def test_a_damaged_record_is_refused_with_what_was_expected_and_received(tmp_path: Path) -> None:
    run = _run(tmp_path)
    record = json.loads(run.file("run.json").read_text(encoding="utf-8"))
    run.file("run.json").write_text(json.dumps(record | {"seed": "three"}), encoding="utf-8")
    with pytest.raises(RunNotFoundError) as caught:
        run.read()
    assert str(caught.value.expected).startswith("seed: ")
    assert caught.value.received == "'three'"


def test_an_atomic_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    atomic.write_json(file, {"old": 1})

    def fail_half_way() -> None:
        with atomic.replacing(file) as temporary:
            temporary.write_text("half")
            raise ValueError("in the middle")

    with pytest.raises(ValueError, match="in the middle"):
        fail_half_way()
    assert json.loads(file.read_text()) == {"old": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A disk of 64 KiB; needs the right to mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no right to mount a small disk here")
    yield folder  # type: ignore[misc]
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(file: Path) -> None:
    """Write until the disk is full."""
    with file.open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(512))


def _tell_much(run: Run) -> None:
    for _ in range(200):
        run.events().tell(CancelAcknowledged())


def test_a_full_disk_is_said_and_nothing_half_written_stays(small_disk: Path) -> None:
    run = _run(small_disk)
    before = run.read()
    with pytest.raises(StorageError, match="no space"):
        atomic.write_bytes(run.file("model.keras"), bytes(2**18))
    assert not run.file("model.keras").exists()
    _fill(small_disk / "filler")
    with pytest.raises(StorageError):
        _tell_much(run)
    assert run.read() == before


def test_a_read_only_place_is_an_output_error(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OutputError, match="read-only"):
        _run(small_disk)


def test_events_survive_names_with_line_separators(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "events.jsonl", "r")
    for name in ("a\u2028b", "c\x85d", "e"):
        log.tell(Warned(message=name))
    events, offset = log.read()
    assert [stamped.event for stamped in events] == [Warned(message=m) for m in ("a\u2028b", "c\x85d", "e")]
    assert offset == log.size()


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    run = _run(tmp_path)
    with atomic.replacing(run.file("checkpoint.npz")) as temporary:
        left = run.file(temporary.name)
    left.touch()
    run.file("checkpoint.npz").unlink()
    run.file(".run-abcdefgh.json").touch()
    run.sweep()
    assert not left.exists()
    assert sorted(path.name for path in run.path.iterdir()) == [".run-abcdefgh.json", "run.json"]


def test_a_run_means_the_same_folders_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = DataParams.of({"train_dir": "a", "result_dir": "~/r", "image_size": 8})
    task = Run.create(Path("runs"), TrainTask(data=data, hyper=HyperParams())).task()
    assert task == TrainTask(
        data=data.changed(train_dir=str(tmp_path / "a"), result_dir=str(Path.home() / "r")),
        hyper=HyperParams(),
    )


def test_a_file_is_no_parent_of_runs(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="This is a file"):
        _run(tmp_path / "file")


def test_a_run_that_cannot_be_remembered_is_not_begun(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    run = _run(tmp_path / "runs")
    with pytest.raises(OutputError):
        RunStore(index=tmp_path / "file" / "runs.jsonl").add(run)
    assert not run.path.exists()


def test_a_run_whose_lock_cannot_be_tried_is_read_all_the_same(tmp_path: Path) -> None:
    run = _run(tmp_path)
    run.file("run.lock").mkdir()
    for process, state in ((2**22 + 1, "interrupted"), (os.getpid(), "running")):
        run.update(state="running", process=process)
        assert run.state() == state


@pytest.mark.parametrize(("stage", "halved"), [("train", True), ("fine_tune", True), ("features", False)])
def test_a_batch_is_halved_where_a_smaller_one_helps(tmp_path: Path, stage: str, halved: bool) -> None:
    run = _run(tmp_path, batch_size=64)
    run.events().tell(StageStarted(stage=stage, title="Working"))
    assert train_with_less(run) is halved
    task = run.task()
    assert isinstance(task, TrainTask)
    assert task.hyper.batch_size == (32 if halved else 64)
