"""Training in fewer digits and on a chosen device: near the full numbers, resumable, and refused where it cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convonet.errors import Cancelled, ConvonetError, InputError, ParamError
from convonet.events import Watch
from convonet.inference.net_input import NetInput
from convonet.nets import backend, create_model
from convonet.nets.backend import keras, name
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams, PixelParams
from convonet.training.checkpoint import CheckpointFile, Position
from convonet.training.image_rows import Batch
from convonet.training.net_training import ImageRows, NetTraining
from convonet.training.optimizers import create_optimizer
from convonet.training.steps import create_step

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.skipif(name() != "torch", reason="devices and precisions are chosen on torch")

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]
IMAGES = np.random.default_rng(0).integers(0, 256, (16, 16, 16, 3), dtype=np.uint8)
LABELS = np.arange(16) % 3
FAMILIES = ("convonet", "dense", "vgg_small", "logistic")


def _step_of(hyper: HyperParams) -> tuple[Any, Any]:
    made = create_model(hyper, NetInput(PixelParams(16, 16, 3), ("a", "b", "c"))).keras_model
    return made, create_step(made, create_optimizer(hyper), "softmax", hyper)


def _gradients(model: Any) -> list[np.ndarray]:
    return [variable.value.grad.numpy().copy() for variable in model.trainable_variables]


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_those_of_keras_in_torchs_autocast(family: str) -> None:
    hyper = HyperParams.of({"family": family, "drop_out": 0.0, "precision": "bfloat16", "seed": 1})
    model, step = _step_of(hyper)
    x, targets = torch.from_numpy(IMAGES).float(), torch.from_numpy(LABELS)
    loss, output = step.backward(x, targets, None)
    found = _gradients(model)
    assert output.dtype is loss.dtype is torch.float32

    plain, _ = _step_of(hyper)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        answers = plain(x, training=True)
    expected = torch.nn.functional.nll_loss(answers.float().log(), targets)
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=0.02)

    exact, full = _step_of(hyper.changed(precision="float32"))
    exact_loss, _ = full.backward(x, targets, None)
    assert exact_loss.item() != loss.item(), "it computed in full precision"
    # Rounding differs with the order of operations, so both are held against the full numbers.
    for ours, theirs, true in zip(found, _gradients(plain), _gradients(exact), strict=True):
        allowed = 1.5 * np.linalg.norm(theirs - true) + 0.02 * np.linalg.norm(true) + 1e-6
        assert np.linalg.norm(ours - true) <= allowed


def test_statistics_are_measured_in_full_precision() -> None:
    """A mean of many numbers in bfloat16 would be off by some hundredths."""
    means = []
    for precision in ("float32", "bfloat16"):
        hyper = HyperParams.of(
            {"family": "convonet", "batch_norm": "after", "precision": precision, "seed": 1}
        )
        model, step = _step_of(hyper)
        step.train(Batch(IMAGES, LABELS))
        norms = [layer for layer in model.layers if type(layer) is keras.layers.BatchNormalization]
        assert norms
        means.append([part for layer in norms for part in map(np.asarray, layer.get_weights()[2:])])
    for full, half in zip(*means, strict=True):
        np.testing.assert_allclose(half, full, rtol=0.02, atol=0.01)


def test_scores_are_those_of_the_model_as_it_is_used() -> None:
    hyper = HyperParams.of({"family": "vgg_small", "precision": "bfloat16", "seed": 1})
    model, step = _step_of(hyper)
    np.testing.assert_allclose(
        step.score(IMAGES, LABELS), model(IMAGES.astype("float32")).detach().numpy(), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("questions", [4, 9])
def test_a_stopped_training_resumes_with_the_same_numbers(
    create: Create, rows: Rows, checkpoint: Path, questions: int, stopping: Callable[[int], Watch]
) -> None:
    values = {"num_filters": 4, "num_units": 8, "epochs": 2, "batch_size": 8, "precision": "bfloat16"}
    hyper = HyperParams.of(values | {"drop_out": 0.3})
    whole = NetTraining(create(hyper), hyper).train_val(*rows)
    with pytest.raises(Cancelled):
        NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).train_val(*rows, stopping(questions))
    resumed = NetTraining(create(hyper), hyper, CheckpointFile(checkpoint)).train_val(*rows)
    assert resumed.history.rows == whole.history.rows


def test_the_scale_of_a_loss_follows_torchs_own() -> None:
    from convonet.training.precision import LossScale

    ours, theirs = LossScale(), torch.amp.GradScaler("cpu")
    weight = torch.nn.Parameter(torch.ones(3))
    optimizer = torch.optim.SGD([weight], 0.0)
    theirs.scale(torch.zeros(1))
    for step in range(4005):
        number = float("inf") if step in (3, 4, 4002) else 0.5
        weight.grad = torch.full((3,), number * ours.value)
        mine = [weight.grad.clone()]
        finite = ours.undo(mine)
        assert finite == np.isfinite(number)
        if finite:
            assert torch.equal(mine[0], torch.full((3,), 0.5))
        theirs.step(optimizer)
        theirs.update()
        assert ours.value == theirs.get_scale()
    again = LossScale()
    again.restore(ours.state())
    assert again.state() == ours.state()
    again.restore(Position().step_state)
    assert again.state() == ours.state()


def test_a_step_that_overflows_changes_no_weight() -> None:
    from convonet.training.torch_step import TorchStep

    model, _ = _step_of(HyperParams.of({"family": "dense", "hidden_units": [4]}))
    optimizer = keras.optimizers.SGD(0.1)
    optimizer.build(model.trainable_variables)
    # Made past the check: a processor can compute in float16, only slowly.
    step = TorchStep(model, optimizer, keras.losses.SparseCategoricalCrossentropy(), None, "float16")
    before = [np.array(array) for array in model.get_weights()]
    step.restore({"scale": 2.0**140, "steady": 0})
    step.train(Batch(IMAGES, LABELS))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert step.state() == {"scale": 2.0**139, "steady": 0}
    step.restore({"scale": 2.0**10, "steady": 0})
    step.train(Batch(IMAGES, LABELS))
    assert not all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert step.state()["steady"] == 1


def test_float16_is_for_gpus() -> None:
    from convonet.training.precision import check_precision

    hyper = HyperParams.of({"family": "logistic", "precision": "float16", "device": "cpu"})
    with pytest.raises(InputError, match=r"only on a GPU.*bfloat16"):
        _step_of(hyper)
    check_precision("float16", "cuda")
    with pytest.raises(InputError, match="with several processes"):
        check_precision("float16", "cuda", workers=2)


def test_devices_that_are_and_are_not_there() -> None:
    assert backend.use_device("cpu") == "cpu"
    assert backend.device_name() == "CPU"
    backend.forget_session()
    assert keras.ops.ones(1).device.type == "cpu"
    with pytest.raises(ConvonetError, match=r"cuda:63 is not available.*expected auto or one of cpu"):
        create_model(
            HyperParams.of({"family": "logistic", "device": "cuda:63"}),
            NetInput(PixelParams(8, 8, 1), ("a", "b")),
        )
    assert backend.use_device("auto") in backend.devices()


@pytest.mark.parametrize("value", ["gpu", "cuda:", "cuda:100", "CPU", "", "cpu:0"])
def test_names_of_devices_are_checked(value: str) -> None:
    with pytest.raises(ParamError, match="device"):
        HyperParams.of({"device": value})


def test_a_precision_that_no_one_knows() -> None:
    with pytest.raises(ParamError, match="precision"):
        HyperParams.of({"precision": "float8"})
