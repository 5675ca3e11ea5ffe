"""Which pretrained backbones have their weights on this machine. Nothing is downloaded and nothing heavy is loaded."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from convonet.home import home
from convonet.params.bases import BASES, BaseInfo


def weight_files(info: BaseInfo) -> list[Path]:
    """Where the published file may lie: in its package, in our folder, in the one of Keras."""
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    kept = [home() / "bases" / info.file, keras_home / "models" / info.file]
    if info.package is None:
        return kept
    try:
        listed = files(info.package) or []
    except PackageNotFoundError:
        return kept
    return [Path(str(file.locate())) for file in listed if file.name == info.file] + kept


def weights_here(info: BaseInfo) -> Path | None:
    """The file of weights on this machine, None where there is none."""
    return next((path for path in weight_files(info) if path.is_file()), None)


def backbones_here() -> list[str]:
    """Names of the backbones that can be used without a download."""
    return [name for name, info in BASES.items() if weights_here(info) is not None]
