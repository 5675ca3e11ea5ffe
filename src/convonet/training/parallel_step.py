"""A training step whose batches are divided among processes, with the numbers of one process up to float sums.

Data-parallel training (J. Dean and others, Large Scale Distributed Deep Networks, NIPS 2012) with synchronous steps:
each process computes the gradient of its part of the batch, the sum is applied here, and the weights go out anew
with the next batch. So only this process has a state: checkpoints, rules and averages know nothing of the others, and a
worker that is lost costs one step.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist

from convonet.errors import InputError
from convonet.hints import Hint, option
from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.statistics import is_fixed
from convonet.nets.torch_path import create_forward
from convonet.nets.torch_path.batch_part import BatchPart, computing
from convonet.params.hyper_params import HyperParams
from convonet.runs.memory import is_memory_error
from convonet.tasks.task import ExecutorName
from convonet.training.image_rows import Batch
from convonet.training.precision import check_precision
from convonet.training.process_group import (
    MODEL,
    ProcessGroup,
    WorkerConfig,
    flat,
    put_flat,
    sum_over_all,
    tell,
)
from convonet.training.ray_group import RayGroup
from convonet.training.torch_step import TorchStep

Tensor = Any

_MOST_RESTARTS = 5
_GROUPS: dict[ExecutorName, type[ProcessGroup]] = {"local": ProcessGroup, "ray": RayGroup}


class ParallelStep(TorchStep):
    """TorchStep in several processes.

    Args:
        workers: how many processes compute, this one included; 2 or more.
        executor: where the others are.
        output: what the network gives (`ModelInfo.output`).
        hyper: tells the loss and the precision.

    Raises:
        InputError: the network has layers whose numbers depend on the whole batch in ways that only Keras knows.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any,
        loss: Any,
        boundary: float | None,
        *,
        workers: int,
        executor: ExecutorName,
        output: str,
        hyper: HyperParams,
    ) -> None:
        _check_divisible(model)
        check_precision(hyper.precision, model.trainable_variables[0].value.device.type, workers)
        super().__init__(model, optimizer, loss, boundary, hyper.precision)
        self._folder = tempfile.TemporaryDirectory(prefix="convonet-")
        file = Path(self._folder.name) / MODEL
        model.save(file)
        layers = list(model._flatten_layers())
        self._threads = backend.threads()
        # All processes compute at the same time, so each gets its share of the threads.
        threads = max(1, self._threads // workers)
        backend.set_threads(threads)
        config: WorkerConfig = {
            "model": str(file),
            "output": output,
            "hyper": hyper.set_values(),
            "fixed": [index for index, layer in enumerate(layers) if is_fixed(layer)],
            "threads": threads,
        }
        self._group = _GROUPS[executor](workers - 1, config)
        self._states = [variable.value for variable in model.non_trainable_variables]
        self._seeds = [
            layer.seed_generator.state.value for layer in layers if hasattr(layer, "seed_generator")
        ]
        self._restarts = 0
        self._started = False

    def train(self, batch: Batch) -> None:
        if len(batch.targets) < self._group.size:
            super().train(batch)
            return
        before = [state.clone() for state in (*self._states, *self._seeds)]
        while True:
            try:
                if not self._started:
                    self._group.start()
                    self._started = True
                self._train_divided(batch)
                return
            except (RuntimeError, dist.DistError) as error:
                if is_memory_error(error):
                    raise
                # A worker is gone. The weights are still those before the batch; what the forward pass has touched
                # is put back.
                self._restarts += 1
                if self._restarts > _MOST_RESTARTS:
                    raise
                for state, value in zip((*self._states, *self._seeds), before, strict=True):
                    state.data.copy_(value)
                self._group.stop()
                self._started = False

    def close(self) -> None:
        self._group.stop()
        self._folder.cleanup()
        # What follows in this process, such as the evaluation, has all threads again.
        backend.set_threads(self._threads)

    def _train_divided(self, batch: Batch) -> None:
        x, targets = self._pixels(batch), self._put(batch.targets)
        weights = None if batch.weights is None else self._put(batch.weights)
        total = len(targets)
        ends = np.cumsum([len(part) for part in np.array_split(np.arange(total), self._group.size)]).tolist()
        tell(
            {
                "ends": ends,
                "image": list(x.shape[1:]),
                "target_shape": list(targets.shape[1:]),
                "target_type": str(targets.dtype).removeprefix("torch."),
                "weighted": weights is not None,
                "seeds": [seed.tolist() for seed in self._seeds],
            }
        )
        dist.broadcast(flat(self._weights), 0)
        for rank, (start, stop) in enumerate(pairwise(ends), start=1):
            for tensor in (x, targets, weights):
                if tensor is not None:
                    dist.send(tensor[start:stop].cpu().contiguous(), rank)
        own = slice(0, ends[0])
        part = BatchPart(0, ends[0], total, sum_over_all)
        with computing(part):
            loss, output = self.backward(
                x[own], targets[own], None if weights is None else weights[own], 1 / part.times
            )
        sums = torch.zeros(2, dtype=torch.float64)
        gradients = flat([_gradient(weight) for weight in self._weights])
        dist.reduce(gradients, 0)
        dist.reduce(sums, 0)
        with torch.no_grad():
            put_flat(gradients, [weight.grad for weight in self._weights])
            self.apply()
            self.count(loss, output, targets[own])
            self._loss_sum += sums[0].to(self._loss_sum.device)
            self._correct += sums[1].to(self._correct.device).long()


def _gradient(weight: Tensor) -> Tensor:
    """The gradient of a weight; zero where the part of the batch says nothing of it."""
    if weight.grad is None:
        weight.grad = torch.zeros_like(weight)
    return weight.grad


def _check_divisible(model: Any) -> None:
    """Refuse what a part of a batch cannot be computed of."""
    forward = create_forward(model)
    drawing = [
        layer.name
        for layer in model._flatten_layers()
        if hasattr(layer, "seed_generator") and type(layer) is not keras.layers.Dropout
    ]
    if forward is None or drawing:
        raise InputError(
            "This network cannot be trained by several processes",
            received=f"layer {drawing[0]}, which uses random numbers for the whole batch"
            if drawing
            else model.name,
            hint=Hint.of(
                "Train with {}", option("workers", 1), window="Set Processes to 1 on the Parameters page"
            ),
        )
