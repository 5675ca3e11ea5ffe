"""A group whose workers are actors of a Ray cluster, on whatever nodes it has room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch.distributed as dist

from convonet.errors import TrainingError
from convonet.nets import backend
from convonet.ray_cluster import actor_variables, connected, first_line
from convonet.text import counted
from convonet.training.gradient_worker import serve_sent
from convonet.training.process_group import ProcessGroup, WorkerConfig, join

_START_SECONDS = 300.0


class RemoteWorker:
    """What runs on a node."""

    def ready(self) -> None:
        """Answered once the process is there and Keras is loaded."""
        backend.name()

    def serve(self, config: WorkerConfig, model: bytes, rank: int, size: int, address: str) -> None:
        """Join the group whose store has the address, and compute for it."""
        host, _, port = address.rpartition(":")
        serve_sent(config, model, rank, size, dist.TCPStore(host, int(port), size))


class RayGroup(ProcessGroup):
    """Rank 0 of a group, and its workers on the cluster; arguments as `ProcessGroup`."""

    def __init__(self, workers: int, config: WorkerConfig) -> None:
        super().__init__(workers, config)
        self._actors: list[Any] = []
        self._ray: Any = None

    def start(self) -> None:
        self._ray = ray = connected(self.size * self._threads)
        kind = ray.remote(RemoteWorker).options(
            num_cpus=self._threads, max_restarts=0, runtime_env={"env_vars": actor_variables(self._threads)}
        )
        self._actors = [kind.remote() for _ in range(self.size - 1)]
        try:
            ray.get([actor.ready.remote() for actor in self._actors], timeout=_START_SECONDS)
        except ray.exceptions.RayError as error:
            self.stop()
            raise TrainingError(
                "The Ray cluster has no resources for the workers, or has lost one of them",
                expected=f"{counted(self.size - 1, 'worker')} with {counted(self._threads, 'core')} each",
                received=first_line(error),
                hint="Use fewer workers or threads",
            ) from error
        host = ray.util.get_node_ip_address()
        store = dist.TCPStore(host, 0, self.size, is_master=True, wait_for_workers=False)
        model = Path(self._config["model"]).read_bytes()
        for rank, actor in enumerate(self._actors, start=1):
            actor.serve.remote(self._config, model, rank, self.size, f"{host}:{store.port}")
        join(store, 0, self.size)

    def stop(self) -> None:
        for actor in self._actors:
            self._ray.kill(actor)
        self._actors = []
        super().stop()
        if self._ray is not None:
            self._ray.shutdown()
            self._ray = None
