"""Every explainer on every kind of network, and each against what its definition says."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest

from convonet.errors import InputError, ModelFileError, ParamError
from convonet.explaining import EXPLAINERS, ExplainedModel, ExplainSettings, explain_images
from convonet.explaining.grad_cam import choose_layer
from convonet.explaining.network_layers import layers_of
from convonet.explaining.occlusion import squares_of
from convonet.explaining.passes import forward
from convonet.explaining.saliency import gradient
from convonet.inference.model_info import ModelInfo
from convonet.nets import NetModel
from convonet.nets.backend import keras
from convonet.params import PixelParams
from convonet.tasks.explain_tasks import Method

SHAPES: dict[str, tuple[int, int, int]] = {"lenet5": (32, 32, 1), "three_block": (20, 24, 1)}
SMALL: dict[str, dict[str, Any]] = {
    "convonet": {"num_filters": 4, "num_units": 8},
    "simple": {},
    "logistic": {},
    "dense": {"hidden_units": [6]},
    "three_block": {},
    "lenet5": {},
    "vgg_small": {"num_filters": 4, "num_units": 8},
    "resnet_small": {"num_filters": 4, "num_blocks": 1},
    "custom": {"layers": [{"type": "conv", "filters": 3}, {"type": "global_pool"}]},
}


def test_the_registry_is_what_tasks_may_name() -> None:
    assert sorted(EXPLAINERS) == sorted(get_args(Method))


@pytest.mark.parametrize("family", SMALL)
@pytest.mark.parametrize("method", EXPLAINERS)
def test_every_method_on_every_family(make_model, images, family: str, method: str) -> None:
    shape = SHAPES.get(family, (16, 14, 1))
    model = make_model(shape, family=family, **SMALL[family])
    if method == "grad_cam" and family in ("logistic", "dense"):
        with pytest.raises(InputError, match=r"needs a convolution.*saliency or occlusion"):
            list(explain_images(ExplainedModel(model), images(shape), ["a", "b"], method=method))
        return
    found = list(explain_images(ExplainedModel(model), images(shape), ["a", "b"], method=method))
    answers = model.predict(images(shape))
    for row, one in enumerate(found):
        assert one.values.shape == one.heat.shape == shape[:2]
        assert one.values.dtype == one.heat.dtype == np.float32
        assert np.isfinite(one.values).all()
        assert (one.heat.min() >= 0, one.heat.max() <= 1) == (True, True)
        assert one.predicted == one.label == f"class {answers[row].argmax()}"
        assert one.probability == one.confidence == pytest.approx(answers[row].max())
        assert (one.layer is not None) == (method == "grad_cam")


@pytest.mark.slow
@pytest.mark.parametrize("base", ["efficientnet_lite0", "mobilenet_v2", "mobilenet_v3_small"])
@pytest.mark.parametrize("method", EXPLAINERS)
def test_every_method_on_a_nested_base(make_model, images, base: str, method: str) -> None:
    shape = (64, 64, 3)
    model = make_model(shape, family="transfer", base=base, base_weights="random")
    one = next(explain_images(ExplainedModel(model), images(shape), ["a", "b"], method=method, faithful=True))
    assert one.values.shape == (64, 64)
    assert np.isfinite(one.values).all()
    assert one.faithful is not None
    assert method != "grad_cam" or (one.layer or "").startswith(f"{base}/")


@pytest.mark.slow
def test_the_largest_family(make_model, images) -> None:
    model = make_model((227, 227, 3), family="alexnet")
    assert choose_layer(model, None).name == "conv_5"
    for method in EXPLAINERS:
        one = next(explain_images(ExplainedModel(model), images((227, 227, 3), 1), ["a"], method=method))
        assert one.values.shape == (227, 227)


@pytest.mark.parametrize(
    "output",
    [
        "softmax",
        pytest.param("logits", marks=pytest.mark.slow),
        "sigmoid",
        pytest.param("sigmoid_logit", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_saliency_is_what_finite_differences_say(make_model, images, output: str, inside: bool) -> None:
    # A smooth network: at the corners of relu a difference over a finite step is no derivative.
    shape = (6, 5, 1)
    model = make_model(shape, 2, family="convonet", activation="tanh", pooling="average", output=output,
                       num_filters=3, num_units=5, kernel_size=3)  # fmt: skip
    if not inside:
        network = keras.Model(*_without_scaling(model.keras_model))
        model = NetModel(network, model.info.changed(inside=False))
    pixels = images(shape, 2).astype(np.float64)
    labels = np.array([0, 1])
    found = gradient(model, pixels, labels)
    expected = np.zeros_like(found)
    for place in np.ndindex(*shape):
        step = np.zeros(shape)
        step[place] = 4.0
        sides = [_logit(model, pixels + sign * step, labels) for sign in (1, -1)]
        expected[(slice(None), *place)] = (sides[0] - sides[1]) / 8.0
    np.testing.assert_allclose(found, expected, rtol=0.02, atol=2e-6)
    (maps,) = (
        EXPLAINERS["saliency"].explain(
            ExplainedModel(model), pixels.astype(np.uint8), labels, ExplainSettings(), _watch()
        ),
    )
    np.testing.assert_allclose(maps.values, np.abs(found).max(axis=3), rtol=1e-6)


def _watch() -> Any:
    from convonet.events import Watch

    return Watch()


def _without_scaling(network: keras.Model) -> tuple[Any, Any]:
    inputs = keras.Input(network.input_shape[1:])
    x = inputs
    for layer in network.layers[2:]:
        x = layer(x)
    return inputs, x


def _logit(model: NetModel, pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Logits by the probabilities that the model gives: their logarithms differ by a number that is common to
    all classes, so of two classes the log-odds tell; halved for softmax, whose two logits share them."""
    logits = forward(model, pixels).logits.detach().numpy().astype(np.float64)
    raw = np.asarray(model.keras_model(model._fed(pixels), training=False).detach()).astype(np.float64)
    if model.info.output == "probabilities":
        np.testing.assert_allclose(
            logits[:, 1] - logits[:, 0], np.log(raw[:, 1] / raw[:, 0]), rtol=1e-3, atol=1e-5
        )
    elif model.info.output == "sigmoid":
        np.testing.assert_allclose(logits[:, 1], np.log(raw[:, 0] / (1 - raw[:, 0])), rtol=1e-3, atol=1e-5)
    return np.asarray(logits[np.arange(len(labels)), labels])


