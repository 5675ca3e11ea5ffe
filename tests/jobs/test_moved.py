"""Images and runs in another place: content decides, and a run is known by the name of its folder."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

import convonet
from convonet import api
from convonet.errors import DataError, InputError
from convonet.launch.resume import prepare_resume
from convonet.params import DataParams
from convonet.runs import Run, RunStore
from convonet.runs.documents import list_row, show_document
from convonet.tasks.moved import moved

HYPER = {"family": "logistic", "epochs": 2, "batch_size": 16}


@dataclass
class Moved:
    """A run whose images stand in another folder now."""

    run: Run
    now: Path


@pytest.fixture
def gone(tmp_path: Path, digits: Path) -> Moved:
    """A small training, done; its images were moved afterwards."""
    for name in ("3", "5"):
        shutil.copytree(digits / "train" / name, tmp_path / "here" / name)
        for path in sorted((tmp_path / "here" / name).iterdir())[20:]:
            path.unlink()
    data = {"train_dir": str(tmp_path / "here"), "image_size": 8}
    path = api.train(data, HYPER, out=tmp_path / "runs", name="run", threads=1).path
    (tmp_path / "here").rename(tmp_path / "there")
    return Moved(Run(path), tmp_path / "there")


def test_a_moved_run_is_verified_and_resumed_by_content(gone: Moved) -> None:
    with pytest.raises(DataError, match="have been moved or deleted") as caught:
        convonet.verify(gone.run.path)
    assert f"`convonet.verify('{gone.run.path}', data={{'train_dir': DIR}})`" in str(caught.value.hint)
    assert f"`convonet verify {gone.run.path} --train-dir DIR`" in caught.value.sentence("command")
    assert convonet.verify(gone.run.path, data=gone.now)["equal"]

    gone.run.update(state="failed")
    with pytest.raises(DataError, match=r"have been moved or deleted.*convonet\.resume"):
        prepare_resume(gone.run)
    assert prepare_resume(gone.run, data=DataParams(train_dir=str(gone.now)))
    record = gone.run.read()
    assert record["params"]["data"]["train_dir"] == record["task"]["data"]["train_dir"] == str(gone.now)
    assert record["params"]["data"]["image_size"] == 8

    one, other = sorted((gone.now / "3").iterdir())[:2]
    one.write_bytes(other.read_bytes())
    gone.run.update(state="done")
    found = convonet.verify(gone.run.path)
    assert not found["equal"]
    assert one.name in found["sentence"]


@pytest.mark.parametrize("other", [{"image_size": 16}, {"split_seed": 3}, {"scaling": "symmetric"}])
def test_only_folders_may_be_given_anew(other: dict[str, object]) -> None:
    from convonet.params import HyperParams
    from convonet.tasks import TrainTask

    task = TrainTask(data=DataParams.of({"train_dir": "a", "image_size": 8}), hyper=HyperParams())
    given = DataParams.of({"train_dir": "/b", "test_dir": "/c"})
    assert moved(task, given).data.changed(train_dir="x") == task.data.changed(train_dir="x", test_dir="/c")
    assert moved(task, given.changed(image_size=8)).data.train_dir == "/b"
    with pytest.raises(InputError, match="different values for"):
        moved(task, given.changed(**other))


def test_a_renamed_run_is_known_by_its_new_name(gone: Moved) -> None:
    path = gone.run.path.rename(gone.run.path.with_name("renamed"))
    store = RunStore(path.parent)
    found = store.find("renamed")
    assert found.path == path
    assert (list_row(found)["id"], show_document(found)["id"]) == ("renamed", "renamed")
    assert [run.id for run in store.known()] == ["renamed"]
    assert found.update(state="done")["id"] == "renamed"
