"""What can be done when, by code: a page chooses its words by it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from convonet.events import Watch
from convonet.params import DataParams, SearchSpace
from convonet.session.conditions import Code
from convonet.session.local.backend import LocalBackend
from convonet.session.opened import OpenedModel
from convonet.session.session import Session
from convonet.session.steps import steps


def code(session: Session, action: str) -> str | None:
    reason = session.why_not(action)
    assert reason is None or reason.code in get_args(Code)
    return None if reason is None else reason.code


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(LocalBackend(tmp_path))


def test_each_action_names_the_first_thing_that_is_missing(session: Session, tiny_set: Path) -> None:
    actions = ("train", "further", "tune", "initialise", "suspects", "evaluate", "predict", "save_model")
    assert [code(session, action) for action in actions] == ["no_training_images"] * 5 + ["no_model"] * 3
    assert [code(session, action) for action in ("stop", "stop_tuning")] == ["idle", "not_tuning"]
    data = DataParams.of({"train_dir": str(tiny_set)})
    session.params.set_data(data)
    session.take_sets(data, session.images.load_sets(data, (), Watch()))
    assert [code(session, action) for action in actions[:5]] == [
        None,
        "no_model",
        "nothing_varied",
        None,
        None,
    ]
    session.params.set_space(SearchSpace.of({"epochs": [1, 2]}))
    session.set_model(OpenedModel(tiny_set / "some.keras"))
    assert [code(session, action) for action in actions] == [None] * 5 + ["no_test_images", None, None]
    session.params.set_faults("hyper", {"epochs": "epochs: expected …"})
    assert [code(session, action) for action in actions[:5]] == ["invalid_value"] * 5


def test_the_way_says_in_short_what_is_missing(session: Session) -> None:
    notes = {step.name: step.note for step in steps(session)}
    assert notes["train"] == "Needs images"
    assert (notes["test"], notes["use"]) == ("Needs a model", "Needs a model")
