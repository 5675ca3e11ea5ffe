"""What interfaces and pages must not say, in the texts that `make strings` lists and in the documentation."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

SITE_PAGES = ("errors.md", "http.md")
"""Made by `make generate`, not committed."""

PHRASES = {
    r"\b[Oo]ne folder a class\b": "one folder per class",
    r"\b(?:images|requests|steps) a second\b": "images/s",
    r"^Left out$": "Skipped files",
    r"\bWhat was said\b": "Messages",
    r"\bAll numbers\b": "All metrics",
    r"^Train on all$": "Train without validation",
    r"\bTake this row over\b": "Use these values",
    r"^several …$": "Add values to tune",
    r"\bTake one …": "Choose a preset",
    r"\bDrop whole maps\b": "Spatial dropout",
    r"\bways? of work\b": "workflow",
    r"\bthe surest (?:answer )?first\b": "highest confidence first",
    r"\bThis is no (?:path|image|size|folder|place)\b": "… is not a path",
    r"\bIt failed\b": "Training failed: reason",
    r"\b(?:goes|go|going) on (?:with|in|where|from|until)\b": "continue, resume",
    r"\bput(?:s|ting)? (?:its work )?away\b": "saved",
    r"\btrainings\b": "training runs",
    r"\b(?:images?|labels?|marks?|groups?) stands?\b": "is in, is stored in",
    r"\b[Hh]yper parameters?\b": "hyperparameter",
    r"\b[Ll]abels? (?:are )?in doubt\b|\b[Ll]ikely wrong labels?\b": "suspicious labels",
    r"\bcomputing devices?\b": "device",
    r"\b[Ee]xact cop(?:y|ies)\b": "exact duplicate",
    r"\bval (?:set|images)\b": "validation set",
    r"\bsame network on (?:several|each|many)\b": "one model per data set",
    r"\bfinished within\b": "up to about 5 minutes",
    # As the Google style guide writes percentages.
    r"\d\}? %(?!\(| \d)": "98.6%",
}

SPELLINGS = {
    r"colour": "color",
    r"\bgrey": "gray",
    r"(?:label|model|travel)l(?:ed|ing)": "one l: labeled",
    r"neighbour|behaviour|favour": "or: neighbor",
    r"(?:normal|optim|recogn|visual|summar|initial|organ|general)is(?:e|ation|ing)": "z: normalize",
    r"\b(?:centre|catalogue|learnt|misspelt|licence)": "center, catalog, learned, license",
    r"\bhyper[- ]parameter": "hyperparameter",
    # The value `cancelled` of a state is code, and so is the exception that docstrings list.
    r"(?<!`)\b[Cc]ancell?ed\b(?![,:])": "stopped",
}
"""American spelling, as in the Google style guide. Options and keys keep the spelling that they have: they are code."""

CODE = r"‹[^›]*›|^(?=.*_)[a-z_ ]+$"
"""Values in a text, a kernel's public name, and lists of names in the code."""

WRITTEN_BY_INTERFACES = ("command-line.md", "parameters.md")
"""Pages that consist of the help texts of commands and parameters."""


