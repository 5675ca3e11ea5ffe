"""Counts in the source what slows down a reader: untyped values, house words, hidden imports, names used twice.

    python benchmarks/count_house.py [src/convonet] [--json]

It reads the source only, so it counts any commit: `git archive COMMIT src | tar -x -C FOLDER`, then give the folder.
"""

from __future__ import annotations

import argparse
import ast
import json
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEY_ROOMS = ("cli", "desktop", "server", "reports", "jobs")
"""Rooms in which a subscript by a literal key stands for a document that has no type."""

WORD_ROOMS = ("nets", "training", "tuning", "inference")
WORDS = ("place", "truths", "said", "right", "look", "chance")
"""Identifiers that stand for index, targets, message, correct, update and rng."""

PLURALS = {"places": "place"}
"""Spellings that count as one of the words."""


def count_house(source: Path) -> dict[str, Any]:
    """Every count of the package folder `source`, such as `src/convonet`."""
    files = {path: _parse(path) for path in sorted(source.rglob("*.py"))}
    imports: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    words: Counter[str] = Counter()
    untyped = keys = 0
    for path, tree in files.items():
        room = _room(path, source)
        untyped += sum(map(_is_untyped_dict, ast.walk(tree)))
        keys += sum(map(_is_key_subscript, ast.walk(tree))) if room in KEY_ROOMS else 0
        words.update(_house_words(tree) if room in WORD_ROOMS else ())
        imports[room] += len(inner_imports(tree))
        classes.update(public_classes(tree))
    lines, comments = _lines_and_comments(files)
    return {
        "dict[str, Any]": untyped,
        "subscripts by a literal key": keys,
        "house words": {word: words[word] for word in WORDS},
        "imports inside functions": sum(imports.values()),
        "imports inside functions by room": {room: n for room, n in imports.most_common() if n},
        "class names defined twice": sorted(name for name, count in classes.items() if count > 1),
        "comments per 1,000 lines": round(1000 * comments / lines, 1),
        "lines": lines,
    }


def inner_imports(tree: ast.AST) -> list[ast.Import | ast.ImportFrom]:
    """Import statements inside functions; those under `if TYPE_CHECKING` do not count."""
    found: dict[int, ast.Import | ast.ImportFrom] = {}
    for outer in ast.walk(tree):
        if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            # Nested functions are walked twice; the line keeps each statement once.
            found |= {node.lineno: node for node in _run_time_nodes(outer) if _is_import(node)}
    return [found[line] for line in sorted(found)]


def public_classes(tree: ast.Module) -> list[str]:
    """Names of the classes that a module defines at its top, without those that begin with an underscore."""
    return [
        node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    ]


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _room(path: Path, source: Path) -> str:
    inside = path.relative_to(source).parts
    return inside[0] if len(inside) > 1 else "(top)"


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below one, without what only a type checker reads."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _run_time_nodes(child)


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _is_untyped_dict(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and ast.unparse(node) == "dict[str, Any]"


def _is_key_subscript(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    )


def _house_words(tree: ast.AST) -> Iterator[str]:
    """Each identifier that has one of the words among its parts: a variable, argument, attribute or definition."""
    for node in ast.walk(tree):
        for part in _identifier(node).lower().split("_"):
            word = PLURALS.get(part, part)
            if word in WORDS:
                yield word


def _identifier(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, (ast.arg, ast.keyword)):
        return node.arg or ""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, ast.alias):
        return node.asname or node.name.rsplit(".", 1)[-1]
    return ""


def _lines_and_comments(files: dict[Path, ast.Module]) -> tuple[int, int]:
    """Lines of code, and those comments that are meant for a reader rather than for a tool."""
    lines = comments = 0
    for path in files:
        with path.open("rb") as file:
            tokens = list(tokenize.tokenize(file.readline))
        lines += tokens[-1].start[0] - 1
        texts = [token.string for token in tokens if token.type == tokenize.COMMENT]
        comments += sum(not text.startswith(("# noqa", "# type:", "# pragma")) for text in texts)
    return lines, comments


def main() -> None:
    """Print the counts, as text or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("source", nargs="?", type=Path, default=Path("src/convonet"))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    counts = count_house(arguments.source)
    if arguments.json:
        print(json.dumps(counts, indent=2))
        return
    for name, value in counts.items():
        shown = value
        if isinstance(value, dict):
            shown = f"{sum(value.values())}: " + ", ".join(f"{key} {n}" for key, n in value.items())
        if isinstance(value, list):
            shown = f"{len(value)}: {', '.join(value)}" if value else 0
        print(f"{name}: {shown}")


if __name__ == "__main__":
    main()
