"""Runs that are resumed or repeated: images that are no longer where they were are asked for, one set after another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from convonet.errors import ImagesMovedError
from convonet.launch.work import WorkEnded
from convonet.params import DataParams, fields_of
from convonet.runs import Run

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

Begin = Callable[[Run, DataParams | None], None]
"""Begins the work on a run, with the folders of its images where these have moved."""


class RunsAgain:
    """Begins the work anew for every folder that the person names, until no images are missing."""

    def __init__(self, controller: Controller) -> None:
        self._controller, self._session = controller, controller.session
        self._run: Run | None = None
        self._begin: Begin = self._resume
        self._folders: dict[str, str] = {}
        self._worked_on: Path | None = None
        controller.ended.connect(self._ended)

    def resume(self, run: Run) -> None:
        """Continue a run and show the page on which its work is seen. Raises ConvonetError."""
        self._take(run, self._resume)

    def verify(self, run: Run) -> None:
        """Repeat a finished run; `Controller.ended` carries the answer. Raises ConvonetError."""
        self._take(run, self._verify)

    def _take(self, run: Run, begin: Begin) -> None:
        self._run, self._begin, self._folders = run, begin, {}
        self._try(run)

    def _try(self, run: Run) -> None:
        try:
            self._begin(run, DataParams.of(self._folders) if self._folders else None)
        except ImagesMovedError as error:
            self._ask(run, error)
        else:
            work = self._session.work
            # A run that is finished already begins no work.
            self._worked_on = None if work is None else work.run.path

    def _ask(self, run: Run, error: ImagesMovedError) -> None:
        if self._controller.ask is None:
            raise error
        field = fields_of(DataParams)[error.field].label
        question = f"Where are the images now? ({field}, previously {error.where})"
        # The folder itself is gone, so the dialog opens at what lies above it.
        before = Path(str(error.where)).parent
        folder = self._controller.ask.folder(question, str(before) if before.is_dir() else "")
        if folder is not None:
            self._folders[error.field] = str(folder)
            self._try(run)

    def _ended(self, ended: WorkEnded) -> None:
        """A worker or a server says only after the start that images are missing."""
        run, error = self._run, ended.error
        # All work tells its end here, not only what was resumed or repeated.
        if run is None or ended.run.path != self._worked_on or not isinstance(error, ImagesMovedError):
            return

        def ask() -> None:
            self._controller.guard(lambda: self._ask(run, error))

        # All others hear of the end before a dialog waits for the person.
        QTimer.singleShot(0, self._controller, ask)

    def _resume(self, run: Run, data: DataParams | None) -> None:
        if not self._session.resume(run, data=data):
            self._controller.noted.emit("This run is finished")
        self._controller.page_wanted.emit(run.task().step)

    def _verify(self, run: Run, data: DataParams | None) -> None:
        self._session.start(self._session.tasks.verify(run, data))
