"""What a plan goes on with after its memory was not enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from convonet.documents.plan import Candidate, ImageFacts, Plan
from convonet.events import CandidateEnded, CandidateStarted, StageStarted, Warned
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.memory import NO_MEMORY, train_with_less
from convonet.tasks import TrainTask

FACTS = ImageFacts(images=90, counts={"a": 45, "b": 45}, channels=3, height=200, width=200, signs=False)


def _candidate(name: str, kind: str) -> Candidate:
    hyper = {"family": "dense", "batch_size": 4}
    return Candidate(name=name, kind=kind, title=name.title(), hyper=hyper, image_size=(64, 64), channels=3)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with a plan of a small network and a frozen backbone."""
    task = TrainTask(data=DataParams(train_dir="photos"), hyper=HyperParams(), recipe="auto", minutes=5)
    run = Run.create(tmp_path, task)
    candidates = (_candidate("own", "own"), _candidate("frozen", "frozen"))
    run.update(plan=Plan(recipe="auto", minutes=5, facts=FACTS, sentence="", candidates=candidates))
    return run


def _begin(run: Run, name: str, stage: str) -> None:
    run.events().tell(CandidateStarted(name=name, title=name.title(), number=1, total=2))
    run.events().tell(StageStarted(stage=stage, title="Working"))


def _told(run: Run) -> list[str]:
    events, _ = run.events().read(0)
    return [item.event.message for item in events if isinstance(item.event, Warned)]


@pytest.mark.parametrize("stage", ["speed", "train"])
def test_a_candidate_is_trained_with_less_and_then_dropped(run: Run, stage: str) -> None:
    for batch_size in (2, 1):
        _begin(run, "own", stage)
        assert train_with_less(run)
        own, frozen = run.read().plan.candidates
        assert (own.hyper["batch_size"], own.state) == (batch_size, "waiting")
        assert frozen.hyper["batch_size"] == 4
    _begin(run, "own", stage)
    assert train_with_less(run)
    own, frozen = run.read().plan.candidates
    assert (own.state, own.reason, frozen.state) == ("failed", NO_MEMORY, "waiting")
    assert run.task().hyper == HyperParams()
    assert _told(run) == [
        "Own: not enough memory for batches of 4 images; continuing with 2",
        "Own: not enough memory for batches of 2 images; continuing with 1",
        "Own: there is not enough memory to train it, so it is not trained",
    ]
    events, _ = run.events().read(0)
    assert [item.event.state for item in events if isinstance(item.event, CandidateEnded)] == ["failed"]


@pytest.mark.parametrize("stage", ["features", "train"])
def test_a_frozen_backbone_needs_no_less_with_smaller_batches(run: Run, stage: str) -> None:
    _begin(run, "frozen", stage)
    assert train_with_less(run)
    assert run.read().plan.candidate("frozen").state == "failed"


def test_nothing_is_left_to_do_without(run: Run) -> None:
    _begin(run, "frozen", "features")
    assert train_with_less(run)
    run.events().tell(StageStarted(stage="load", title="Loading Keras"))
    assert not train_with_less(run)
