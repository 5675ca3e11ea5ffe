"""A browser with a made-up camera, and ONNX Runtime Web where it is kept or can be downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from convonet.errors import ConvonetError
from convonet.exporting import runtime as web_runtime
from convonet.exporting.chromium import find_chromium
from convonet.exporting.static_server import serving

_KEPT = web_runtime.cached_runtime()
"""In the person's own folder: read here, before a test sets up another one."""
_WAIT_MS = 30_000
_OPTIONS = (
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


def absent(what: str) -> None:
    """Skip, with a word; in CI fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, whose camera shows a moving picture."""
    program = find_chromium()
    if program is None:
        absent("there is no Chromium here")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(_OPTIONS))
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def ort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with ONNX Runtime Web."""
    if all((_KEPT / name).is_file() for name in web_runtime.HASHES):
        return _KEPT
    if shutil.which("npm") is None:
        absent("ONNX Runtime Web is not kept here, and there is no npm to download it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("runtime")))
        try:
            return web_runtime.find_runtime(fetch=True)
        except ConvonetError as error:
            absent(f"ONNX Runtime Web cannot be downloaded: {error}")
            raise


def is_fault(line: Any) -> bool:
    """Whether a line in the console is an error; every browser asks for an icon that need not be there."""
    return line.type == "error" and not line.location["url"].endswith("/favicon.ico")


Open = Callable[..., Any]


@pytest.fixture
def visit(browser: Any) -> Iterator[Open]:
    """`visit(folder, "index.html", width=…)`: a page of a folder. An error in its scripts fails the test."""
    contexts: list[Any] = []
    servers: list[Any] = []
    wrong: list[str] = []

    def open_page(folder: Path, name: str = "", width: int = 1100, height: int = 800, **more: Any) -> Any:
        server = serving(folder)
        servers.append(server)
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        context.set_default_timeout(_WAIT_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda line: wrong.append(line.text) if is_fault(line) else None)
        page.goto(f"{server.__enter__().url}/{name}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    for server in servers:
        server.__exit__(None, None, None)
    assert wrong == []
