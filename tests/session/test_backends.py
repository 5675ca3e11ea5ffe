"""The same questions to both backends: a session does not see whether its images are here or on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from convonet.errors import ConvonetError, DataError
from convonet.events import RunState, Watch
from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.runs import Run, RunStore
from convonet.runs.naming import title_of
from convonet.session.backend import Backend
from convonet.session.local.backend import LocalBackend
from convonet.session.remote.backend import open_server
from convonet.session.session import Session
from convonet.tasks import TrainTask
from served import TOKEN, Served


@pytest.fixture(params=["local", "remote"])
def backend(request: pytest.FixtureRequest, served: Served) -> Iterator[Backend]:
    """Of this machine and of a server, on the same digits."""
    made: Backend = (
        LocalBackend(served.root / "runs") if request.param == "local" else open_server(served.url, TOKEN)
    )
    yield made
    made.close()


@pytest.fixture
def data(backend: Backend, served: Served) -> DataParams:
    """The digits as the backend calls them."""
    before = "" if backend.is_remote else f"{served.root}/"
    folders = {"train_dir": f"{before}digits/train", "test_dir": f"{before}digits/test"}
    return DataParams.of(folders | {"image_size": 8})


@pytest.fixture
def finished(served: Served) -> Callable[[str], Run]:
    """Makes runs in the server's folder that the person's index knows too."""

    def make(name: str) -> Run:
        train_dir = str(served.root / "digits" / "train")
        task = TrainTask(data=DataParams.of({"train_dir": train_dir}), hyper=HyperParams.of({"epochs": 4}))
        run = Run.create(served.root / "runs", task, name=name)
        run.update(state=RunState.DONE)
        RunStore().add(run)
        return run

    return make


def test_sets_and_their_plan(backend: Backend, data: DataParams, served: Served) -> None:
    sets = backend.images.load_sets(data, (), Watch())
    assert (sets.images("train"), sets.images("test"), sets.classes) == (24, 24, ("3", "7"))
    # What a person has set is imposed, and a network that is named is not: a plan chooses it.
    hyper = HyperParams.of({"batch_size": 16, "family": "simple"})
    plan = backend.images.make_plan(data, hyper, "auto", sets["train"], minutes=2, validation=0)
    here = LocalBackend(served.root).images
    root = DataParams.of({"train_dir": str(served.root / "digits" / "train"), "image_size": 8})
    listing = here.load_sets(root, (), Watch())["train"]
    expected = here.make_plan(root, hyper, "auto", listing, minutes=2, validation=0)
    assert plan is not None
    assert expected is not None
    assert plan.sentence == expected.sentence
    assert plan.notes == expected.notes
    assert [(one.title, one.hyper, one.image_size) for one in plan.candidates] == [
        (one.title, one.hyper, one.image_size) for one in expected.candidates
    ]
    assert {one.hyper["batch_size"] for one in plan.candidates if "batch_size" in one.hyper} == {16}
    assert backend.images.make_plan(data, hyper, "none", sets["train"], minutes=None, validation=0) is None


def test_hyperparameters_to_begin_with(backend: Backend, data: DataParams) -> None:
    session = Session(backend)
    assert session.first_space() == SearchSpace.single(HyperParams())
    session.params.set_data(data)
    session.take_sets(data, backend.images.load_sets(data, (), Watch()))
    assert session.first_space().choices["family"] == ("convonet",)


def test_runs_are_listed_compared_and_deleted(backend: Backend, finished: Callable[[str], Run]) -> None:
    kept, gone = finished("kept"), finished("gone")
    assert sorted(run.id for run in backend.runs.known()) == ["gone", "kept"]
    rows = {row.run: row for row in backend.runs.rows()}
    assert set(rows) == {str(run.path) for run in backend.runs.known()}
    assert {(row.state, row.data_set) for row in rows.values()} == {(RunState.DONE, "digits")}
    run = backend.runs.find("gone")
    assert backend.runs.state(run) is RunState.DONE
    assert not backend.models.is_in(run)
    compared = backend.runs.compare([run, backend.runs.find("kept")])
    assert [item["id"] for item in compared["runs"]] == ["gone", "kept"]
    own = title_of(run)
    backend.runs.rename(run, "The best so far")
    assert title_of(run) == title_of(gone) == "The best so far"
    assert title_of(next(each for each in backend.runs.known() if each.id == "gone")) == "The best so far"
    backend.runs.rename(run, "")
    assert title_of(run) == title_of(gone) == own
    backend.runs.delete(run)
    assert not gone.path.exists()
    assert not run.path.exists()
    assert [known.id for known in backend.runs.known()] == [kept.id]


def test_nothing_is_left_to_resume_of_a_finished_run(
    backend: Backend, finished: Callable[[str], Run]
) -> None:
    finished("kept")
    session = Session(backend)
    assert not session.resume(backend.runs.find("kept"))
    assert session.work is None


def test_what_is_not_there(backend: Backend, served: Served, tmp_path: Path) -> None:
    absent = "digits/absent" if backend.is_remote else str(served.root / "digits" / "absent")
    sets = backend.images.load_sets(DataParams.of({"train_dir": absent}), (), Watch())
    assert isinstance(sets.errors["train"], DataError)
    model = "absent.keras" if backend.is_remote else str(tmp_path / "absent.keras")
    with pytest.raises(ConvonetError, match="There is no"):
        backend.models.open(Path(model))
