"""Searches on a Ray cluster; needs the extra `ray`."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from convonet import api
from convonet.errors import InputError
from convonet.events import Event, TrialEnded
from convonet.runs import Run
from convonet.runs.trials import TrialsFile

BASE = {"num_filters": 4, "num_units": 8, "batch_size": 8, "init_rate": [0.02, 0.01], "epochs": [1, 2]}


def _rows(run: api.TunedRun) -> list[tuple[Any, ...]]:
    task: Any = Run.open(run.path).task()
    rows = TrialsFile(run.path / "trials.csv", task.space.varied).read()
    return sorted((*row.key, row.seed, row.accuracy, row.loss) for row in rows)


def _tune(pictures: Path, out: Path, **options: Any) -> api.TunedRun:
    data = {"train_dir": str(pictures), "image_size": 8}
    return api.tune(data, BASE, out=out, **({"folds": 3} | options))


def test_without_ray_the_extra_is_named(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(InputError, match="convonet\\[ray\\]"):
        _tune(pictures, tmp_path, executor="ray")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kill", [False, True])
def test_a_cluster_gives_the_same_table_also_when_a_node_is_lost(
    pictures: Path, tmp_path: Path, cluster: Any, kill: bool
) -> None:
    nodes, second = cluster
    ended: list[float] = []

    def lose_a_node(event: Event) -> None:
        if isinstance(event, TrialEnded):
            ended.append(time.monotonic())
            if kill and len(ended) == 2:
                threading.Thread(target=nodes.remove_node, args=(second, False)).start()

    found = _tune(pictures, tmp_path, executor="ray", listen=lose_a_node)
    assert found.state == "done"
    assert len(_rows(found)) == 12
    assert _rows(found) == _rows(_tune(pictures, tmp_path, jobs=1))
