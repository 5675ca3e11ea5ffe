"""Trainers on a Ray cluster.

The images travel once to each node, into its shared memory. A node that goes away costs only what was being
trained on it.
"""

from __future__ import annotations

import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from convonet.ray_cluster import actor_variables, connected, first_line
from convonet.runs.trials import FoldKey
from convonet.tuning.fold_data import FoldData
from convonet.tuning.messages import Message, TrainerDied, TrainerSettings, UnitEnded
from convonet.tuning.units import Unit


class RemoteTrainer:
    """What runs on a node. Its messages are a stream, so that rows arrive as soon as they are there."""

    def __init__(self, data: FoldData, settings: TrainerSettings) -> None:
        # Keras is loaded on the node that trains.
        from convonet.tuning.fold_training import FoldTrainer

        self._trainer = FoldTrainer(data, settings)
        self._pruned: FoldKey | None = None

    def train(self, unit: Unit) -> Iterator[Message]:
        """Train a unit in a thread and pass on what it tells."""
        messages: queue.Queue[Message | None] = queue.Queue()
        key = unit.keys()[-1]
        with ThreadPoolExecutor(1) as pool:
            work = pool.submit(self._trainer.train, unit, messages.put, lambda: self._pruned == key)
            work.add_done_callback(lambda done: messages.put(None))
            while (message := messages.get()) is not None:
                yield message
            work.result()
        yield UnitEnded(key)

    def prune(self, unit: FoldKey) -> None:
        """Leave that unit; called while it is trained."""
        self._pruned = unit


@dataclass(eq=False)
class _Trainer:
    """An actor, and the stream of what it is doing."""

    actor: Any
    unit: FoldKey | None = None
    stream: Any = None
    begun: bool = False


class RayExecutor:
    """Up to `jobs` actors, as many as the cluster has cores for at the moment."""

    def __init__(self, data: FoldData, settings: TrainerSettings, jobs: int | None) -> None:
        self._ray = connected(jobs * settings.threads if jobs else None)
        self._settings, self._jobs = settings, jobs
        self._trainers: list[_Trainer] = []
        self._data = self._ray.put(data.with_pixels())
        self._class = self._ray.remote(RemoteTrainer).options(
            num_cpus=settings.threads,
            max_concurrency=2,
            max_restarts=0,
            max_task_retries=0,
            runtime_env={"env_vars": actor_variables(settings.threads)},
        )

    def free(self) -> int:
        """How many more units can be taken now."""
        return self._room() - sum(trainer.unit is not None for trainer in self._trainers)

    def submit(self, unit: Unit) -> None:
        """Let an idle actor, or a new one, begin with a unit."""
        trainer = next((one for one in self._trainers if one.unit is None), None)
        if trainer is None:
            trainer = _Trainer(self._class.remote(self._data, self._settings))
            self._trainers.append(trainer)
        trainer.unit = unit.keys()[-1]
        trainer.stream = trainer.actor.train.options(num_returns="streaming").remote(unit)

    def wait(self, seconds: float) -> list[Message]:
        """Messages of all actors; an actor whose node is gone is told once as dead."""
        messages: list[Message] = self._without_core()
        busy = {trainer.stream: trainer for trainer in self._trainers if trainer.unit is not None}
        if not busy:
            return messages
        ready, _ = self._ray.wait(list(busy), num_returns=len(busy), timeout=seconds, fetch_local=False)
        for stream in ready:
            message = self._next(busy[stream])
            if message is not None:
                messages.append(message)
        return messages

    def prune(self, unit: FoldKey) -> None:
        """Ask the actor of that unit to leave it."""
        for trainer in self._trainers:
            if trainer.unit == unit:
                trainer.actor.prune.remote(unit)

    def close(self) -> None:
        """Kill all actors and leave the cluster; a local one ends."""
        for trainer in self._trainers:
            self._ray.kill(trainer.actor)
        self._trainers = []
        self._ray.shutdown()

    def _room(self) -> int:
        cores = int(self._ray.cluster_resources().get("CPU", 0)) // self._settings.threads
        return cores if self._jobs is None else min(cores, self._jobs)

    def _without_core(self) -> list[Message]:
        """Actors that wait for a core which went away with its node would wait for ever."""
        waiting = [trainer for trainer in self._trainers if not trainer.begun]
        excess = len(self._trainers) - self._room()
        return [self._drop(trainer, "No free core", "lost") for trainer in waiting[: max(excess, 0)]]

    def _next(self, trainer: _Trainer) -> Message | None:
        errors = self._ray.exceptions
        try:
            message: Message = self._ray.get(next(trainer.stream))
        except StopIteration:
            return None
        except errors.OutOfMemoryError as error:
            return self._drop(trainer, f"Out of memory on its node: {first_line(error)}", "memory")
        except (errors.RayActorError, errors.ObjectLostError, errors.NodeDiedError) as error:
            return self._drop(trainer, f"Its node or process was lost: {first_line(error)}", "lost")
        except errors.RayTaskError as error:
            return self._drop(trainer, str(error.cause or error)[:300], "fault")
        trainer.begun = True
        if isinstance(message, UnitEnded):
            trainer.unit = None
        return message

    def _drop(self, trainer: _Trainer, reason: str, cause: Any) -> TrainerDied:
        self._trainers.remove(trainer)
        self._ray.kill(trainer.actor)
        return TrainerDied(trainer.unit, reason, cause)
