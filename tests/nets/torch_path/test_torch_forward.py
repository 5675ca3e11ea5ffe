"""The network as torch runs it, against the very same network as Keras runs it."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from convonet.inference.net_input import NetInput
from convonet.nets import create_model
from convonet.nets.backend import keras, name
from convonet.params import HyperParams, PixelParams
from convonet.training.image_rows import Batch
from convonet.training.optimizers import create_optimizer
from convonet.training.steps import create_step
from convonet.training.torch_step import TorchStep

pytestmark = pytest.mark.skipif(name() != "torch", reason="the torch path is torch's")

CASES = {
    "reference": ("convonet", (12, 12, 1), {"drop_out": 0.0}),
    "elu": ("convonet", (12, 12, 1), {"activation": "elu", "drop_out": 0.0}),
    "strided": (
        "convonet",
        (11, 14, 3),
        {
            "activation": "leaky_relu",
            "stride": 2,
            "kernel_size": 4,
            "pooling": "average",
            "batch_norm": "before",
            "drop_out": 0.0,
        },
    ),
    "learnt_pooling": (
        "convonet",
        (12, 12, 1),
        {"pooling": "stride", "batch_norm": "after", "padding": "valid", "drop_out": 0.0},
    ),
    "two_norms": ("vgg_small", (16, 16, 3), {"drop_out": 0.0, "num_filters": 4}),
    "residual": ("resnet_small", (16, 16, 3), {"num_filters": 4, "num_blocks": 1}),
    "smooth": ("lenet5", (32, 32, 1), {}),
    "logits": ("three_block", (20, 16, 1), {"num_filters": 4}),
}
CLASSES = ("a", "b", "c", "d")


def trained(
    case: str, optimizer: str, steps: int, plain: bool
) -> tuple[list[float], list[np.ndarray], list[np.ndarray]]:
    """Losses without penalties, weights and optimizer after some batches, by our step or by Keras' own."""
    family, shape, values = CASES[case]
    hyper = HyperParams.of(
        {"family": family, "optimizer": optimizer, "init_rate": 1e-3, "momentum": 0.9} | values
    )
    made = create_model(hyper.changed(seed=1), NetInput(PixelParams(*shape), tuple(CLASSES)))
    model, rng = made.keras_model, np.random.default_rng(0)
    rule = create_optimizer(hyper)
    step = create_step(model, rule, made.info.output, hyper)
    losses = []
    for _ in range(steps):
        images, labels = rng.integers(0, 256, (8, *shape), dtype=np.uint8), rng.integers(0, 4, 8)
        if plain:
            model.reset_metrics()
            total = model.train_on_batch(images.astype(np.float32), labels, return_dict=True)["loss"]
            losses.append(float(total))
        else:
            penalty = sum(float(keras.ops.convert_to_numpy(loss)) for loss in model.losses)
            step.reset()
            step.train(Batch(images, labels))
            losses.append(step.sums()[0] / 8 + penalty)
    return losses, model.get_weights(), [keras.ops.convert_to_numpy(v) for v in rule.variables]


@pytest.mark.parametrize("case", CASES)
def test_training_gives_the_numbers_of_plain_keras(case: str) -> None:
    ours, keras_own = trained(case, "sgd", 3, plain=False), trained(case, "sgd", 3, plain=True)
    np.testing.assert_allclose(ours[0], keras_own[0], rtol=1e-4)
    for one, other in zip([*ours[1], *ours[2]], [*keras_own[1], *keras_own[2]], strict=True):
        np.testing.assert_allclose(one, other, atol=2e-5, rtol=1e-3)


@pytest.mark.parametrize(
    ("optimizer", "values"),
    [
        ("sgd", {"nesterov": True, "weight_decay": 0.1}),
        ("sgd", {"momentum": 0.0}),
        ("adam", {"weight_decay": 0.1}),
        ("adamw", {}),
        ("rmsprop", {}),
    ],
)
def test_updates_follow_keras_formulas(optimizer: str, values: dict[str, Any]) -> None:
    import torch

    from convonet.training.updates import create_update

    rng = np.random.default_rng(1)
    start = [rng.normal(size=shape).astype(np.float32) for shape in ((3, 3, 2, 5), (5,), (7, 4))]
    steps = [[rng.normal(size=part.shape).astype(np.float32) for part in start] for _ in range(4)]
    found = []
    for own in (True, False):
        hyper = HyperParams.of({"optimizer": optimizer} | values)
        rule, variables = create_optimizer(hyper), [keras.Variable(part) for part in start]
        rule.build(variables)
        update = create_update(rule, variables) if own else partial(rule.apply, trainable_variables=variables)
        for turn, gradients in enumerate(steps):
            rule.learning_rate.assign(0.1 / (turn + 1))
            with torch.no_grad():
                update([torch.from_numpy(gradient.copy()) for gradient in gradients])
        found.append([keras.ops.convert_to_numpy(value) for value in [*variables, *rule.variables]])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("case", CASES)
