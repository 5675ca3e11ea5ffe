"""Memory that is really too little: a limit that Python meets as an error, and one at which Linux kills the worker."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet, Said

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BATCH = 1024  # at 128×128 and 32 filters a batch's largest maps alone take 2 GiB
MEMORY = Path("/sys/fs/cgroup/memory")


def _limited_addresses() -> None:
    """As `ulimit -v` in a shell."""
    limit = 6 * 1024**3
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


@pytest.fixture
def group() -> Iterator[Path]:
    """A control group of 1.6 GiB below the one that this process is in."""
    if not MEMORY.is_dir():
        pytest.skip("this machine has no control groups for memory at /sys/fs/cgroup/memory")
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    own = next((line.split(":", 2)[2] for line in lines if ":memory:" in line), "/")
    made = MEMORY / own.lstrip("/") / f"convonet-{os.getpid()}"
    try:
        made.mkdir()
    except OSError as error:
        pytest.skip(f"control groups cannot be made here: {error}")
    (made / "memory.limit_in_bytes").write_text(str(1600 * 1024**2))
    yield made
    made.rmdir()


def _train(run_it: Callable[..., Said], digits: Path, out: Path) -> Said:
    """Train one epoch on enlarged digits with a batch that cannot fit."""
    return run_it(
        *("train", "--train-dir", digits / "train", "--image-size", 128, "--set", f"batch_size={BATCH}"),
        *("--set", "num_filters=32", "--set", "num_units=8", "--set", "epochs=1", "--no-validation"),
        *("--out", out, "--name", "short", "--json"),
        timeout=800,
    )


def _assert_halved_and_done(said: Said, run: Path) -> None:
    assert said.code == 0, said.err
    record = json.loads((run / "run.json").read_text())
    assert record["state"] == "done"
    lines = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    told = [line["message"] for line in lines if line["event"] == "Warned" and line["subject"] == "memory"]
    assert told, "nothing was said about the batch"
    assert f"batches of {BATCH:,} images" in told[0]
    assert f"continuing with {BATCH // 2}" in told[0]
    assert (run / "model.keras").exists()


def test_a_limit_that_python_meets_halves_the_batch(convonet: Convonet, digits: Path, tmp_path: Path) -> None:
    said = _train(
        lambda *words, **more: convonet(*words, **more, before=_limited_addresses), digits, tmp_path
    )
    _assert_halved_and_done(said, tmp_path / "short")


def test_a_worker_that_linux_kills_for_its_memory_goes_on_with_half_the_batch(
    convonet: Convonet, digits: Path, tmp_path: Path, group: Path
) -> None:
    def join() -> None:
        (group / "cgroup.procs").write_text(str(os.getpid()))

    said = _train(lambda *words, **more: convonet(*words, **more, before=join), digits, tmp_path)
    _assert_halved_and_done(said, tmp_path / "short")
