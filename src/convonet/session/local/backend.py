"""Work on this machine: worker processes on images, models and runs that lie here."""

from __future__ import annotations

from pathlib import Path

from convonet import documents, tasks
from convonet.launch.doctor import examine
from convonet.launch.resume import prepare_resume
from convonet.launch.supervisor import Supervisor
from convonet.launch.work import Follower, Work
from convonet.params import DataParams
from convonet.runs import Run
from convonet.runs.begin import begin_run, results_folder
from convonet.runs.environment import available_cores
from convonet.scratch import Scratch
from convonet.session.conditions import Reason
from convonet.session.local.images import LocalImages
from convonet.session.local.models import LocalModels
from convonet.session.local.runs import LocalRuns


class LocalBackend:
    """The `Backend` of this machine.

    Args:
        folder: where runs go when the data parameters name no results folder.
        supervisor: starts the workers.
    """

    is_remote = False

    def __init__(self, folder: Path, supervisor: Supervisor | None = None) -> None:
        self.folder = folder
        self.images, self.models, self.runs = LocalImages(), LocalModels(), LocalRuns()
        self._supervisor = supervisor or Supervisor(detached=True)

    def why_not(self, action: str) -> Reason | None:
        """Everything can be done here."""
        return None

    def start(self, task: tasks.Task) -> Work:
        """Give a task to a worker process. What leaves no run is done in a folder that is removed."""
        folder = None if task.leaves_run else Scratch()
        parent = folder.path if folder else results_folder(task, default=self.folder)
        run = begin_run(task, parent, words=tasks.words_of(task), store=self.runs.store)
        return Work(task, run, self._supervisor.start(run, task.threads), folder)

    def resume(self, run: Run, *, accept_changed_data: bool, data: DataParams | None) -> Work | None:
        """Give a run to a worker process again; None when nothing is left to do."""
        if not prepare_resume(run, accept_changed_data=accept_changed_data, data=data):
            return None
        task = run.task()
        return Work(task, run, self._supervisor.start(run, task.threads))

    def follow(self, run: Run) -> Work:
        """Read the events of a run that another process works on."""
        return Work(run.task(), run, Follower(run))

    def examine(self) -> documents.InstallationDocument:
        """What this machine can do."""
        return examine()

    def warm(self) -> None:
        """Let a spare worker import Keras in the background."""
        self._supervisor.warm(available_cores())

    def close(self) -> None:
        """End the spare worker. Work that was not detached stops when this process ends."""
        self._supervisor.close()
