"""A hint names options as the reader's interface spells them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import convonet
from convonet.documents.run_record import Fault
from convonet.errors import InputError, error_from_dict
from convonet.hints import Hint, Spelling, call, data_value, option

SOURCE = Path(convonet.__file__).parent
RAY = "`ray start --head`"
INTERFACES = ("cli", "desktop", "server", "session")
"""Their sentences are read by nobody else."""


def test_each_interface_gets_its_own_words() -> None:
    hint = Hint.of("Train with {}, or add {}", option("workers", 1), option("accept_class_map", True))
    error = InputError("No", hint=hint)
    assert str(error) == "No. Train with workers=1, or add accept_class_map=True."
    assert error.sentence("command") == "No. Train with --workers 1, or add --accept-class-map."
    assert error.sentence("http") == 'No. Train with "workers": 1, or add "accept_class_map": true.'
    # It names nothing that the window has.
    assert error.sentence("window") == "No."


def test_the_window_gets_its_pages_and_buttons() -> None:
    hint = Hint.of("{} lists them", call("runs()", "runs list"), window="The Runs page lists them")
    error = InputError("No", hint=hint)
    again = error_from_dict(json.loads(json.dumps(error.to_dict())))
    assert again.sentence("window") == "No. The Runs page lists them."
    assert again.sentence() == "No. `convonet.runs()` lists them."
    assert InputError("No", hint="Look again").sentence("window") == "No. Look again."


def test_a_hint_of_an_earlier_run_shows_no_code_in_the_window() -> None:
    versions = {"python": "`convonet.runs()`", "command": "`convonet runs list`", "http": "`convonet.runs()`"}
    error = error_from_dict({"what": "No", "hint": versions["python"], "hints": versions})
    assert error.sentence("window") == "No."
    assert error.sentence("command") == "No. `convonet runs list`."


def test_every_hint_says_what_to_do_in_the_window() -> None:
    """With the names that stand there: no code, no options and no keys."""
    calls = [(path, node) for path in SOURCE.rglob("*.py") for node in _hints(path) if _of_the_window(path)]
    words = [(path, node, _window_words(node)) for path, node in calls]
    assert len(words) > 25
    assert [f"{path.relative_to(SOURCE)}:{node.lineno}" for path, node, text in words if not text] == []
    code = re.compile(r"`|convonet[. ]|--|=|_|\"")
    assert [text for _, _, text in words if code.search(text)] == []


def _of_the_window(path: Path) -> bool:
    """The window never calls the functions for scripts and notebooks."""
    return path.relative_to(SOURCE).parts[0] != "api"


def _hints(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Hint.of":
            yield node


def _window_words(node: ast.Call) -> str:
    """The constant text of `window`."""
    given = [word.value for word in node.keywords if word.arg == "window"]
    if given and isinstance(given[0], ast.Name):
        return given[0].id.replace("_", " ")
    return "".join(
        str(part.value) for value in given for part in ast.walk(value) if isinstance(part, ast.Constant)
    )


def test_plain_hints_below_the_interfaces_name_no_function() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{text.lineno}: {text.value}"
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] not in (*INTERFACES, "api")
        for text in _error_texts(ast.parse(path.read_text(encoding="utf-8")))
        if re.search(r"convonet\.[a-z_]+", str(text.value))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("words", "python", "command"),
    [
        (option("recipe", "none"), "recipe='none'", "--recipe none"),
        (option("max_loss"), "`max_loss`", "--max-loss"),
        (
            data_value("label_column", "dx"),
            '"label_column": "dx" in the data parameters',
            "--set label_column=dx",
        ),
        (call("runs()", "runs list"), "`convonet.runs()`", "`convonet runs list`"),
    ],
)
def test_options_values_and_calls(words: Spelling, python: str, command: str) -> None:
    assert (words.python, words.command) == (python, command)


def test_the_versions_travel_with_the_error_through_files() -> None:
    error = InputError("No", where="{x}", hint=Hint.of("Use {} for {{x}}", option("data")))
    document = json.loads(json.dumps(error.to_dict()))
    for again in (error_from_dict(document), Fault.of(document).error()):
        assert again.sentence("command") == error.sentence("command") == "No ({x}). Use --data for {x}."
        assert str(again) == str(error)
    assert error.to_dict("command")["hint"] == "Use --data for {x}"
    assert error_from_dict({"what": "No", "hint": "Look again"}).hint == "Look again"


def test_no_error_below_the_interfaces_speaks_the_command_line_to_all() -> None:
    """What is given to an error there is a plain text without options, or a `Hint`."""
    found = [
        f"{path.relative_to(SOURCE)}:{text.lineno}: {text.value}"
        for path in SOURCE.rglob("*.py")
        if path.relative_to(SOURCE).parts[0] not in INTERFACES
        for text in _error_texts(ast.parse(path.read_text(encoding="utf-8")))
        if " --" in f" {text.value}".replace(RAY, "") or "`convonet " in str(text.value)
    ]
    assert found == []


def _error_texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """The text constants in calls of `…Error(…)`, without those inside `Hint.of` and `call`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2].endswith("Error"):
            yield from _texts(node)


def _texts(node: ast.AST) -> Iterator[ast.Constant]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and ast.unparse(child.func) in ("Hint.of", "call"):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child
        yield from _texts(child)