def script(path: str) -> ModuleType:
    """A script that stands outside the package."""
    spec = importlib.util.spec_from_file_location(Path(path).stem, ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def strings() -> ModuleType:
    """The script behind `make strings`."""
    return script("tools/strings.py")


def found(text: str, table: dict[str, str] = PHRASES) -> list[str]:
    """The phrases of a table that a text has, each with what to say instead."""
    return [
        f"{match[0]!r}: say {instead}" for old, instead in table.items() if (match := re.search(old, text))
    ]


def prose(page: Path) -> str:
    """A page without its code, of which the spelling is fixed."""
    return prose_of(page.read_text(encoding="utf-8"))


def prose_of(text: str) -> str:
    """A Markdown text without its code blocks and code spans."""
    text = re.sub(r"^( *)```.*?^\1```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`", "", text)


def pages() -> Iterator[Path]:
    """Every page of the documentation that is committed, without the history."""
    yield from (page for page in sorted((ROOT / "docs").rglob("*.md")) if page.name not in SITE_PAGES)
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md"))


@pytest.mark.parametrize(
    "text",
    [
        "95 % sure",
        "All numbers",
        "This is no path",
        "2,000 images a second",
        "like 15 trainings",
        "2 images stand in",
        "Labels in doubt",
        "the computing device",
        "1 image is an exact copy",
        "no images in the val set",
        "trains the same network on several sets",
    ],
)
def test_the_search_finds_phrases(text: str) -> None:
    assert found(text)
    assert not found("The remaining 98.6% go one folder per class, 12 images/s")


def test_interfaces_use_the_field_s_words(strings: ModuleType) -> None:
    texts = list(strings.all_texts())
    assert len(texts) > 3000
    assert [(name, line, *words) for name, line, text in texts if (words := found(text))] == []


def test_interfaces_use_american_spelling(strings: ModuleType) -> None:
    texts = [(name, line, re.sub(CODE, "", text)) for name, line, text in strings.all_texts()]
    assert [(name, line, *words) for name, line, text in texts if (words := found(text, SPELLINGS))] == []


@pytest.mark.parametrize(
    "files",
    [
        ["desktop/views/camera_tab.py"],
        ["server/web/js/camera.js"],
        ["exporting/page/index.html", "exporting/page/js/camera.js"],
    ],
    ids=["window", "page", "exported page"],
)
def test_the_buttons_of_a_camera_have_the_same_labels_everywhere(
    strings: ModuleType, files: list[str]
) -> None:
    found = set()
    for file in files:
        texts = strings.python_texts if file.endswith(".py") else strings.page_texts
        found |= {text for _, text in texts(ROOT / "src/convonet" / file)}
    labels = {text for text in found if re.match(r"(?:Start|Stop|Take)\b", text)}
    assert labels == {"Start camera", "Stop camera", "Take picture"}


@pytest.mark.parametrize("page", list(pages()), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pages_use_the_field_s_words(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [(number, *words) for number, line in enumerate(lines, 1) if (words := found(line))] == []


@pytest.mark.parametrize(
    "text",
    [
        "in gray and grey",
        "colours",
        "unlabelled",
        "Batch normalisation",
        "hyper parameters",
        "neighbours",
        "Cancelled.",
        "a run that was canceled",
    ],
)
def test_the_search_finds_spellings(text: str) -> None:
    assert found(text, SPELLINGS)
    right = "gray colors, labeled, normalization, hyperparameters, precise, License, its state is `cancelled`"
    assert not found(right, SPELLINGS)


@pytest.mark.parametrize(
    "page",
    [page for page in pages() if page.name not in WRITTEN_BY_INTERFACES],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_pages_use_american_spelling(page: Path) -> None:
    assert found(prose(page), SPELLINGS) == []


@pytest.mark.parametrize("name", SITE_PAGES)
def test_pages_made_for_the_site_use_the_field_s_words(name: str) -> None:
    lines = script("docs/generate.py").SITE_PAGES[name]().splitlines()
    assert len(lines) > 100
    assert [(number, *words) for number, line in enumerate(lines, 1) if (words := found(line))] == []


LABELED_PAGES = (
    "desktop.md",
    "web.md",
    "sorting.md",
    "mapping.md",
    "get-started/window.md",
    "get-started/web-page.md",
)
"""Pages that name menus, buttons and fields, each in italics or bold."""

FORMATTED = {"Hold out 20% for testing": "Hold out "}
"""Labels that are put together from parts, each with its beginning."""


@pytest.fixture(scope="module")
def sources() -> str:
    """The source of the window, the page and what both share, where labels stand as the user sees them."""
    package = ROOT / "src" / "convonet"
    files = (path for path in package.rglob("*") if path.suffix in {".py", ".js", ".html"})
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def labels(page: str) -> set[str]:
    """The labels that a page names: *Tools › Kernel Explorer* are two. A sentence in bold is none."""
    text = (DOCS / page).read_text(encoding="utf-8")
    text = re.sub(r"^- \*\*.*?\*\*", "-", text, flags=re.MULTILINE | re.DOTALL)
    named = re.findall(r"(?<!\*)(\*{1,2})([A-Z][^*]+?)\1(?!\*)", prose_of(text))
    return {
        part.removesuffix(" …") for _, label in named for part in re.split(" [›→] ", " ".join(label.split()))
    }


@pytest.mark.parametrize("page", LABELED_PAGES)
def test_labels_are_those_of_the_interfaces(page: str, sources: str) -> None:
    assert len(labels(page)) >= 3
    # A string begins with the label; a docstring that begins so is not shown.
    shown = {
        label
        for label in labels(page)
        if re.search(r"(?<!\"\")[\"'`>&]&?" + re.escape(FORMATTED.get(label, label)), sources)
    }
    assert labels(page) - shown == set()
