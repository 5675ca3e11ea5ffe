"""What the routes work with: one of each for a server.

Predictions need few of these parts, and a server with several workers has those in every one of them.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Annotated, Protocol

import psutil
from fastapi import Depends, Request, Response

from convonet.inference.answers import AnswerOptions
from convonet.launch.supervisor import Supervisor
from convonet.runs import Run
from convonet.runs.environment import available_cores
from convonet.server.confine import Root
from convonet.server.datasets import KnownSets
from convonet.server.imports import Imports
from convonet.server.jobs import JobQueue
from convonet.server.known import ASKED, KnownRuns
from convonet.server.metrics import Metrics
from convonet.server.prediction_pool import PredictionPool
from convonet.server.served import ServedModels
from convonet.server.settings import Settings
from convonet.server.sorting import SortSessions
from convonet.server.tasks import TaskMaker
from convonet.server.upload_folders import UploadFolders

_PICTURE_THREADS = 2


class PredictWithKeras(Protocol):
    """Answers a prediction request, whose body has not been read, for a model that only Keras can open."""

    async def __call__(
        self, request: Request, parts: PredictServices, run: Run, options: AnswerOptions
    ) -> Response: ...


@dataclass(kw_only=True)
class PredictServices:
    """The parts of a process that answers predictions.

    Attributes:
        with_keras: what is done for a model that cannot be opened here.
        upload_bytes: bytes of images that are being received or answered now.
        stopping: the server ends; streams shall say goodbye.
    """

    settings: Settings
    root: Root
    known: KnownRuns
    metrics: Metrics
    models: ServedModels
    with_keras: PredictWithKeras
    upload_bytes: int = 0
    stopping: bool = field(default=False)

    def begin_to_end(self) -> None:
        """Let answers end their connections."""
        self.stopping = True

    def gauges(self) -> dict[str, float]:
        """What this process holds just now."""
        return {
            "waiting_images": self.models.waiting,
            "open_models": len(self.models),
            "resident_bytes": psutil.Process().memory_info().rss,
        }


@dataclass(kw_only=True)
class Services(PredictServices):
    """The parts of one server.

    Attributes:
        pool: the workers that answer predictions; None: this process does.
    """

    tasks: TaskMaker
    queue: JobQueue
    datasets: KnownSets
    pictures: ThreadPoolExecutor
    uploads: UploadFolders
    imports: Imports
    sorting: SortSessions
    pool: PredictionPool | None = None
    saving: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))

    @classmethod
    def of(
        cls,
        settings: Settings,
        with_keras: PredictWithKeras,
        supervisor: Supervisor | None = None,
        pool: PredictionPool | None = None,
    ) -> Services:
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
            models=ServedModels(settings.limits, metrics, available_cores()),
            with_keras=with_keras,
            pool=pool,
            pictures=ThreadPoolExecutor(_PICTURE_THREADS, thread_name_prefix="pictures"),
            uploads=UploadFolders(settings.runs / ASKED),
            imports=Imports(root, settings.limits),
            sorting=SortSessions(root, queue),
        )

    @property
    def ready(self) -> bool:
        """Whether requests of every kind are answered."""
        return not self.stopping and self.queue.alive and (self.pool is None or self.pool.size > 0)

    def start(self) -> None:
        """Take up work."""
        self.queue.start()

    def begin_to_end(self) -> None:
        """Start no new run, and let event streams say goodbye."""
        super().begin_to_end()
        self.queue.refuse()
        if self.pool is not None:
            self.pool.begin_to_end()

    def stop(self) -> None:
        """Put everything away; what is under way can be resumed."""
        self.begin_to_end()
        self.queue.stop()
        if self.pool is not None:
            self.pool.stop()
        self.models.close()
        self.pictures.shutdown(wait=False, cancel_futures=True)


def predict_services(request: Request) -> PredictServices:
    """The parts of the process that a prediction came to."""
    found: PredictServices = request.app.state.services
    return found


def services(request: Request) -> Services:
    """The parts of the server that a request came to."""
    found: Services = request.app.state.services
    return found


Parts = Annotated[Services, Depends(services)]
PredictParts = Annotated[PredictServices, Depends(predict_services)]
