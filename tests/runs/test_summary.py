"""The end of a training on one screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from convonet.params import DataParams, HyperParams
from convonet.runs import Run
from convonet.runs.summary import summary_of
from convonet.tasks import TrainTask


@pytest.mark.parametrize(
    ("then_test", "state", "scores", "told"),
    [
        (True, "done", {}, True),
        (True, "done", {"test": {"accuracy": 0.5}}, False),
        (True, "running", {}, False),
        (False, "done", {}, False),
    ],
)
def test_a_model_without_test_images_says_so(
    tmp_path: Path, then_test: bool, state: str, scores: dict[str, object], told: bool
) -> None:
    task = TrainTask(data=DataParams(train_dir="photos"), hyper=HyperParams(), then_test=then_test)
    run = Run.create(tmp_path, task)
    run.update(state=state, scores=scores)
    steps = [step for step in summary_of(run).advice if step.kind == "no_test"]
    assert bool(steps) is told
    assert all(step.command.endswith("TEST_FOLDER") for step in steps)
