"""Chromium without a window: opens a page that classifies the golden samples, and returns what it answered."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import time
from pathlib import Path
from typing import TypedDict

from convonet.errors import ConvonetError, ModelFileError
from convonet.events import Watch
from convonet.exporting.static_server import REPORT, serving
from convonet.scratch import Scratch

_OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
)
_SECONDS = 300.0
_BETWEEN_LOOKS = 0.1


class PageReport(TypedDict, total=False):
    """What a page reports: the probabilities of its golden samples, (images, classes), or an error."""

    probabilities: list[list[float]]
    error: str


def answers_of(program: Path, folder: Path, page: str, watch: Watch | None = None) -> PageReport:
    """What a page of a folder reports when a browser opens it.

    Args:
        program: the browser.
        folder: served on the loopback address for the time of the call.
        page: its name in the folder; it sends a JSON object to the address in its `report` parameter.
        watch: asked while the browser works.

    Raises:
        ModelFileError: the page reported an error.
        ConvonetError: the browser ended or took too long without a report.
        Cancelled: the person asked to stop.
    """
    # With a profile of its own, the browser does not hand the page to one that already runs.
    with Scratch() as profile, serving(folder) as server:
        command = [str(program), *_OPTIONS, f"--user-data-dir={profile}"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            # As root, Chromium starts only without its sandbox; the page is our own and on this machine.
            command.append("--no-sandbox")
        command.append(f"{server.url}/{page}?report={REPORT}")
        browser = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            document = _reported(server.reports, browser, watch or Watch())
        finally:
            browser.terminate()
            try:
                browser.wait(10)
            except subprocess.TimeoutExpired:
                browser.kill()
                browser.wait()
    if "error" in document:
        raise ModelFileError("The exported page does not work in a browser", received=document["error"][:200])
    return document


def _reported(reports: queue.Queue[bytes], browser: subprocess.Popen[bytes], watch: Watch) -> PageReport:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        watch.check()
        try:
            # A short wait, so that a cancel or a dead browser is noticed long before the time limit.
            document: PageReport = json.loads(reports.get(timeout=_BETWEEN_LOOKS))
            return document
        except queue.Empty:
            if browser.poll() is not None:
                raise ConvonetError(
                    "The browser that checks the export closed without a response",
                    received=f"exit code {browser.returncode}",
                    hint="Export the model again",
                ) from None
    raise ConvonetError(
        "The browser that checks the export did not respond",
        expected=f"a response within {_SECONDS:g} s",
        hint="Export the model again",
    )
