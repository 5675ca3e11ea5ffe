"""Python processes that do not find some of the installed packages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import convonet

SOURCE = Path(convonet.__file__).parents[1]
_HIDDEN = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, path=None, target=None):
        absent = name.partition(".")[0] in {absent!r}
        return None if absent else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def python_without(
    absent: Sequence[str], folder: Path, arguments: Sequence[str | Path]
) -> subprocess.CompletedProcess[str]:
    """Run Python in `folder`; neither it nor the workers that it starts find the packages `absent`."""
    # Workers leave the folder they stand in out of PYTHONPATH.
    hidden = folder / "hidden"
    hidden.mkdir(exist_ok=True)
    (hidden / "sitecustomize.py").write_text(_HIDDEN.format(absent=tuple(absent)), encoding="utf-8")
    paths = os.pathsep.join([str(hidden), str(SOURCE)])
    variables = {"PYTHONPATH": paths, "CONVONET_HOME": str(folder / "home")}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env=os.environ | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
