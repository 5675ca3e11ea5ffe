"""Writes the `__init__.pyi` of each package whose names load their module when they are first used.

It reads the source without importing it, so that a new name is listed before anything imports it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOMS = Path(__file__).parents[1] / "src" / "convonet"
LAZY_ROOMS = ("documents", "tasks")
_HEAD = '''"""The public names of this room, each imported from where it is defined. Made by `make generate`.

Type checkers read this file, and so does the package, which loads a name's module when the name is first used.
"""

'''
_TAIL = "\n__all__: list[str]\n"


def name_stub(room: str) -> str:
    """The stub of a package: its classes, functions and constants, without those that are called like a module."""
    files = sorted((ROOMS / room).glob("[!_]*.py"))
    modules = {file.stem for file in files}
    lines = [
        f"from convonet.{room}.{file.stem} import {name} as {name}\n"
        for file in files
        for name in sorted(_public_names(file), key=_order)
        if name not in modules
    ]
    return _HEAD + "".join(lines) + _TAIL


def _public_names(file: Path) -> Iterator[str]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        names = [node.name] if isinstance(node, (ast.ClassDef, ast.FunctionDef)) else []
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        yield from (name for name in names if not name.startswith("_") and len(name) > 1)


def _order(name: str) -> tuple[int, str]:
    """Constants, classes, functions: the order in which the linter sorts imports."""
    # In small letters an underscore comes before them, as for the linter: SPLIT_TITLES before SPLITS.
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name.lower()


def main() -> int:
    """Write the stubs."""
    for room in LAZY_ROOMS:
        (ROOMS / room / "__init__.pyi").write_text(name_stub(room), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
