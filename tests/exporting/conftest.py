"""A browser with a made-up camera, and pages of folders in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from convonet.exporting.static_server import serving

_WAIT_MS = 120_000
_OPTIONS = (
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)


@pytest.fixture(scope="session")
def browser(launch_chromium: Callable[..., Any]) -> Iterator[Any]:
    """Chromium, whose camera shows a moving picture."""
    opened = launch_chromium(*_OPTIONS)
    yield opened
    opened.close()


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
