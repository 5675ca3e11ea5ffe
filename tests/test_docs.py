"""Pages that could lie: generated ones are compared with the code, links and commands are followed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
import typer

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The script that makes pages."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["parameters.md", "command-line.md", "python.md"])
def test_generated_pages_are_those_of_the_code(generate: ModuleType, name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == generate.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        # A paper's address is not asked for: tests need no network.
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_every_feature_has_its_row_with_tests_that_exist() -> None:
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-J]\d+) \|(.*)\|$", text, re.MULTILINE)
    assert len(rows) == len({name for name, _ in rows}) == 66
    for name, rest in rows:
        cells = [cell.strip() for cell in rest.split("|")]
        if not cells[1].startswith("not yet"):
            assert (ROOT / cells[3].strip("`")).exists(), name


def test_commands_of_the_readme_exist() -> None:
    from convonet.cli.app import app

    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^(?:\.venv\\Scripts\\)?convonet +([a-z]\S*)", text, re.MULTILINE)
    assert len(named) >= 5
    assert set(named) <= known
    targets = re.findall(r"^make (\S+)", text, re.MULTILINE)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_public_names_are_there() -> None:
    import convonet

    for name in convonet.__all__:
        assert getattr(convonet, name) is not None
