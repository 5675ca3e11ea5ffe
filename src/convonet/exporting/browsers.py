"""Finds the browser in which an exported page is checked."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
_PROGRAMS = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"C:\Program Files\Google\Chrome\Application\chrome.exe",
        r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    ),
}


def find_chromium() -> Path | None:
    """Chromium, Chrome or Edge on this machine; None where there is none."""
    found = next(filter(None, map(shutil.which, _COMMANDS)), None)
    programs = (
        [found] if found else [path for path in _PROGRAMS.get(sys.platform, ()) if os.path.exists(path)]
    )
    return Path(programs[0]) if programs else None
