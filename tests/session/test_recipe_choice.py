"""Which recipe trains, by what the person gave; advice that is followed; what a training had to say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from convonet.documents.summary import NextStep
from convonet.errors import InputError
from convonet.events import (
    CandidateEnded,
    CandidateStarted,
    EpochEnded,
    PlanMade,
    StageStarted,
    TrainingStarted,
    TrainingStopped,
    Warned,
)
from convonet.home import home
from convonet.params import DataParams, HyperParams, SearchSpace
from convonet.runs import Run
from convonet.runs.summary import summary_of
from convonet.session.demo import task_for
from convonet.session.local.backend import LocalBackend
from convonet.session.progress import Progress, stored_messages
from convonet.session.recipes import RecipeChoice
from convonet.session.session import Session
from convonet.tasks import TrainTask
from convonet.tasks.shown_as import as_command


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session that begins with `auto`, as the window's does."""
    made = Session(LocalBackend(tmp_path / "runs"))
    made.params.recipes.first = "auto"
    return made


def test_values_are_imposed_and_a_network_switches_the_plan_off(session: Session) -> None:
    assert session.tasks.train().recipe == "auto"
    session.params.set_space(SearchSpace.of({"epochs": 4}))
    task = session.tasks.train()
    assert (task.recipe, task.hyper.set_values()) == ("auto", {"epochs": 4})
    session.params.set_space(SearchSpace.of({"epochs": 4, "family": "logistic"}))
    assert session.params.recipe == "none"
    assert session.tasks.train().hyper.family == "logistic"
    session.params.set_space(SearchSpace.of({"epochs": 4}))
    assert session.params.recipe == "auto"
    session.params.set_space(SearchSpace.of({"base": "efficientnet_lite0"}))
    assert session.params.recipe == "none"


def test_what_was_done_last_counts(session: Session) -> None:
    session.params.set_space(SearchSpace.of({"family": "logistic", "epochs": 4}))
    session.params.set_recipe("auto", 2)
    task = session.tasks.train()
    assert (task.recipe, task.minutes, task.hyper.set_values()) == ("auto", 2, {"epochs": 4})
    session.params.set_space(SearchSpace.of({"family": "lenet5", "epochs": 4}))
    assert session.tasks.train().recipe == "none"
    assert session.tasks.train().minutes is None, "a budget belongs to a plan"
    session.params.set_recipe("best")
    session.params.set_space(session.params.space.changed({"epochs": [5]}))
    assert session.params.recipe == "best", "values leave the choice as it is"


def test_a_file_is_trained_as_it_is_until_another_beginning(session: Session, tmp_path: Path) -> None:
    file = tmp_path / "hyper.json"
    file.write_text(json.dumps({"epochs": [3]}))
    session.params.load_hyper(file)
    assert session.tasks.train().recipe == "none"
    session.params.new_hyper()
    assert session.tasks.train().recipe == "auto"
    assert session.params.space == SearchSpace()


def test_training_further_plans_nothing(session: Session) -> None:
    assert session.tasks.train(further=True).recipe == "none"


def test_another_face_begins_with_its_own_recipe() -> None:
    assert RecipeChoice("none").of(SearchSpace()) == "none"
    assert RecipeChoice("auto", exact=True).of(SearchSpace()) == "auto", "nothing is set that could be exact"


def test_new_images_do_not_inherit_the_demonstration(session: Session, tmp_path: Path) -> None:
    demo = task_for(str(home() / "samples" / "digits" / "train"), str(tmp_path / "test"))
    session.params.take_task(demo)
    assert session.tasks.train().hyper == demo.hyper
    assert session.params.recipe == "none"
    session.params.choose_images(tmp_path)
    assert session.params.data.set_values() == {"train_dir": str(tmp_path)}
    assert session.params.recipe == "auto"


