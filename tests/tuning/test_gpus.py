"""How many trainings GPUs hold, told by made-up GPUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from convonet.params import HyperParams
from convonet.tuning.fold_data import FoldData
from convonet.tuning.fold_training import FoldTrainer
from convonet.tuning.gpus import VISIBLE, Gpu, GpuRoom, find_gpus
from convonet.tuning.local_executor import LocalExecutor
from convonet.tuning.messages import FoldEnded, Message, TrainerSettings
from convonet.tuning.units import Trial, Unit

GIB = 2**30


@pytest.mark.parametrize(
    ("visible", "said", "found"),
    [
        (None, None, []),
        (None, "81000\n40000\n", [Gpu("0", 81000 * 2**20), Gpu("1", 40000 * 2**20)]),
        ("1", "40000\n", [Gpu("1", 40000 * 2**20)]),
        ("GPU-1f,GPU-2e", "100\n[N/A]\n", [Gpu("GPU-1f", 100 * 2**20), Gpu("GPU-2e", 0)]),
        ("MIG-5", None, [Gpu("MIG-5", 0)]),
        ("", "81000\n", []),
        ("-1", "81000\n", []),
    ],
)
def test_gpus_are_those_that_may_be_used(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, said: str | None, found: list[Gpu]
) -> None:
    asked: list[Sequence[str]] = []
    monkeypatch.delenv(VISIBLE, raising=False)
    if visible is not None:
        monkeypatch.setenv(VISIBLE, visible)

    def ask(arguments: Sequence[str]) -> str | None:
        asked.append(arguments)
        return said

    assert find_gpus(ask) == found
    assert all(("-i" in arguments) is bool(visible) for arguments in asked)


def test_as_many_trainings_as_memory_allows_once_the_need_is_known() -> None:
    room = GpuRoom([Gpu("0", 24 * GIB), Gpu("1", 8 * GIB)], most=16)
    assert room.jobs() == 2
    assert [room.choose(used) for used in ([], ["0"])] == ["0", "1"]
    room.learn(2 * GIB)
    assert room.jobs() == 8 + 2
    used: list[str] = []
    for _ in range(room.jobs()):
        used.append(room.choose(used))
    assert (used.count("0"), used.count("1")) == (8, 2)
    room.learn(10 * GIB)
    room.learn(GIB)
    assert room.jobs() == 2 + 1
    room.learn(100 * GIB)
    assert room.jobs() == 2


def test_cores_and_the_persons_word_bound_it() -> None:
    gpu = Gpu("0", 100 * GIB)
    assert GpuRoom([gpu], most=4, largest=GIB).jobs() == 4
    assert GpuRoom([gpu], most=6, asked=True).jobs() == 6
    assert GpuRoom([Gpu("0", 0)], most=6, largest=GIB).jobs() == 1


@pytest.mark.slow
def test_trainers_of_gpus_load_keras_themselves_and_give_the_same_numbers(fold_data: FoldData) -> None:
    """The GPU's name is nobody's here, so it computes without one."""
    settings = TrainerSettings("accuracy", 1)
    hyper = HyperParams.of({"num_filters": 4, "num_units": 8, "batch_size": 8, "epochs": 1})
    units = [Unit(hyper, (Trial(number, hyper, {}),), 1, number) for number in (1, 2)]
    executor = LocalExecutor(fold_data, settings, 2, GpuRoom([Gpu("none", 0)], most=2))
    messages: list[Message] = []
    try:
        for unit in units:
            assert executor.free() == 1
            executor.submit(unit)
            while executor.free() < 1:
                messages += executor.wait(1.0)
    finally:
        executor.close()
    alone: list[Message] = []
    for unit in units:
        FoldTrainer(fold_data, settings).train(unit, alone.append, lambda: False)
    rows = [
        [replace(message.row, seconds=None) for message in told if isinstance(message, FoldEnded)]
        for told in (messages, alone)
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 2