def test_grad_cam_is_its_formula(make_model, images) -> None:
    """One convolution, average of each map, one dense row: the gradient of a logit is known in closed form."""
    model = make_model(family="custom", layers=[{"type": "conv", "filters": 5}, {"type": "global_pool"}])
    pixels = images()
    labels = np.array([2, 0])
    network = model.keras_model
    maps = keras.Model(network.inputs[0], network.get_layer("conv_1").output).predict_on_batch(
        pixels.astype(np.float32)
    )
    weights = network.get_layer("output").get_weights()[0][:, labels].T
    expected = np.maximum(np.einsum("nhwc,nc->nhw", maps, weights), 0) / (16 * 14)
    found = EXPLAINERS["grad_cam"].explain(ExplainedModel(model), pixels, labels, ExplainSettings(), _watch())
    assert found.layer == "conv_1"
    np.testing.assert_allclose(found.values, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("family", "hyper", "name"),
    [
        ("convonet", {}, "conv_2"),
        ("convonet", {"batch_norm": "before"}, "act_2"),
        ("convonet", {"activation": "leaky_relu"}, "act_2"),
        ("resnet_small", {"num_blocks": 1}, "act_7"),
        ("lenet5", {}, "conv_2"),
    ],
)
def test_the_maps_of_the_last_convolution_are_found(
    make_model, family: str, hyper: dict[str, Any], name: str
) -> None:
    shape = SHAPES.get(family, (16, 14, 1))
    assert choose_layer(make_model(shape, family=family, **hyper), None).name == name


def test_a_layer_is_named_or_refused_in_words(make_model) -> None:
    model = make_model(family="convonet", num_filters=4)
    assert choose_layer(model, "pool_1").name == "pool_1"
    with pytest.raises(InputError, match=r"no such layer.*conv_2.*Did you mean conv_1"):
        choose_layer(model, "convv_1")
    with pytest.raises(InputError, match="no feature maps"):
        choose_layer(model, "dense_1")


