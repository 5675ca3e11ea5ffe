"""Lists every text that a person reads, by file and line: `make strings`, then read build/strings.txt aloud.

Python: texts with a blank or a capital letter that are no docstrings, and the docstrings that become help (commands) or
descriptions (requests). JavaScript and HTML: texts between quotes or tags. Values in a text stand as ‹name›.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "convonet"
sys.path.insert(0, str(ROOT / "docs"))

from errors_page import text_of  # noqa: E402

_HELP = ("cli", "server/routes", "server/schemas.py", "documents")
"""Here docstrings are shown to people: as help of commands, and in the description of the HTTP API."""
_JS_TEXT = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
_TAG_TEXT = re.compile(r">([^<>{}]*[A-Za-z]{2}[^<>{}]*)<")
_NOT_READ = re.compile(
    r"^(?:[a-z0-9_\-./*\[\]#:(){}|\\^$?+=,%<>&;@'\"]+|[A-Z0-9_]+|[A-Z][a-z]+(?:[A-Z]\w*)+|[\w-]+/[\w.+-]+)$"
)


def is_read(text: str) -> bool:
    """Whether a literal looks like words for a person rather than a key, a pattern or a name in the code."""
    text = text.strip()
    letters = re.sub(r"‹[^›]*›", "", text)
    return bool(re.search(r"[A-Za-z]{2}", letters)) and not _NOT_READ.match(text)


def python_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Line and text of each literal of a module that a person may read."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            for statement in node.body:
                if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                    inside.add(id(statement.value))
            name = path.relative_to(SOURCE).as_posix()
            if (
                name.startswith(_HELP)
                and not isinstance(node, ast.Module)
                and (doc := ast.get_docstring(node))
            ):
                yield node.lineno, doc
        elif isinstance(node, ast.JoinedStr):
            inside.update(id(part) for part in ast.walk(node) if part is not node)
    for node in ast.walk(tree):
        if id(node) in inside:
            continue
        if isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        ):
            text = text_of(node)
            if is_read(text):
                yield node.lineno, text


def page_texts(path: Path) -> Iterator[tuple[int, str]]:
    """The same of a JavaScript or HTML file."""
    text = path.read_text(encoding="utf-8")
    pattern = _TAG_TEXT if path.suffix == ".html" else _JS_TEXT
    for match in pattern.finditer(text):
        found = next(group for group in match.groups() if group is not None)
        found = re.sub(r"\$\{[^}]*\}", "‹value›", found)
        if is_read(found) and not found.lstrip().startswith(("./", "../", "<")):
            yield text.count("\n", 0, match.start()) + 1, found


def all_texts() -> Iterator[tuple[str, int, str]]:
    """File, line and text, in the order of files."""
    for path in sorted(SOURCE.rglob("*")):
        if path.suffix in (".py", ".js", ".html") and "node_modules" not in path.parts:
            texts = python_texts(path) if path.suffix == ".py" else page_texts(path)
            for line, text in sorted(texts):
                yield path.relative_to(SOURCE).as_posix(), line, text


def main() -> int:
    """Print the listing."""
    before = ""
    for name, line, text in all_texts():
        if name != before:
            sys.stdout.write(f"\n== {name}\n")
            before = name
        sys.stdout.write(f"{line:5}  {' '.join(text.split())}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
