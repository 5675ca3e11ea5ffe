"""Processes that compute one batch together: how they find one another, and what they tell one another.

Rank 0 is the training itself. The others are `gradient_worker`s, which know a network and nothing of images: what a
step needs is sent to them. They speak through torch.distributed with gloo, on this machine over the loopback device.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any, TypedDict

import torch
import torch.distributed as dist

from convonet.errors import TrainingError
from convonet.hints import Hint, option
from convonet.own_process import child_environment, neutral_folder, python_words, with_large_pages
from convonet.params.fields import ParamValues

Tensor = Any

READY = "ready"
MODEL = "network.keras"
_WORKER = "convonet.training.gradient_worker"
_TIMEOUT = timedelta(minutes=15)
"""How long a process waits for the others in one step."""
_INTERFACE = "GLOO_SOCKET_IFNAME"
_END_SECONDS = 5.0


def join_on_this_machine(folder: Path, rank: int, size: int) -> None:
    """Become one of `size` processes of this machine, which meet by a file in `folder`."""
    # Nothing that is told leaves the machine.
    before = os.environ.get(_INTERFACE)
    os.environ[_INTERFACE] = "lo0" if sys.platform == "darwin" else "lo"
    try:
        join(dist.FileStore(str(folder / "meeting"), size), rank, size)
    finally:
        del os.environ[_INTERFACE]
        if before is not None:
            os.environ[_INTERFACE] = before


def join(store: Any, rank: int, size: int) -> None:
    """Become one of `size` processes that meet in a store of torch.distributed."""
    dist.init_process_group("gloo", store=store, rank=rank, world_size=size, timeout=_TIMEOUT)


class WorkerConfig(TypedDict):
    """What a worker must know before the first step, as JSON.

    Attributes:
        model: the file of the network, kept by who starts the workers.
        output: what the network gives (`ModelInfo.output`).
        hyper: the hyperparameters that are set.
        fixed: indices of the layers whose statistics are fixed.
        threads: computing threads of each worker.
    """

    model: str
    output: str
    hyper: ParamValues
    fixed: list[int]
    threads: int


class StepRequest(TypedDict):
    """One batch that is computed together, as JSON.

    Attributes:
        ends: the row behind the last one of each rank.
        image: the shape of an image as the network takes it.
        target_shape, target_type: of one target; the type by its name in torch.
        weighted: whether each image has a weight.
        seeds: states of the seed generators of the network's layers.
    """

    ends: list[int]
    image: list[int]
    target_shape: list[int]
    target_type: str
    weighted: bool
    seeds: list[list[int]]


def tell(request: StepRequest) -> None:
    """Send a request from rank 0 to all."""
    content = torch.frombuffer(bytearray(json.dumps(request).encode()), dtype=torch.uint8)
    dist.broadcast(torch.tensor([len(content)]), 0)
    dist.broadcast(content, 0)


def hear() -> StepRequest:
    """What rank 0 asks for."""
    length = torch.zeros(1, dtype=torch.int64)
    dist.broadcast(length, 0)
    content = torch.zeros(int(length), dtype=torch.uint8)
    dist.broadcast(content, 0)
    request: StepRequest = json.loads(bytes(content.numpy()))
    return request


def sum_over_all(values: Tensor) -> Tensor:
    """Add up a tensor over all processes, in place."""
    dist.all_reduce(values)
    return values


def flat(tensors: list[Tensor]) -> Tensor:
    """All numbers of some tensors in one, float32, on the processor."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors]).cpu()


def put_flat(values: Tensor, tensors: list[Tensor | None]) -> None:
    """Write the numbers of `flat` into tensors of those shapes; where there is None nothing is written.

    Raises:
        ValueError: another number of values.
    """
    at = 0
    for tensor in tensors:
        if tensor is not None:
            tensor.data.copy_(values[at : at + tensor.numel()].view(tensor.shape))
            at += tensor.numel()
    if at != len(values):
        raise ValueError(f"expected {at} values, received {len(values)}")


class ProcessGroup:
    """Rank 0 of a group, and its workers.

    Args:
        workers: processes that compute beside this one, 1 or more.
        config: what each of them must know.
    """

    def __init__(self, workers: int, config: WorkerConfig) -> None:
        self.size = workers + 1
        self._threads, self._config = config["threads"], config
        self._processes: list[subprocess.Popen[bytes]] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def start(self) -> None:
        """Start the workers and wait until all are there.

        Raises:
            TrainingError: one of them did not start.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="convonet-")
        folder = Path(self._folder.name)
        (folder / "config.json").write_text(json.dumps(self._config), encoding="utf-8")
        environment = with_large_pages(child_environment()) | {"OMP_NUM_THREADS": str(self._threads)}
        for rank in range(1, self.size):
            words = python_words("-m", _WORKER, str(folder), str(rank), str(self.size))
            # The worker ends when its input does, whatever becomes of us.
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self._processes.append(
                subprocess.Popen(words, env=environment, cwd=neutral_folder(), **pipes)  # type: ignore[call-overload]
            )
        for rank, process in enumerate(self._processes, start=1):
            assert process.stdout is not None
            if process.stdout.readline().strip() != READY.encode():
                self.stop()
                raise TrainingError(
                    "A training process did not start",
                    where=f"process {rank + 1} of {self.size}",
                    hint=Hint.of(
                        "Train with {}",
                        option("workers", 1),
                        window="Set Processes to 1 on the Parameters page",
                    ),
                )
        join_on_this_machine(folder, 0, self.size)

    def stop(self) -> None:
        """End the workers, whatever they are doing."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait(_END_SECONDS)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._processes = []
        if dist.is_initialized():
            dist.destroy_process_group()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def restart(self) -> None:
        """Start anew after a worker was lost; errors as `start`."""
        self.stop()
        self.start()
