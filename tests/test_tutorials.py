"""The pages that teach by example: every command and every piece of Python runs from top to bottom."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
_PREPARE = re.compile(r"^<!-- prepare: (\S+) (\S+) (\d+) (\d+) -->$", re.MULTILINE)
# As in pyproject.toml: Keras 3.15 copies torch tensors in a way that NumPy 2 calls deprecated.
_OF_KERAS = "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning"
_BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

TUTORIALS = (
    "get-started/command-line",
    "get-started/python",
    "tutorials/photographs",
    "tutorials/heap",
    "tutorials/medical",
    "tutorials/characters",
    "tutorials/labels",
    "tutorials/tuning",
    "tutorials/explaining",
    "tutorials/deploying",
    "coming-from/keras",
)


def blocks(page: str) -> list[tuple[str, str]]:
    """Language and text of each block that a reader would run; other blocks are `text` and `console`."""
    return _BLOCK.findall((DOCS / f"{page}.md").read_text(encoding="utf-8"))


def prepare(page: str, folder: Path, real_data: Callable[[str], Path]) -> None:
    """Copy the images that a page begins with: so many of each class for training and others, 0 for all."""
    for name, source, training, others in _PREPARE.findall((DOCS / f"{page}.md").read_text(encoding="utf-8")):
        for split in real_data(source).iterdir():
            most = int(training if split.name.lower().startswith("train") else others) or None
            for cls in split.iterdir():
                (folder / name / split.name / cls.name).mkdir(parents=True)
                for path in sorted(cls.iterdir())[:most]:
                    shutil.copyfile(path, folder / name / split.name / cls.name / path.name)


def run_page(page: str, folder: Path) -> Iterator[str]:
    """Run the blocks in their order; gives what each one printed."""
    warnings = ["-W", "error", "-W", _OF_KERAS]
    programs = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, *warnings, "-c"]}
    # The commands are those of this Python, as in an activated environment.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for language, text in blocks(page):
        done = subprocess.run(
            [*programs[language], text],
            cwd=folder,
            env=os.environ | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
        yield done.stdout


def test_every_tutorial_is_run() -> None:
    """A new page with commands is either in the list, or says by its blocks that it is not to be run."""
    pages = {p.relative_to(DOCS).with_suffix("").as_posix() for p in DOCS.rglob("*/*.md")}
    assert {page for page in pages if blocks(page)} == {*TUTORIALS, "tutorials/cluster"}


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", TUTORIALS)
def test_every_command_runs(page: str, real_data: Callable[[str], Path], tmp_path: Path) -> None:
    prepare(page, tmp_path, real_data)
    assert len(list(run_page(page, tmp_path))) == len(blocks(page)) > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_cluster_tutorial_runs_on_two_nodes(cluster: Any, tmp_path: Path) -> None:
    """Its part on a GPU has `console` blocks: what it says holds for a machine that has one."""
    assert len(list(run_page("tutorials/cluster", tmp_path))) == len(blocks("tutorials/cluster")) > 0
