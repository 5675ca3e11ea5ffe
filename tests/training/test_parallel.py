"""Several processes train with the numbers of one, up to the order of sums; a lost one costs nothing."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest

from convonet.errors import InputError
from convonet.inference.net_input import NetInput
from convonet.nets import NetModel, backend
from convonet.nets.registry import create_model
from convonet.params import HyperParams
from convonet.params.data_params import PixelParams
from convonet.training.net_training import ImageRows, NetTraining, TrainingResult
from convonet.training.process_group import ProcessGroup
from convonet.training.ray_group import RayGroup

CLASSES = tuple("abc")


@pytest.fixture(scope="module")
def rows() -> ImageRows:
    """Images of three brightnesses in noise; the last batch of 16 has 4."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 100)
    images = rng.normal(60 + 60 * labels[:, None, None, None], 50, (100, 12, 12, 1)).clip(0, 255)
    return ImageRows.all(images.astype(np.uint8), labels)


def _model(hyper: HyperParams) -> NetModel:
    return create_model(hyper, NetInput(PixelParams(12, 12, 1), CLASSES))


def _trained(hyper: HyperParams, rows: ImageRows, workers: int) -> tuple[TrainingResult, list[Any]]:
    model = _model(hyper)
    result = NetTraining(model, hyper, workers=workers).train_val(rows, rows)
    return result, model.keras_model.get_weights()


NETWORKS = [
    {"family": "convonet", "num_filters": 4, "drop_out": 0.5},
    {"family": "resnet_small", "num_filters": 4, "mixup": 0.4, "balanced": True},
]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 4])
@pytest.mark.parametrize("values", NETWORKS, ids=["dropout", "batch norm"])
def test_losses_are_those_of_one_process(values: dict[str, Any], workers: int, rows: ImageRows) -> None:
    hyper = HyperParams(epochs=3, batch_size=16, optimizer="adam", init_rate=1e-3, l2=1e-4, **values)
    (one, _), (several, _) = (_trained(hyper, rows, count) for count in (1, workers))
    for name in ("loss", "val_loss"):
        expected, found = ([row[name] for row in part.history.rows] for part in (one, several))
        assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_a_worker_that_is_killed_costs_no_digit(rows: ImageRows, monkeypatch: pytest.MonkeyPatch) -> None:
    hyper = HyperParams(family="dense", hidden_units=[8], drop_out=0.5, epochs=2, batch_size=16)
    expected, weights = _trained(hyper, rows, 2)
    started: list[ProcessGroup] = []
    threads = backend.threads()
    start = ProcessGroup.start

    def noted(self: ProcessGroup) -> None:
        start(self)
        started.append(self)
        if len(started) == 1:
            (process,) = self._processes
            process.kill()
            process.wait()

    monkeypatch.setattr(ProcessGroup, "start", noted)
    found, other = _trained(hyper, rows, 2)
    assert len(started) == 2
    assert backend.threads() == threads
    assert found.history.rows == expected.history.rows
    assert all(np.array_equal(a, b) for a, b in zip(weights, other, strict=True))


def test_a_network_that_draws_for_the_whole_batch_is_refused(rows: ImageRows) -> None:
    hyper = HyperParams(family="vgg_small", num_filters=4, spatial_drop=True, drop_out=0.5)
    with pytest.raises(InputError, match="several processes"):
        _trained(hyper, rows, 2)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kill", [False, True])
def test_a_cluster_of_two_nodes_trains_with_the_numbers_of_this_machine(
    rows: ImageRows, cluster: Any, kill: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes, second = cluster
    hyper = HyperParams(family="dense", hidden_units=[8], drop_out=0.5, epochs=2, batch_size=16)
    expected, weights = _trained(hyper, rows, 2)
    started: list[RayGroup] = []
    start = RayGroup.start

    def noted(self: RayGroup) -> None:
        start(self)
        started.append(self)
        if kill and len(started) == 1:
            # The worker, wherever it is, and then one of the nodes.
            self._ray.kill(self._actors[0])
            nodes.remove_node(second, False)
            time.sleep(3)

    monkeypatch.setattr(RayGroup, "start", noted)
    monkeypatch.setattr("convonet.nets.backend.threads", lambda: 2)
    model = _model(hyper)
    found = NetTraining(model, hyper, workers=2, executor="ray").train_val(rows, rows)
    assert len(started) == 1 + kill
    assert found.history.rows == expected.history.rows
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.keras_model.get_weights(), strict=True))
