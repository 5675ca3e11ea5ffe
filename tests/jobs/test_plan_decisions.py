"""How long a candidate is trained: decided from a measured speed, and again when its epochs turn out otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from convonet.documents.plan import Candidate, ImageFacts, Plan
from convonet.events import Watch
from convonet.jobs import plan_decisions
from convonet.jobs.plan_decisions import PlanDecisions
from convonet.jobs.plan_speed import Speed
from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.tasks import TrainTask

FACTS = ImageFacts(images=90, counts={"a": 45, "b": 45}, channels=3, height=200, width=200, signs=False)
FINE_TUNED = Candidate(
    name="fine_tuned",
    kind="fine_tuned",
    title="A backbone, fine-tuned",
    hyper={"family": "transfer", "base": "efficientnet_lite0", "head_solver": "lbfgs"},
    image_size=(224, 224),
    channels=3,
    timed=True,
    least_epochs=2,
    most_epochs=12,
)


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(plan_decisions, "time", clock)
    return clock


def decisions_of(folder: Path, began: float, **values: Any) -> PlanDecisions:
    task = TrainTask(data=DataParams(train_dir="photos"), hyper=HyperParams(), recipe="auto", minutes=5)
    run = Run.create(folder, task)
    plan = Plan(recipe="auto", minutes=5, facts=FACTS, sentence="", candidates=(FINE_TUNED,))
    run.update(plan=plan, **values)
    return PlanDecisions(run, task, plan, Watch(), began)


@pytest.mark.parametrize(
    ("seconds", "lengths"),
    [
        (30.0, []),  # as measured
        (31.0, []),  # within the tolerance
        (45.0, [(1, 6)]),
        (15.0, [(1, 12)]),  # no more than a candidate may have
        (200.0, [(1, 2)]),  # no fewer than a candidate needs
    ],
)
def test_epochs_that_take_other_times_than_measured_change_their_number(
    tmp_path: Path,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    lengths: list[tuple[int, int]],
) -> None:
    monkeypatch.setattr(plan_decisions, "measure_speed", lambda *_: Speed(3.0, 30.0))
    decisions = decisions_of(tmp_path, clock.now)
    epochs = decisions.epochs(FINE_TUNED, None, alone=False)  # type: ignore[arg-type]
    assert epochs == 9
    ask, decided, epoch = decisions.new_length(FINE_TUNED), [], 0
    while epoch < epochs - 1:
        epoch += 1
        clock.now += seconds
        changed = ask(epoch, seconds)
        if changed is not None:
            decided.append((epoch, changed))
            epochs = changed
    assert decided == lengths
    written = decisions.run.read().plan
    assert written is not None
    assert [(one.after, int(one.value)) for one in written.decisions] == [(0, 9), *lengths]


def test_a_slow_first_epoch_alone_costs_no_other(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan_decisions, "measure_speed", lambda *_: Speed(3.0, 30.0))
    decisions = decisions_of(tmp_path, clock.now)
    assert decisions.epochs(FINE_TUNED, None, alone=False) == 9  # type: ignore[arg-type]
    ask = decisions.new_length(FINE_TUNED)
    for epoch in range(1, 9):
        clock.now += 34.0 if epoch == 1 else 30.0
        assert ask(epoch, 34.0 if epoch == 1 else 30.0) is None


def test_a_repetition_takes_the_decisions_of_the_record(tmp_path: Path, clock: Clock) -> None:
    decisions = decisions_of(tmp_path, clock.now, replay=True)
    for value, after in ((9, 0), (6, 2)):
        decisions._decide(FINE_TUNED, "epochs", value, "", after=after)
    assert decisions.epochs(FINE_TUNED, None, alone=False) == 9  # type: ignore[arg-type]
    ask = decisions.new_length(FINE_TUNED)
    assert [ask(epoch, 500.0) for epoch in range(1, 6)] == [None, 6, None, None, None]


def test_a_resumed_training_may_become_shorter_but_not_longer(tmp_path: Path, clock: Clock) -> None:
    first = decisions_of(tmp_path, clock.now)
    first._decide(FINE_TUNED, "epochs", 6, "")
    resumed = PlanDecisions(first.run, first.task, first.plan, Watch(), clock.now)
    assert resumed.epochs(FINE_TUNED, None, alone=False) == 6  # type: ignore[arg-type]
    ask = resumed.new_length(FINE_TUNED)
    clock.now += 1.0
    assert ask(2, 1.0) is None
    assert ask(3, 200.0) == 4


def test_a_refit_has_the_length_that_it_was_given(tmp_path: Path, clock: Clock) -> None:
    decisions = decisions_of(tmp_path, clock.now)
    decisions._decide(FINE_TUNED, "epochs", 6, "", after=2)
    ask = decisions.new_length(FINE_TUNED.changed(timed=False))
    assert [ask(epoch, 500.0) for epoch in range(1, 6)] == [None] * 5
