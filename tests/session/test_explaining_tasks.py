"""Questions to a model, shown as the command and the Python that ask the same."""

from __future__ import annotations

import ast

import pytest

from convonet.cli.lazy import command
from convonet.errors import ParamError
from convonet.params import DataParams
from convonet.tasks import DreamTask, ExplainTask, LayersTask, Task, read_task
from convonet.tasks.shown_as import as_python, command_words

TASKS: list[tuple[Task, str]] = [
    (
        ExplainTask(model="run", paths=("a b.png", "more"), label="7", faithful=True, alpha=0.4, out="out"),
        "explain run a b.png,more --method grad_cam --class 7 --out out --alpha 0.4 --faithful",
    ),
    (
        ExplainTask(model="run", paths=("a.png",), method="occlusion", patch=5, stride=2),
        "explain run a.png --method occlusion --patch 5 --stride 2",
    ),
    (LayersTask(model="run", image="a.png", layer="conv_1"), "layers run a.png --layer conv_1"),
    (LayersTask(model="run", scaling="unit"), "layers run --scaling unit"),
    (
        DreamTask(model="run", layer="conv_1", channel=0, data=DataParams.of({"test_dir": "test"})),
        "dream run --layer conv_1 --channel 0 --steps 256 --seed 0 --test-dir test",
    ),
]


@pytest.mark.parametrize(("task", "words"), TASKS, ids=lambda value: getattr(value, "kind", ""))
def test_a_question_is_a_command_and_a_line_of_python(task: Task, words: str) -> None:
    found = command_words(task)
    assert " ".join(found) == "convonet " + words.replace("a b.png,more", "a b.png more")
    made = command(task.kind)
    known = {option for param in made.params for option in param.opts}
    assert {word for word in found if word.startswith("--")} <= known
    assert f"convonet.{task.kind}(" in as_python(task)
    ast.parse(as_python(task))
    assert read_task(task.to_dict()) == task


def test_wrong_wishes_are_told_all_at_once() -> None:
    with pytest.raises(ParamError) as told:
        ExplainTask(model="run", paths=("a.png",), method="cam", alpha=2, patch=0, stride=-1)  # type: ignore[arg-type]
    assert set(told.value.faults) == {"method", "alpha", "patch", "stride"}
