"""Draws plots by name and puts them into one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from convonet.events import FileSaved, Watch
from convonet.plots.figures import DPI, save_figure
from convonet.plots.registry import PLOTS


class Plotter:
    """What every face and job draws with.

    Args:
        folder: where files go; made when it is missing.
        dpi: pixels an inch of the files.
        watch: is told each file.
    """

    def __init__(self, folder: Path, *, dpi: int = DPI, watch: Watch | None = None) -> None:
        self.folder = folder
        self.dpi = dpi
        self._watch = watch or Watch()

    @staticmethod
    def draw(name: str, *values: Any, **options: Any) -> Figure:
        """The figure `name`, made of what its function takes.

        Raises:
            KeyError: no plot of that name.
        """
        return PLOTS[name].draw(*values, **options)

    def save(self, name: str, *values: Any, file: str | None = None, **options: Any) -> Path:
        """Draw the figure and write it under its usual file name, or `file`.

        Raises:
            OutputError: the folder cannot be written to.
            StorageError: the disk is full.
        """
        path = self.folder / (file or PLOTS[name].file)
        save_figure(self.draw(name, *values, **options), path, self.dpi)
        self._watch.tell(FileSaved(path=path.name, title=PLOTS[name].title))
        return path