def test_answers_are_those_of_keras(case: str) -> None:
    from convonet.nets.torch_path import create_forward

    family, shape, values = CASES[case]
    hyper = HyperParams.of({"family": family} | values)
    model = create_model(hyper.changed(seed=1), NetInput(PixelParams(*shape), tuple(CLASSES))).keras_model
    images = np.random.default_rng(2).integers(0, 256, (5, *shape)).astype(np.float32)
    forward = create_forward(model)
    assert forward is not None
    said = forward(keras.ops.convert_to_tensor(images), False).detach().cpu().numpy()
    np.testing.assert_allclose(said, model.predict_on_batch(images), atol=2e-6)


def test_nested_networks_and_unknown_layers_are_run() -> None:
    from convonet.nets.torch_path import create_forward

    inner = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            keras.layers.SeparableConv2D(6, 3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2, activation="gelu"),
        ]
    )
    pixels = keras.Input((8, 8, 3))
    maps = inner(pixels)
    gated = keras.layers.Multiply()([maps, keras.layers.Conv2D(12, 1, activation="sigmoid")(maps)])
    model = keras.Model(pixels, keras.layers.Dense(3)(keras.layers.GlobalMaxPooling2D()(gated)))
    images = np.random.default_rng(3).normal(size=(4, 8, 8, 3)).astype(np.float32)
    forward = create_forward(model)
    assert forward is not None
    said = forward(keras.ops.convert_to_tensor(images), False).detach().cpu().numpy()
    np.testing.assert_allclose(said, model.predict_on_batch(images), atol=1e-5)


def test_what_only_keras_can_run_is_left_to_it() -> None:
    from convonet.nets.torch_path import create_forward

    class Own(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    assert create_forward(Own()) is None
    pixels = keras.Input((4,))
    penalised = keras.layers.Dense(2, activity_regularizer="l2")(pixels)
    assert create_forward(keras.Model(pixels, penalised)) is None


def test_kernels_are_turned_in_memory_alone(tmp_path: Any) -> None:
    hyper = HyperParams.of({"num_filters": 4})
    made = create_model(hyper.changed(seed=1), NetInput(PixelParams(8, 8, 1), tuple(CLASSES)))
    before = made.keras_model.get_weights()
    step = create_step(made.keras_model, create_optimizer(hyper), made.info.output, hyper)
    assert isinstance(step, TorchStep)
    kernel = made.keras_model.get_layer("conv_2").kernel.value
    assert not kernel.is_contiguous()
    assert kernel.permute(3, 0, 1, 2).is_contiguous()
    made.save(tmp_path / "model.keras")
    for now in (made.keras_model, keras.models.load_model(tmp_path / "model.keras")):
        for one, other in zip(before, now.get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


def test_dropout_drops_its_share_and_follows_from_its_seed() -> None:
    from convonet.nets.torch_path import create_forward

    pixels = keras.Input((20, 20, 3))
    layer = keras.layers.Dropout(0.25, seed=5)
    model = keras.Model(pixels, keras.layers.Flatten()(layer(pixels)))
    forward, ones = create_forward(model), keras.ops.ones((8, 20, 20, 3))
    assert forward is not None
    state = layer.seed_generator.state
    said = []
    for seed in (5, 5, 6):
        state.assign(np.array([seed, 0], dtype="uint32"))
        said.append(keras.ops.convert_to_numpy(forward(ones, True)))
        assert keras.ops.convert_to_numpy(state).tolist() == [seed, 1]
    np.testing.assert_array_equal(said[0], said[1])
    assert not np.array_equal(said[0], said[2])
    assert set(np.unique(said[0]).tolist()) == {0.0, float(np.float32(1) / np.float32(0.75))}
    assert (said[0] == 0).mean() == pytest.approx(0.25, abs=0.02)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(forward(ones, False)), 1)


def test_pooling_comes_before_a_bias_only_where_nothing_else_reads_the_maps() -> None:
    import torch

    from convonet.nets.torch_path import create_forward

    layers = keras.layers
    image = layers.Input((6, 8, 2))
    linear = layers.Conv2D(3, 3, bias_initializer="normal", name="linear")(image)
    read_twice = layers.Conv2D(3, 1, bias_initializer="normal", name="twice")(layers.MaxPooling2D()(linear))
    joined = layers.Add()([layers.MaxPooling2D(1)(read_twice), read_twice])
    model = keras.Model(image, layers.Flatten()(joined))
    forward = create_forward(model)
    assert forward is not None
    assert sum(node.op.bias is not None for node in forward._nodes) == 1
    x = np.random.default_rng(0).normal(size=(4, 6, 8, 2)).astype(np.float32)
    given = torch.from_numpy(x)
    forward(given, True).square().sum().backward()
    own = [weight.value.grad.clone() for weight in model.trainable_variables]
    for weight in model.trainable_variables:
        weight.value.grad = None
    model(given, training=True).square().sum().backward()
    for weight, gradient in zip(model.trainable_variables, own, strict=True):
        torch.testing.assert_close(gradient, weight.value.grad, rtol=1e-4, atol=1e-4)