def test_layers_of_nested_networks_are_named_by_either_end(make_model) -> None:
    inner = keras.Sequential([keras.Input((16, 14, 1)), keras.layers.Conv2D(3, 3, name="deep")], name="inner")
    inputs = keras.Input((16, 14, 1))
    outer = keras.Model(inputs, keras.layers.Dense(2)(keras.layers.Flatten()(inner(inputs))))
    info = ModelInfo(("a", "b"), PixelParams(16, 14, 1), inside=False, output="logits")
    model = NetModel(outer, info)
    assert next(row.name for row in layers_of(outer)) == "inner/deep"
    assert choose_layer(model, "deep").name == choose_layer(model, None).name == "inner/deep"


def test_a_network_that_takes_bytes_has_gradients_too(images) -> None:
    inputs = keras.Input((16, 14, 1), dtype="uint8")
    x = keras.layers.Conv2D(8, 3, activation="relu")(keras.layers.Rescaling(1 / 255)(inputs))
    network = keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(keras.layers.Flatten()(x)))
    model = NetModel(network, ModelInfo(("a", "b"), PixelParams(16, 14, 1)))
    for method in EXPLAINERS:
        one = next(explain_images(ExplainedModel(model), images(), ["a", "b"], method=method))
        assert one.values.any()


def test_occlusion_is_the_mean_of_the_squares_that_hide_a_pixel(images) -> None:
    """On a model whose probability is the mean of the pixels, a square's drop is known."""

    class Mean:
        info = ModelInfo(("dark", "light"), PixelParams(6, 5, 1))

        def predict(self, pixels: np.ndarray, **options: Any) -> np.ndarray:
            light = pixels.mean(axis=(1, 2, 3)) / 255
            return np.stack([1 - light, light], axis=1).astype(np.float32)

    image = images((6, 5, 1), 1)
    settings = ExplainSettings(patch=3, stride=2)
    squares = squares_of((6, 5), settings)
    corners = [(rows.start, columns.start) for rows, columns in squares]
    assert sorted(corners) == [(top, left) for top in (0, 2, 3) for left in (0, 2)]
    explained = EXPLAINERS["occlusion"].explain(
        ExplainedModel(Mean()), image, np.array([1]), settings, _watch()
    )
    pixels, mean = image[0, :, :, 0].astype(float), round(float(image.mean()))
    for row, column in np.ndindex(6, 5):
        own = [
            (pixels[top : top + 3, left : left + 3].sum() - 9 * mean) / (30 * 255)
            for top, left in corners
            if top <= row < top + 3 and left <= column < left + 3
        ]
        assert explained.values[0, row, column] == pytest.approx(np.mean(own), abs=1e-6)


def test_a_class_is_chosen_by_its_name(make_model, images) -> None:
    model = make_model(family="convonet", num_filters=4)
    one = next(explain_images(ExplainedModel(model), images(), ["a", "b"], label="class 2"))
    assert one.label == "class 2"
    assert one.probability == pytest.approx(model.predict(images())[0, 2])
    with pytest.raises(ParamError, match=r"no such class.*Did you mean class 2"):
        next(explain_images(ExplainedModel(model), images(), ["a", "b"], label="clas 2"))
    with pytest.raises(ParamError, match=r"Unknown explanation method.*grad_cam"):
        next(explain_images(ExplainedModel(model), images(), ["a", "b"], method="gradcam"))
    settings = ExplainSettings(patch=99, stride=200)
    with pytest.raises(ParamError, match=r"patch.*stride"):
        next(explain_images(ExplainedModel(model), images(), ["a"], method="occlusion", settings=settings))


def test_an_onnx_file_alone_is_explained_by_occlusion(make_model, images, tmp_path) -> None:
    from convonet.nets.export import export_onnx

    model = make_model(family="convonet", num_filters=4, num_units=8)
    export_onnx(model, tmp_path / "model.onnx")
    alone = ExplainedModel.open(tmp_path / "model.onnx")
    by_onnx, by_keras = (
        next(explain_images(explained, images(), ["a"], method="occlusion", faithful=True))
        for explained in (alone, ExplainedModel(model))
    )
    np.testing.assert_allclose(by_onnx.values, by_keras.values, atol=1e-5)
    assert by_onnx.faithful is not None
    assert by_onnx.faithful.likeness is None
    with pytest.raises(ModelFileError, match=r"no gradients.*occlusion"):
        next(explain_images(alone, images(), ["a"]))
