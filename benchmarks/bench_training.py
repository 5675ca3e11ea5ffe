"""How fast a training is: `python benchmarks/bench_training.py [--rounds N]`.

Three ways train the same networks on the same pixels, in turn, each in a process of its own with two threads: plain
Keras' `fit` on torch, our NetTraining, and PyTorch as an expert writes it (channels_last, the optimizer's own loop).
Medians of all rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from training_ways import CASES, CORES, WAYS, Case

from convonet.inference.net_input import NetInput
from convonet.nets import NetModel, create_model
from convonet.nets.backend import set_threads
from convonet.own_process import with_large_pages
from convonet.params import HyperParams, PixelParams
from convonet.training.net_training import ImageRows, NetTraining


@contextmanager
def process(way: str, place: int, folder: Path) -> Iterator[Callable[[], float]]:
    """A process that trains in one way; gives what trains an epoch there and tells its seconds."""
    command = [
        sys.executable,
        str(Path(__file__).with_name("training_ways.py")),
        way,
        str(place),
        str(folder),
    ]
    pipe = subprocess.PIPE
    # Convonet trains in a worker, which is started so.
    environment = with_large_pages(os.environ) if way == "Convonet" else None
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1, env=environment) as child:
        asked, said = child.stdin, child.stdout
        assert asked is not None
        assert said is not None

        def answer() -> str:
            line = said.readline()
            if not line:
                raise SystemExit(f"{way} ended with {child.wait()}")
            return line

        def epoch() -> float:
            asked.write("epoch\n")
            return float(answer())

        answer()
        yield epoch
        asked.close()


def measure(place: int, rounds: int) -> dict[str, list[float]]:
    """Images a second of each way, one figure a round."""
    case = CASES[place]
    found: dict[str, list[float]] = {name: [] for name in WAYS}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        prepare(case, Path(name))
        ways = {way: stack.enter_context(process(way, place, Path(name))) for way in WAYS}
        for _ in range(rounds):
            for way, epoch in ways.items():
                found[way].append(case.batch * case.steps / epoch())
    return found


def prepare(case: Case, folder: Path) -> None:
    """The network with first weights and the images, as files."""
    hyper = HyperParams.of({"family": case.family})
    model = network(case, hyper)
    model.save(folder / "network.keras")
    said = {"output": model.info.output, "rate": hyper.rate}
    (folder / "network.json").write_text(json.dumps(said))
    chance, count = np.random.default_rng(0), case.batch * case.steps
    np.save(folder / "pixels.npy", chance.integers(0, 256, (count, *case.shape), dtype=np.uint8))
    np.save(folder / "labels.npy", chance.integers(0, case.classes, count))


def network(case: Case, hyper: HyperParams) -> NetModel:
    """The network with first weights."""
    names = [str(place) for place in range(case.classes)]
    return create_model(hyper.changed(seed=1), NetInput(PixelParams(*case.shape), tuple(names)))


def peak(seconds: float = 1.0) -> float:
    """Floating-point operations a second of torch's matrix product, its best of many."""
    import torch

    left, right = torch.rand(2, 1024, 1024)
    best, ended = 0.0, time.perf_counter() + seconds
    while (started := time.perf_counter()) < ended:
        torch.mm(left, right)
        best = max(best, 2 * 1024**3 / (time.perf_counter() - started))
    return best


def show(case: Case, found: dict[str, list[float]], fastest: float) -> None:
    """Print one network's rows."""
    ours = np.array(found["Convonet"])
    print(f"{case.family} {' × '.join(map(str, case.shape))}, batch {case.batch}")
    for name, speeds in found.items():
        ratio = (
            f"   we are {np.median(ours / np.array(speeds)):.2f} times as fast" if name != "Convonet" else ""
        )
        print(
            f"  {name:16}{np.median(speeds):8,.0f} images/s ({min(speeds):,.0f} to {max(speeds):,.0f}){ratio}"
        )
    if case.flops:
        share = np.median(ours) * case.flops / fastest
        print(f"  {share:.0%} of the machine's matrix product, {fastest / 1e9:.0f} GFLOP/s")


def train_many() -> None:
    """One epoch of 60,000 digits in this process; prints its peak memory."""
    case = CASES[0]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pixels.npy"
        made = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(60_000, *case.shape))
        for start in range(0, 60_000, 1000):
            made[start : start + 1000] = np.random.default_rng(start).integers(0, 256, (1000, *case.shape))
        del made
        pixels = np.load(file, mmap_mode="r")
        hyper = HyperParams.of({"epochs": 1})
        NetTraining(network(case, hyper), hyper).train(ImageRows.all(pixels, np.arange(60_000) % 10))
    print(f"{_peak_memory() / 1e9:.2f}")


def _peak_memory() -> int:
    """Bytes. What getrusage tells of a child begins with what its parent held when it was made."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(re.search(r"VmHWM:\s+(\d+)", status)[1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--many", action="store_true", help="only train 60,000 digits and tell the memory")
    given = parser.parse_args()
    set_threads(CORES)
    if given.many:
        train_many()
        return
    fastest = peak()
    for place, case in enumerate(CASES):
        show(case, measure(place, given.rounds), fastest)
    done = subprocess.run([sys.executable, __file__, "--many"], check=True, capture_output=True, text=True)
    print(f"60,000 digits, one epoch: {done.stdout.strip()} GB at most")


if __name__ == "__main__":
    main()
