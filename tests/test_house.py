"""What the source promises its readers, counted by `benchmarks/count_house.py`."""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import convonet

ROOT = Path(__file__).parents[1]
SOURCE = Path(convonet.__file__).parent
sys.path.insert(0, str(ROOT / "benchmarks"))

from count_house import WORDS, count_house, inner_imports, public_classes  # noqa: E402

MOST_INNER_IMPORTS = 100


def unexplained_imports(source: str) -> Iterator[str]:
    """Imports inside functions with no comment above their group nor on their own line."""
    lines, nodes = source.splitlines(), inner_imports(ast.parse(source))
    imports = {line for node in nodes for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    for node in nodes:
        above = node.lineno - 1
        while above in imports or not lines[above - 1].strip():
            above -= 1
        if not lines[above - 1].lstrip().startswith("#") and "  # " not in lines[node.lineno - 1]:
            yield f"{node.lineno}: {ast.unparse(node)}"


def test_the_search_finds_imports_without_a_reason() -> None:
    assert list(unexplained_imports("def f():\n    x = 1\n    import os\n    # Why.\n    import re\n")) == [
        "3: import os"
    ]


@pytest.fixture(scope="module")
def counts() -> dict[str, Any]:
    return count_house(SOURCE)


def test_imports_inside_functions_are_few_and_have_a_reason(counts: dict[str, Any]) -> None:
    found = {
        str(path.relative_to(SOURCE)): lines
        for path in SOURCE.rglob("*.py")
        if (lines := list(unexplained_imports(path.read_text(encoding="utf-8"))))
    }
    assert found == {}
    assert counts["imports inside functions"] <= MOST_INNER_IMPORTS


def test_no_public_class_name_is_defined_twice() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path in SOURCE.rglob("*.py"):
        for name in public_classes(ast.parse(path.read_text(encoding="utf-8"))):
            homes[name].append(str(path.relative_to(SOURCE)))
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def test_index_targets_and_correct_are_called_so(counts: dict[str, Any]) -> None:
    """In the rooms whose vocabulary is that of the field."""
    assert counts["house words"] == dict.fromkeys(WORDS, 0)


def rooms_by_name(source: str, room: str) -> Iterator[str]:
    """Modules of other rooms that are imported by a text, which import-linter does not see."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func) and node.args:
            name = node.args[0]
            text = str(name.value) if isinstance(name, ast.Constant) else ""
            if text.startswith("convonet.") and text.split(".")[1] != room:
                yield text


BY_NAME = {
    # The command line starts the other interfaces, and must not load PySide6 or FastAPI to list its commands.
    "cli/desktop.py": ["convonet.desktop.app"],
    "cli/serve.py": ["convonet.server.settings", "convonet.server.serving"],
    # Names of the package are loaded when they are first used.
    "__init__.py": ["convonet.runs"],
}


def test_rooms_are_imported_by_a_text_for_a_reason_only() -> None:
    assert list(rooms_by_name("importlib.import_module('convonet.nets.x')", "cli")) == ["convonet.nets.x"]
    found = {
        path.relative_to(SOURCE).as_posix(): names
        for path in SOURCE.rglob("*.py")
        if (names := list(rooms_by_name(path.read_text(encoding="utf-8"), path.parent.name)))
    }
    assert found == BY_NAME


def headings(source: str) -> Iterator[str]:
    """Comments that stand alone between empty lines: they name what follows and give no reason."""
    lines = ["", *source.splitlines(), ""]
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        row = token.start[0]
        if token.type == tokenize.COMMENT and lines[row].lstrip().startswith("#"):
            if not lines[row - 1].strip() and not lines[row + 1].strip():
                yield f"{row}: {token.string}"


def test_comments_are_no_headings() -> None:
    assert list(headings("A = 1\n\n# Pages\n\nB = 2\n# Why.\nC = '# no'\n")) == ["3: # Pages"]
    found = {
        path.relative_to(SOURCE).as_posix(): lines
        for path in SOURCE.rglob("*.py")
        if (lines := list(headings(path.read_text(encoding="utf-8"))))
    }
    assert found == {}


MOST_LINES = 320
LONG = {
    # A list of the shapes of all responses, in which readers look up one by its name.
    "server/schemas.py",
}


def test_files_can_be_read_at_once() -> None:
    files = [path for kind in ("*.py", "*.js") for path in SOURCE.rglob(kind)]
    lines = {
        path.relative_to(SOURCE).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in files
    }
    assert {name for name, count in lines.items() if count > MOST_LINES} == LONG


def environment_changes(source: str) -> Iterator[str]:
    """Lines that change the environment or the working directory of the whole process, with no way back."""
    for node in ast.walk(ast.parse(source)):
        targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else []
        changed = [each for each in targets if ast.unparse(each).startswith("os.environ[")]
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if changed or called in ("os.chdir", "os.environ.update", "os.environ.pop", "os.putenv"):
            yield f"{node.lineno}: {ast.unparse(node)}"


def test_tests_change_the_environment_for_themselves_alone() -> None:
    """With `monkeypatch`, or `pytest.MonkeyPatch.context` in fixtures that several tests share."""
    assert list(environment_changes("import os\nos.environ['A'] = 'b'\nos.chdir('c')\n")) == [
        "2: os.environ['A'] = 'b'",
        "3: os.chdir('c')",
    ]
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in (ROOT / "tests").rglob("*.py")
        # These are programs of their own, which write the old runs that tests read.
        if not path.name.startswith("make_")
        if (lines := list(environment_changes(path.read_text(encoding="utf-8"))))
    }
    assert found == {}
