"""A task states its own traits; nobody else lists kinds."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import convonet
from convonet.errors import InputError
from convonet.jobs import verify_job
from convonet.launch.resume import resumable_kinds
from convonet.tasks import EvaluateTask, ResumableTask, Task, kinds, read_task, traits_of
from convonet.tasks.task import TRAITS

SOURCE = Path(convonet.__file__).parent
_JS_LIST = re.compile(r"\[\s*((?:\"\w+\"|'\w+')(?:\s*,\s*(?:\"\w+\"|'\w+'))+)\s*,?\s*\]")


def _texts(nodes: list[ast.expr | None]) -> list[str]:
    """The texts of a literal, or nothing when it holds anything else."""
    values = [node.value if isinstance(node, ast.Constant) else None for node in nodes]
    return [value for value in values if isinstance(value, str)] if all(values) else []


def _subclasses(task: type[Task]) -> Iterator[type[Task]]:
    for found in task.__subclasses__():
        yield from (found, *_subclasses(found))


def lists_of_kinds(source: str) -> Iterator[str]:
    """Lists, tuples, sets and keys of tables that hold two or more kinds of tasks and nothing else."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Tuple, ast.List, ast.Set, ast.Dict)):
            texts = _texts(list(node.keys if isinstance(node, ast.Dict) else node.elts))
            if len(set(texts)) > 1 and set(texts) <= kinds().keys():
                yield ast.unparse(node)


def js_lists_of_kinds(source: str) -> Iterator[str]:
    """The same in JavaScript."""
    for found in _JS_LIST.finditer(source):
        if set(re.findall(r"\w+", found[1])) <= kinds().keys():
            yield found[0]


def test_the_search_finds_lists_of_kinds() -> None:
    assert list(
        lists_of_kinds('A = ("train", "tune")\nB = ["train", "val"]\nC = {"tune": 1, "study": 2}')
    ) == [
        "('train', 'tune')",
        "{'tune': 1, 'study': 2}",
    ]
    assert list(js_lists_of_kinds('const A = ["train", "tune"], B = ["train", "test"];')) == [
        '["train", "tune"]'
    ]


def test_no_list_of_kinds_stands_outside_the_specs() -> None:
    found = {
        str(path.relative_to(SOURCE)): lists
        for path in SOURCE.rglob("*.py")
        # Functions of the Python interface are called as the kinds of jobs are.
        if SOURCE / "tasks" not in path.parents
        and path != SOURCE / "__init__.py"
        and (lists := list(lists_of_kinds(path.read_text(encoding="utf-8"))))
    }
    scripts = {
        path.name: lists
        for path in SOURCE.rglob("*.js")
        if (lists := list(js_lists_of_kinds(path.read_text(encoding="utf-8"))))
    }
    assert (found, scripts) == ({}, {})


@pytest.mark.parametrize("kind", kinds())
def test_every_kind_has_its_job(kind: str) -> None:
    module = importlib.import_module(f"convonet.jobs.{kinds()[kind].job}")
    assert list(inspect.signature(module.work).parameters)[:3] == ["run", "task", "watch"]


def test_what_can_be_resumed_is_what_keeps_its_run() -> None:
    resumable = {kind for kind, task in kinds().items() if task.resumable}
    assert resumable == {"train", "tune", "study", "suspects"}
    assert resumable == {kind for kind, task in kinds().items() if issubclass(task, ResumableTask)}
    assert resumable == {kind for kind, task in kinds().items() if task.keeps_run}


def test_kinds_are_listed_in_alphabetical_order() -> None:
    with pytest.raises(InputError) as caught:
        read_task({"kind": "teleport"})
    assert caught.value.expected == f"one of {', '.join(sorted(kinds()))}, in version 1 or 2"
    assert resumable_kinds() == ["study", "suspects", "train", "tune"]
    assert list(kinds()) == sorted(kinds())


def test_every_class_of_a_kind_is_found_by_its_name() -> None:
    for file in (SOURCE / "tasks").glob("[!_]*.py"):
        importlib.import_module(f"convonet.tasks.{file.stem}")
    assert set(kinds().values()) == {task for task in _subclasses(Task) if hasattr(task, "kind")}
    assert all(traits_of(kind) is task for kind, task in kinds().items())


@pytest.mark.parametrize("name", ["", "resumable", "Train", "TRAIN", "train_", "teleport"])
def test_what_only_looks_like_a_kind_is_none(name: str) -> None:
    assert traits_of(name) is Task


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_a_kind_is_titled_in_words(kind: str) -> None:
    """The window says `<title> failed`, which no kind makes by itself, such as `Find_rate failed`."""
    title = traits_of(kind).title
    assert "_" not in title
    assert title not in (kind.capitalize(), "") or kind == "export"


def test_what_can_be_repeated_is_what_verify_has_a_table_of() -> None:
    assert {task for task in kinds().values() if task.repeatable} == set(verify_job._TABLES)


def test_a_kind_that_only_a_newer_version_knows_has_no_traits() -> None:
    assert traits_of("teleport").traits() == Task.traits()
    assert set(Task.traits()) == set(TRAITS)
    assert not traits_of("teleport").resumable


def test_an_evaluation_into_a_run_leaves_no_run_of_its_own() -> None:
    data = convonet.DataParams(test_dir="test")
    assert EvaluateTask(model="m", data=data).leaves_run
    assert not EvaluateTask(model="m", data=data, into="runs/one").leaves_run
