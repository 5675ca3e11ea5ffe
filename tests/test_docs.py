"""Pages that could lie: generated ones are compared with the code, links and commands are followed."""

from __future__ import annotations

import doctest
import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from PIL import Image

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SITE_PAGES = ("errors.md", "http.md")
"""Made by `make generate`, not committed."""
PAGES = [
    *(page for page in sorted(DOCS.rglob("*.md")) if page.name not in SITE_PAGES),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
]


def commands_of(page: Path) -> list[str]:
    """The `convonet` commands in the code blocks of a page; a backslash continues a line."""
    blocks = re.findall(
        r"^```(?:sh|console|bash)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.removeprefix("$ ").startswith("convonet ")]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The script that makes pages."""
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name",
    [
        "parameters.md",
        "command-line.md",
        "python.md",
        "../packaging/linux/convonet.1",
        "../src/convonet/documents/__init__.pyi",
        "../src/convonet/tasks/__init__.pyi",
    ],
)
def test_generated_pages_are_those_of_the_code(generate: ModuleType, name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == generate.PAGES[name](), "run `make generate`"


def test_the_command_page_names_the_values_that_help_texts_explain(generate: ModuleType) -> None:
    # FP and FN, N, and a unit: a sentence that explains them is of no use without the option's form.
    page = generate.PAGES["command-line.md"]()
    for option in ("--costs FP,FN", "--first N", "--at ROW,COLUMN", "--memory-limit GB"):
        assert f"| `{option}` |" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        # A paper's address is not asked for: tests need no network.
        made = Path(target).name in SITE_PAGES
        assert made or target.startswith("https://") or (page.parent / target).exists(), target


@pytest.mark.parametrize("page", [p for p in PAGES if ">>> " in p.read_text("utf-8")], ids=lambda p: p.name)
def test_examples_with_a_prompt_give_what_the_page_shows(page: Path) -> None:
    # The closing fence of a code block is not output.
    text = page.read_text(encoding="utf-8").replace("\n```", "\n\n```")
    example = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert example.examples
    assert doctest.DocTestRunner().run(example).failed == 0


def test_every_picture_can_be_read_and_is_shown() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"!\[[^]]+\]\(([^)]+)", page.read_text(encoding="utf-8"))
    }
    pictures = set((DOCS / "pictures").iterdir())
    assert shown == pictures
    for path in pictures:
        with Image.open(path) as image:
            image.load()
            assert min(image.size) >= 300, path.name


def test_every_error_has_its_example_on_the_page(generate: ModuleType) -> None:
    page = generate.SITE_PAGES["errors.md"]()
    for name in ("DataError", "ModelFileError", "ParamError", "OutOfMemoryError", "WorkerError"):
        assert f"\n## {name}\n" in page
    assert page.count("\n- ") > 300
    assert "- Not enough memory. Use a smaller batch size, image size or network.\n" in page


def test_errors_show_limits_and_advice_instead_of_constants(generate: ModuleType) -> None:
    page = generate.SITE_PAGES["errors.md"]()
    assert "- too large: the limit is 100,000,000 pixels.\n" in page
    assert "or run npm pack" in page
    assert not re.search(r"‹[^›]*(?:[A-Z]|\\_)[^›]*›", page)


def test_every_request_of_the_server_is_on_the_page(generate: ModuleType) -> None:
    page = generate.SITE_PAGES["http.md"]()
    for request in ("GET /api/v1/health", "POST /api/v1/runs", "DELETE /api/v1/runs/{run}"):
        assert f"### `{request}`" in page
    links = set(re.findall(r"\]\(#([^)]+)\)", page))
    assert links <= {heading.lower() for heading in re.findall(r"^### ([\w-]+)$", page, re.MULTILINE)}


def test_every_feature_has_its_row_with_tests_that_exist() -> None:
    text = (DOCS / "features.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-J]\d+) \|(.*)\|$", text, re.MULTILINE)
    assert len(rows) == len({name for name, _ in rows}) == 66
    for name, rest in rows:
        cells = [cell.strip() for cell in rest.split("|")]
        if not cells[1].startswith("not yet"):
            tests = re.findall(r"`([^`]+)`", cells[3])
            assert tests, name
            assert cells[3] == ", ".join(f"`{test}`" for test in tests), name
            assert all((ROOT / test).exists() for test in tests), name


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


@pytest.mark.parametrize(
    "page", [p for p in PAGES if commands_of(p)], ids=lambda p: p.relative_to(ROOT).as_posix()
)
def test_commands_on_pages_have_options_and_parameters_that_exist(page: Path) -> None:
    from convonet.cli.app import app
    from convonet.params import DataParams, HyperParams

    every: Any = typer.main.get_command(app)
    every.load_all()
    names = {*DataParams.model_fields, *HyperParams.model_fields, "backbone"}
    for line in commands_of(page):
        words = shlex.split(line, comments=True)[1:]
        command: Any = every
        while words and (found := getattr(command, "commands", {}).get(words[0])):
            command, words = found, words[1:]
        context = command.context_class(command)
        # Raises an error for an unknown option. Nothing is run.
        given, _, _ = command.make_parser(context).parse_args(list(words))
        for setting in given.get("settings") or ():
            assert setting.partition("=")[0].removeprefix("data.").removeprefix("hyper.") in names, line


def test_public_names_are_there() -> None:
    import convonet

    for name in convonet.__all__:
        assert getattr(convonet, name) is not None
