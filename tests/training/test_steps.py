"""One step: its sums against numpy, for every kind of output that a network can have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convonet.inference.net_input import NetInput
from convonet.nets import create_model
from convonet.nets.backend import keras, name
from convonet.params import HyperParams, PixelParams
from convonet.training.image_rows import Batch, BatchMaker, ImageRows
from convonet.training.losses import BOUNDARIES, create_loss, targets
from convonet.training.steps import KerasStep, create_step
from convonet.training.torch_step import TorchStep

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 6, 6, 1), dtype=np.uint8)
LABELS = (IMAGES.mean(axis=(1, 2, 3)) > 127).astype(np.int64)


@pytest.mark.parametrize("l2", [0.0, 0.01])
@pytest.mark.parametrize("output", ["softmax", "logits", "sigmoid", "sigmoid_logit"])
def test_sums_are_those_of_the_probabilities(output: str, l2: float) -> None:
    hyper = HyperParams.of({"family": "dense", "hidden_units": [8], "output": output, "l2": l2})
    model = create_model(hyper.changed(seed=1), NetInput(PixelParams(6, 6, 1), ("dark", "bright")))
    step = create_step(model.keras_model, keras.optimizers.Adam(0.02), model.info.output)

    def expected() -> tuple[float, int]:
        made = model.predict(IMAGES).astype(float)
        loss = -np.log(made[np.arange(40), LABELS]).sum()
        return loss, int((made.argmax(axis=1) == LABELS).sum())

    start, right = expected()
    for work in (lambda: step.score(IMAGES, LABELS), lambda: step.train(Batch(IMAGES, LABELS))):
        step.reset()
        work()
        assert step.sums()[1] == right
        if name() == "torch" or not l2:
            assert step.sums()[0] == pytest.approx(start, rel=1e-4)
    for _ in range(60):
        step.train(Batch(IMAGES, LABELS))
    loss, right = expected()
    assert loss < start / 1.5
    step.reset()
    step.score(IMAGES, LABELS)
    assert step.sums()[1] == right


@pytest.mark.skipif(name() != "torch", reason="both steps run on torch only")
@pytest.mark.parametrize(
    ("output", "values"),
    [
        ("softmax", {"class_weights": {"dark": 3}}),
        ("logits", {"loss": "focal", "label_smoothing": 0.1, "mixup": 0.4, "rotation": 10}),
        ("sigmoid", {"balanced": True, "cutmix": 1}),
        ("sigmoid_logit", {"brightness": 0.3, "label_smoothing": 0.2}),
    ],
)
def test_the_step_of_any_backend_agrees_with_that_of_torch(output: str, values: dict[str, Any]) -> None:
    hyper = HyperParams.of({"family": "dense", "hidden_units": [8], "output": output} | values)
    found = []
    for kind in (TorchStep, KerasStep):
        model = create_model(hyper.changed(seed=1), NetInput(PixelParams(6, 6, 1), ("dark", "bright")))
        optimizer = keras.optimizers.SGD(0.1)
        create_step(model.keras_model, optimizer, model.info.output, hyper)
        loss = create_loss(model.info.output, hyper)
        step = kind(model.keras_model, optimizer, loss, BOUNDARIES.get(model.info.output))
        batches = BatchMaker(ImageRows.all(IMAGES, LABELS), hyper, model.info)
        for turn in range(3):
            step.train(batches.make(np.arange(40), 1, turn))
        trained = step.sums()
        step.reset()
        said = step.score(IMAGES, targets(LABELS, model.info.output, 2, hyper))
        found.append([*trained, *step.sums(), *said.ravel()])
    np.testing.assert_allclose(found[0], found[1], rtol=2e-4, atol=1e-4)
