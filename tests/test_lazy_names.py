"""Packages that load a name's module when the name is first used."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from convonet import documents, tasks
from convonet.lazy_names import names_in_stub

_PACKAGES = [documents, tasks]


def _classes(package: ModuleType) -> dict[str, str]:
    """The public classes of a package, each with its module."""
    assert package.__file__ is not None
    return {
        node.name: f"{package.__name__}.{file.stem}"
        for file in Path(package.__file__).parent.glob("[!_]*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    }


@pytest.mark.parametrize("package", _PACKAGES)
def test_every_listed_name_is_where_the_stub_says(package: ModuleType) -> None:
    assert package.__file__ is not None
    for public, (module, name) in names_in_stub(package.__file__).items():
        assert getattr(package, public) is getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("package", _PACKAGES)
def test_every_public_class_is_listed(package: ModuleType) -> None:
    assert package.__file__ is not None
    listed = {public: module for public, (module, _) in names_in_stub(package.__file__).items()}
    assert _classes(package).items() <= listed.items()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"'convonet\.documents' has no attribute 'RunRecrd'"):
        documents.RunRecrd  # type: ignore[attr-defined]  # noqa: B018


def test_a_name_loads_its_own_module_alone() -> None:
    code = (
        "import json, sys; from convonet import tasks; tasks.ReportTask; tasks.ReportTask; "
        "print(json.dumps([m for m in sys.modules if m.startswith('convonet.tasks.')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert sorted(json.loads(done.stdout)) == ["convonet.tasks.report_task", "convonet.tasks.task"]
