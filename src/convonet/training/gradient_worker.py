"""`python -m convonet.training.gradient_worker FOLDER RANK SIZE`: computes gradients of parts of batches.

Started by `ProcessGroup`. It holds a network and is sent everything else; it ends when its owner does.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist

from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.statistics import fix_statistics
from convonet.nets.torch_path.batch_part import BatchPart, computing
from convonet.params import HyperParams
from convonet.training.process_group import (
    MODEL,
    READY,
    WorkerConfig,
    flat,
    hear,
    join,
    join_on_this_machine,
    put_flat,
    sum_over_all,
)
from convonet.training.steps import create_step
from convonet.training.torch_step import TorchStep


def serve(step: TorchStep, model: Any, rank: int) -> None:
    """Compute what rank 0 asks for, until it goes away."""
    seeds = [
        layer.seed_generator.state for layer in model._flatten_layers() if hasattr(layer, "seed_generator")
    ]
    weights = [variable.value for variable in model.trainable_variables]
    room = flat(weights)
    while True:
        asked = hear()
        dist.broadcast(room, 0)
        with torch.no_grad():
            put_flat(room, list(weights))
        for state, values in zip(seeds, asked["seeds"], strict=True):
            state.value.data.copy_(torch.tensor(values))
        start, stop = asked["ends"][rank - 1 : rank + 1]
        images = _received((stop - start, *asked["image"]), torch.float32)
        targets = _received((stop - start, *asked["target_shape"]), getattr(torch, asked["target_type"]))
        shares = _received((stop - start,), torch.float32) if asked["weighted"] else None
        part = BatchPart(start, stop, asked["ends"][-1], sum_over_all)
        step.reset()
        with computing(part):
            loss, output = step.backward(images, targets, shares, 1 / part.times)
        with torch.no_grad():
            step.count(loss, output, targets)
        missing = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in weights]
        dist.reduce(flat(missing), 0)
        dist.reduce(torch.tensor(step.sums(), dtype=torch.float64), 0)


def _received(shape: tuple[int, ...], kind: Any) -> Any:
    values = torch.empty(shape, dtype=kind)
    dist.recv(values, 0)
    return values


def _end_with_owner() -> None:
    sys.stdin.read()
    os._exit(0)


def serve_sent(config: WorkerConfig, model: bytes, rank: int, size: int, store: Any) -> None:
    """Serve with a network that was sent as the content of its file, in the group that meets in `store`."""
    with tempfile.TemporaryDirectory(prefix="convonet-") as folder:
        file = Path(folder) / MODEL
        file.write_bytes(model)
        step, network = _loaded({**config, "model": str(file)})
    join(store, rank, size)
    with contextlib.suppress(RuntimeError):
        serve(step, network, rank)


def main(folder: Path, rank: int, size: int) -> None:
    """Load the network, join the group of this machine and serve."""
    threading.Thread(target=_end_with_owner, daemon=True).start()
    config: WorkerConfig = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    step, network = _loaded(config)
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    join_on_this_machine(folder, rank, size)
    # When the others are gone there is nothing left to do: a new group, if there is one, has new workers.
    with contextlib.suppress(RuntimeError):
        serve(step, network, rank)


def _loaded(config: WorkerConfig) -> tuple[TorchStep, Any]:
    """The network as `ParallelStep` has it, and its step."""
    backend.set_threads(config["threads"])
    hyper = HyperParams.of(config["hyper"])
    backend.use_device(hyper.device)
    model = keras.models.load_model(config["model"], compile=False, safe_mode=True)
    layers = list(model._flatten_layers())
    for index in config["fixed"]:
        fix_statistics(layers[index])
    # Any optimizer will do: this process computes gradients, and only the main process applies them.
    step = create_step(model, keras.optimizers.SGD(), config["output"], hyper)
    assert isinstance(step, TorchStep)
    return step, model


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
