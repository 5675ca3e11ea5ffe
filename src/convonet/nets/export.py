"""ONNX export: raw pixels in, probabilities out, and no file unless ONNX Runtime agrees with keras.

Scaling, softmax or sigmoid, and temperature all go into the graph, so any program that feeds pixels 0..255
gets the same probabilities.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from convonet.atomic import replacing
from convonet.errors import ModelFileError
from convonet.inference.golden import Golden, Images, Probabilities, golden_rows, largest_difference
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_model import OnnxModel
from convonet.inference.scaling import scale_of
from convonet.nets.backend import keras, name, ops
from convonet.nets.layers import Tensor, scaling_layer
from convonet.nets.net_model import NetModel
from convonet.nets.onnx_metadata import describe
from convonet.nets.onnx_scaling import flatten_scaling
from convonet.nets.onnx_unknown import add_unknown_score
from convonet.nets.registry import INPUT_NAME

OUTPUT_NAME = "probabilities"
TOLERANCE = 1e-5
"""The largest difference of a probability from keras that still counts as equal."""
DEEP_TOLERANCE = 1e-4
"""The same for a network on a deep backbone, where the roundings of a hundred layers add up."""
MADE_UP = "synthetic"
SCORE_TOLERANCE = 1e-2
"""The largest difference of an unknown score, in standard deviations: features differ in their last digits."""


def export_onnx(
    model: NetModel,
    path: str | os.PathLike[str],
    *,
    samples: Images | None = None,
    source: str = MADE_UP,
    keras_sha256: str | None = None,
    tolerance: float | None = None,
) -> float:
    """Write an ONNX file that OnnxModel opens, whole and checked image by image, or not at all.

    The input is `pixels`, float32 0..255 of shape (batch, height, width, channels). The outputs are `probabilities`,
    (batch, classes), and `unknown_score`, (batch,), where the model tells unknown images. Classes, pixels, thresholds
    and golden samples stand in its metadata.

    Args:
        model: the network.
        path: where the file goes.
        samples: images (N, height, width, channels), uint8, on which both must agree; synthetic when None. Some
            of them become the golden samples.
        source: where the samples come from.
        keras_sha256: hash of the `.keras` file with the same weights, kept in the file.
        tolerance: the largest difference allowed; None: as `tolerance_of` says.

    Returns:
        The largest difference of a probability over all samples.

    Raises:
        ModelFileError: this backend or a row of the network cannot be exported, or the two disagree.
        OutputError: the place cannot be written to.
        StorageError: the disk is full.
    """
    reference = reference_of(model, samples, source)
    info = exported_info(model.info, keras_sha256)
    with replacing(Path(path)) as temporary:
        if not _write_traced(model, temporary):
            _write(with_all_inside(model, reference.images), model.info.pixels.shape, temporary)
        graph = onnx.load(temporary)
        _name(graph)
        flatten_scaling(graph, model.info.pixels.shape)
        if model.scorer is not None:
            add_unknown_score(graph, model.scorer)
        describe(graph, info, kept_samples(reference), model.info.temperature)
        onnx.save(graph, temporary)
        exported = OnnxModel.load(temporary, check=False)
        _check_scores(model, exported, reference.images)
        return check_equal(exported.predict, reference, tolerance or tolerance_of(model.info))


def _check_scores(model: NetModel, exported: OnnxModel, images: Images) -> None:
    """Raise ModelFileError unless the graph scores unknown images as the network does."""
    if model.scorer is None or model.info.unknown is None:
        return
    expected, received = (each.predict_scored(images).unknown for each in (model, exported))
    assert expected is not None
    assert received is not None
    apart = float(np.abs(expected - received).max())
    if not apart <= SCORE_TOLERANCE * max(1.0, float(np.abs(expected).max())):
        raise ModelFileError(
            "The exported network does not give unknown images the same scores, so no file was written",
            expected=f"differences of at most {SCORE_TOLERANCE:g} of the largest score",
            received=f"{apart:g}",
        )


def tolerance_of(info: ModelInfo) -> float:
    """How far an export may be from keras: less for our own small families than for deep networks."""
    deep = info.base is not None or info.family in (None, "transfer")
    return DEEP_TOLERANCE if deep else TOLERANCE


def exported_info(info: ModelInfo, keras_sha256: str | None = None) -> ModelInfo:
    """What an export says of itself: scaling, probabilities and temperature are inside."""
    return info.changed(inside=True, output="probabilities", temperature=1.0, keras_sha256=keras_sha256)


def reference_of(model: NetModel, samples: Images | None, source: str) -> Golden:
    """The images that an export is checked with, and what keras answers."""
    if samples is None or not len(samples):
        samples, source = _made_up(model.info.pixels.shape), MADE_UP
    return Golden(samples, model.predict(samples), source)


def kept_samples(reference: Golden) -> Golden:
    """The few samples that travel with the export."""
    rows = golden_rows(len(reference.images), reference.images[0].nbytes)
    return Golden(reference.images[rows], reference.probabilities[rows], reference.source)


def with_all_inside(model: NetModel, images: Images) -> keras.Model:
    """The network with scaling before it and probabilities after it, called once as the exporters need it."""
    whole = _with_all_inside(model.keras_model, model.info)
    whole.predict_on_batch(images[:1].astype(np.float32))
    return whole


def check_equal(predict: Callable[[Images], Probabilities], reference: Golden, tolerance: float) -> float:
    """The largest difference between an export and keras over all images; the first one is also asked alone.

    Raises:
        ModelFileError: they differ by more than the tolerance.
    """
    together = largest_difference(
        reference.probabilities, predict(reference.images), tolerance, _not_the_same
    )
    alone = largest_difference(
        reference.probabilities[:1], predict(reference.images[:1]), tolerance, _not_the_same
    )
    return max(together, alone)


def _not_the_same(expected: str, received: str) -> ModelFileError:
    return ModelFileError(
        "The exported network does not give the same probabilities, so no file was written",
        expected=expected,
        received=received,
        hint="The .keras file is unchanged and predicts as before",
    )


def _with_all_inside(network: keras.Model, info: ModelInfo) -> keras.Model:
    """The network between the rows that it lacks: scaling before it, probabilities after it."""
    inputs = keras.Input(info.pixels.shape, dtype="float32", name=INPUT_NAME)
    scale = None
    if not info.inside:
        scale = scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation)
    raw = network(scaling_layer(inputs, scale), training=False)
    return keras.Model(inputs, _probabilities(raw, info))


def _probabilities(raw: Tensor, info: ModelInfo) -> Tensor:
    """The same as `to_probabilities`, as rows of the graph."""
    if info.output == "logits":
        return ops.softmax(raw / info.temperature)
    if info.output == "sigmoid_logit":
        raw = ops.sigmoid(raw / info.temperature)
    if info.output in ("sigmoid", "sigmoid_logit"):
        raw = ops.concatenate([1 - raw, raw], axis=1)
    if info.output == "sigmoid_logit" or info.temperature == 1:
        return raw
    powers = raw ** (1 / info.temperature)
    return powers / ops.sum(powers, axis=1, keepdims=True)


def _write(whole: keras.Model, shape: tuple[int, int, int], path: Path) -> None:
    signature = [keras.InputSpec(shape=(None, *shape), dtype="float32", name=INPUT_NAME)]
    with exporting("ONNX"), _constant_padding():
        whole.export(path, format="onnx", verbose=False, input_signature=signature)


def _write_traced(model: NetModel, path: Path) -> bool:
    """Write the graph of a network on a backbone from torch's own forward pass; False where that cannot be done.

    Maps keep one layout and frozen batch normalisation is folded into the convolutions: several times as fast in ONNX
    Runtime as the graph that Keras writes, which turns the axes around each convolution.
    """
    if name() != "torch" or model.info.base is None:
        return False
    # Torch need not be installed where another backend computes.
    import torch

    from convonet.nets.torch_path import constant_weights, create_forward

    info = model.info
    network: Any = create_forward(model.keras_model)
    if network is None:
        return False
    scale = None if info.inside else scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation)

    class Whole(torch.nn.Module):  # type: ignore[misc]
        def forward(self, pixels: Any) -> Any:
            x = pixels
            if scale is not None:
                factor, offset = (torch.tensor(part, dtype=torch.float32) for part in scale)
                x = x * factor + offset
            return _probabilities(network(x, False), info)

    example = torch.zeros((2, *info.pixels.shape))
    axes = {INPUT_NAME: {0: "batch"}, OUTPUT_NAME: {0: "batch"}}
    try:
        with exporting("ONNX"), torch.no_grad(), constant_weights(model.keras_model):
            torch.onnx.export(
                Whole(),
                (example,),
                path,
                dynamo=False,
                input_names=[INPUT_NAME],
                output_names=[OUTPUT_NAME],
                dynamic_axes=axes,
            )
    except ModelFileError:
        return False
    return True


@contextlib.contextmanager
def _constant_padding() -> Iterator[None]:
    """Let `same` padding be numbers in the traced graph.

    Keras 3.15 on torch computes it from traced sizes, and torch refuses to export a pooling (as of Xception, on an
    odd side) whose padding is no constant.
    """
    module = sys.modules.get("keras.src.backend.torch.nn")
    original = getattr(module, "_compute_padding_length", None)
    if module is None or original is None:
        yield
        return

    def constant(input_length: Any, *rest: Any) -> Any:
        return original(int(input_length), *rest)

    module._compute_padding_length = constant  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module._compute_padding_length = original  # type: ignore[attr-defined]


@contextlib.contextmanager
def exporting(title: str) -> Iterator[None]:
    """Catch what an exporter prints (hundreds of lines when it fails, warnings of its age when not) and raises.

    Raises:
        ModelFileError: it failed.
    """
    output = io.StringIO()
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            warnings.simplefilter("ignore")
            yield
    except (
        RuntimeError,
        ValueError,
        TypeError,
        AttributeError,
        ImportError,
        KeyError,
        AssertionError,
    ) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__) or output.getvalue()
        raise ModelFileError(
            f"This network cannot be exported to {title} with keras on {name()}",
            received=reason[:200],
            hint="The .keras file holds the same network, and Convonet predicts with it too",
        ) from error


def _name(graph: onnx.ModelProto) -> None:
    """Give the output its name and both ends a batch of any size."""
    result = graph.graph.output[0]
    for node in graph.graph.node:
        for names in (node.input, node.output):
            names[:] = [OUTPUT_NAME if each == result.name else each for each in names]
    result.name = OUTPUT_NAME
    result.type.tensor_type.shape.dim[0].dim_param = "batch"


def _made_up(shape: tuple[int, int, int]) -> Images:
    """Black, white and noise: (8, *shape)."""
    noise = np.random.default_rng(0).integers(0, 256, (6, *shape), dtype=np.uint8)
    flat = np.stack([np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)])
    return np.concatenate([flat, noise])
