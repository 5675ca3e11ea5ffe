"""What the routes work with: one of each for a server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from convonet.launch.supervisor import Supervisor
from convonet.server.confine import Root
from convonet.server.datasets import KnownSets
from convonet.server.imports import Imports
from convonet.server.jobs import JobQueue
from convonet.server.known import ASKED, KnownRuns
from convonet.server.metrics import Metrics
from convonet.server.served import ServedModels
from convonet.server.settings import Settings
from convonet.server.sorting import SortSessions
from convonet.server.tasks import TaskMaker
from convonet.server.upload_folders import UploadFolders

_PICTURE_THREADS = 2


@dataclass
class Services:
    """The parts of one server.

    Attributes:
        upload_bytes: bytes of images that are being received or answered now.
        stopping: the server ends; streams shall say goodbye.
    """

    settings: Settings
    root: Root
    known: KnownRuns
    tasks: TaskMaker
    queue: JobQueue
    datasets: KnownSets
    metrics: Metrics
    models: ServedModels
    pictures: ThreadPoolExecutor
    uploads: UploadFolders
    imports: Imports
    sorting: SortSessions
    upload_bytes: int = 0
    stopping: bool = field(default=False)

    @classmethod
    def of(cls, settings: Settings, supervisor: Supervisor | None = None) -> Services:
        """Made, not yet started."""
        root = Root(settings.root)
        known = KnownRuns(root, settings.runs)
        metrics = Metrics()
        queue = JobQueue(settings, known, supervisor)
        return cls(
            settings=settings,
            root=root,
            known=known,
            tasks=TaskMaker(root, known),
            queue=queue,
            datasets=KnownSets(root),
            metrics=metrics,
            models=ServedModels(settings.limits, metrics),
            pictures=ThreadPoolExecutor(_PICTURE_THREADS, thread_name_prefix="pictures"),
            uploads=UploadFolders(settings.runs / ASKED),
            imports=Imports(root, settings.limits),
            sorting=SortSessions(root, queue),
        )

    def start(self) -> None:
        """Take up work."""
        self.queue.start()

    def stop(self) -> None:
        """Put everything away; what is under way can be resumed."""
        self.stopping = True
        self.queue.stop()
        self.models.close()
        self.pictures.shutdown(wait=False, cancel_futures=True)


def services(request: Request) -> Services:
    """The parts of the server that a request came to."""
    found: Services = request.app.state.services
    return found


Parts = Annotated[Services, Depends(services)]
