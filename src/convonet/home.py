"""The folder of one person on one machine: the image cache and the index of known runs live in it."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "CONVONET_HOME"


def home() -> Path:
    """`CONVONET_HOME` where it is set, else the platform's folder for user data. It may not exist yet."""
    given = os.environ.get(HOME_VARIABLE)
    return Path(given).expanduser().absolute() if given else platformdirs.user_data_path("convonet", False)