def planned_run(folder: Path, **record: Any) -> Run:
    """A run as `auto` leaves it, without its model."""
    data = DataParams.of({"train_dir": str(folder)})
    hyper = HyperParams.of({"seed": 3})
    run = Run.create(folder / "runs", TrainTask(data=data, hyper=hyper, recipe="auto", minutes=2))
    candidate = {"kind": "frozen", "hyper": {}, "image_size": [224, 224], "channels": 3, "reason": ""}
    score = {"accuracy": 0.9, "accuracy_interval": [0.8, 0.95], "log_loss": 0.3}
    score |= {"images": 12, "temperature": 1.0, "majority": 0.5}
    done = {"state": "done", "validation": score, "seconds": 9.0}
    plan = {
        "version": 1,
        "recipe": "auto",
        "minutes": 2,
        "facts": {
            "images": 60,
            "counts": {"a": 40, "b": 20},
            "channels": 3,
            "height": 300,
            "width": 400,
            "signs": False,
        },
        "sentence": "60 photographs, 2 classes → a network",
        "notes": [],
        "candidates": [
            candidate | {"name": "frozen", "title": "Frozen"} | done,
            candidate
            | {"name": "fine_tuned", "title": "Fine-tuned", "state": "skipped", "reason": "no time"}
            | {"validation": None, "seconds": 0.0},
        ],
        "decisions": [
            {"candidate": "fine_tuned", "what": "epochs", "value": 0, "reason": "no time"},
            {"candidate": "frozen", "what": "stop_after", "value": 2, "reason": "the time is used up"},
        ],
        "chosen": "frozen",
        "why": "the first candidate that was trained",
    }
    test = {"accuracy": 0.8, "accuracy_interval": [0.7, 0.88], "baseline_accuracy": 0.5, "images": 40}
    advice = [{"kind": "uneven", "text": "a has more images than b.", "mistake": False}]
    diagnosis = [{"kind": "overfitting", "sentence": "Overfitting.", "advice": "Try dropout."}]
    scores = {"scores": {"test": test}, "advice": advice, "diagnosis": diagnosis}
    run.update(plan=plan, **(scores | record))
    return run


def test_advice_is_followed_by_recipe_or_by_settings(session: Session, tmp_path: Path) -> None:
    run = planned_run(tmp_path)
    steps = {step.kind: step for step in summary_of(run).advice}
    task = session.follow_advice(run, steps["longer"])
    assert (task.recipe, task.minutes, task.hyper.set_values()) == ("best", None, {"seed": 3})
    assert as_command(task) == steps["longer"].command
    task = session.follow_advice(run, steps["uneven"])
    assert (task.recipe, task.minutes) == ("auto", 2)
    assert task.hyper.set_values() == {"seed": 3, "balanced": True}
    assert as_command(task) == steps["uneven"].command
    with pytest.raises(InputError, match="cannot be applied automatically"):
        session.follow_advice(run, NextStep(kind="plateau", text="Look at the images."))


def test_a_record_says_again_what_the_training_said(tmp_path: Path) -> None:
    run = planned_run(tmp_path, stopped="val_loss has not improved for 1 epoch")
    run.file("history.csv").write_text("epoch,loss\n1,0.9\n2,0.8\n")
    assert stored_messages(run, run.read()) == [
        "Stopped after epoch 2: val_loss has not improved for 1 epoch",
        "Frozen: the time is used up",
        "Overfitting. Try dropout.",
        "A has more images than b.",
    ]
    watched = Progress()
    watched.take(TrainingStopped(epoch=2, reason="val_loss has not improved for 1 epoch"))
    assert watched.messages == stored_messages(run, run.read())[:1]


def test_candidates_have_curves_of_their_own() -> None:
    progress = Progress()
    progress.take(PlanMade(recipe="auto", sentence="a plan"))
    for number, name in ((1, "own"), (2, "frozen")):
        progress.take(CandidateStarted(name=name, title=name, number=number, total=2))
        assert progress.epochs_done == 0
        progress.take(TrainingStarted(epochs=2, steps=1, images=4, validation_images=1))
        progress.take(StageStarted(stage="train", title="Training"))
        assert progress.heading == f"[{number}/2] Training"
        progress.take(EpochEnded(epoch=1, epochs=2, logs={"loss": 1.0}, seconds=1))
        progress.take(Warned(message="the same for both"))
        assert progress.epochs_done == 1
        progress.take(CandidateEnded(name=name, title=name, state="done", accuracy=0.5, best=number == 1))
    assert progress.heading == "Training"
    assert [one.name for one in progress.ended] == ["own", "frozen"]
    assert progress.messages == ["the same for both"]
