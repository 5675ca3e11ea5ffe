"""The documentation site: built without a warning, complete, offline, and readable on a phone."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it; broken links are warnings, and warnings are errors."""
    if importlib.util.find_spec("sphinx") is None:
        pytest.skip("Sphinx is not installed: pip install 'convonet[docs]'")
    subprocess.run([sys.executable, DOCS / "generate.py"], check=True, timeout=240)
    out = tmp_path_factory.mktemp("site")
    words = [
        "-m",
        "sphinx",
        "-W",
        "--keep-going",
        "-q",
        "-b",
        "html",
        "-d",
        out / "doctrees",
        DOCS,
        out / "html",
    ]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return out / "html"


def test_every_page_is_in_the_navigation(site: Path) -> None:
    index = (site / "index.html").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).with_suffix(".html").as_posix()
        assert name == "index.html" or f'href="{name}"' in index, name


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for address in re.findall(r'(?:src|<link[^>]* href)="([^"]+)"', text):
            assert not re.match(r"(?:https?:)?//", address), f"{page.name}: {address}"


def test_search_works_from_a_folder_and_pages_fit_a_phone(
    site: Path, launch_chromium: Callable[..., Any]
) -> None:
    browser = launch_chromium("--no-sandbox", "--disable-background-networking")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for path in sorted(site.rglob("*.html")):
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name
    page.goto((site / "search.html").as_uri() + "?q=calibration")
    page.wait_for_selector("ul.search li a")
    found = page.eval_on_selector_all("ul.search li a", "links => links.map(link => link.textContent)")
    browser.close()
    assert any("Test" in title for title in found), found
