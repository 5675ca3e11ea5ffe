"""ONNX export: raw pixels in, probabilities out, and no file unless ONNX Runtime agrees with keras.

Scaling, softmax or sigmoid, and temperature all go into the graph, so any program that feeds pixels 0..255
gets the same probabilities.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from convonet.atomic import replacing
from convonet.errors import ModelFileError
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_model import PROPERTY, OnnxModel
from convonet.inference.scaling import scale_of
from convonet.nets.backend import keras, name, ops
from convonet.nets.layers import Tensor, scaling_row
from convonet.nets.net_model import NetModel
from convonet.nets.registry import INPUT_NAME

OUTPUT_NAME = "probabilities"
TOLERANCE = 1e-5
"""The largest difference of a probability between keras and ONNX Runtime that still counts as equal."""


def export_onnx(
    model: NetModel,
    path: str | os.PathLike[str],
    *,
    samples: NDArray[np.uint8] | None = None,
    keras_sha256: str | None = None,
    tolerance: float = TOLERANCE,
) -> float:
    """Write an ONNX file that OnnxModel opens, whole and checked, or not at all.

    The input is `pixels`, float32 0..255 of shape (batch, height, width, channels); the output is
    `probabilities`, (batch, classes).

    Args:
        model: the network.
        path: where the file goes.
        samples: images (N, height, width, channels), uint8, on which both must agree; made up when None.
        keras_sha256: hash of the `.keras` file with the same weights, kept in the file.
        tolerance: the largest difference allowed.

    Returns:
        The largest difference of a probability over all samples.

    Raises:
        ModelFileError: this backend or a row of the network cannot be exported, or the two disagree.
        OutputError: the place cannot be written to.
        StorageError: the disk is full.
    """
    info = model.info
    images = _made_up(info.pixels.shape) if samples is None or not len(samples) else samples
    whole = _with_all_inside(model.keras_model, info)
    # Keras exports only what has been called once.
    whole.predict_on_batch(images[:1].astype(np.float32))
    said = info.changed(inside=True, output="probabilities", temperature=1.0, keras_sha256=keras_sha256)
    with replacing(Path(path)) as temporary:
        _write(whole, info.pixels.shape, temporary)
        _describe(temporary, said)
        return _difference(model, OnnxModel.load(temporary), images, tolerance)


def _with_all_inside(network: keras.Model, info: ModelInfo) -> keras.Model:
    """The network between the rows that it lacks: scaling before it, probabilities after it."""
    inputs = keras.Input(info.pixels.shape, dtype="float32", name=INPUT_NAME)
    scale = None
    if not info.inside:
        scale = scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation)
    raw = network(scaling_row(inputs, scale), training=False)
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
    with _silence() as said:
        try:
            whole.export(path, format="onnx", verbose=False, input_signature=signature)
        except (RuntimeError, ValueError, TypeError, AttributeError, ImportError, KeyError) as error:
            reason = next(iter(str(error).splitlines()), type(error).__name__) or said.getvalue()
            raise ModelFileError(
                f"This network cannot be exported to ONNX with keras on {name()}",
                received=reason[:200],
                hint="The .keras file holds the same network, and Convonet predicts with it too",
            ) from error


@contextlib.contextmanager
def _silence() -> Iterator[io.StringIO]:
    """Catch what the exporter prints: hundreds of lines when it fails, warnings of its age when not."""
    said = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        warnings.simplefilter("ignore")
        yield said


def _describe(path: Path, info: ModelInfo) -> None:
    """Name the output and put the description into the file."""
    graph = onnx.load(path)
    result = graph.graph.output[0]
    for node in graph.graph.node:
        for names in (node.input, node.output):
            names[:] = [OUTPUT_NAME if each == result.name else each for each in names]
    result.name = OUTPUT_NAME
    result.type.tensor_type.shape.dim[0].dim_param = "batch"
    graph.producer_name = info.made_by
    onnx.helper.set_model_props(graph, {PROPERTY: info.to_json()})
    onnx.save(graph, path)


def _difference(model: NetModel, exported: OnnxModel, images: NDArray[np.uint8], tolerance: float) -> float:
    """The largest difference over all images, each also alone in its batch for the first one."""
    ours = model.predict(images)
    theirs = exported.predict(images)
    alone = exported.predict(images[:1])
    difference = float(max(np.abs(ours - theirs).max(), np.abs(ours[:1] - alone).max()))
    # A comparison that is false for NaN too: a network that gives no numbers is not exported either.
    if not difference <= tolerance:
        raise ModelFileError(
            "The exported network does not give the same probabilities, so no file was written",
            expected=f"differences up to {tolerance:g}",
            received=f"{difference:g}",
            hint="The .keras file is unharmed and predicts as before",
        )
    return difference


def _made_up(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Black, white and noise: (8, *shape)."""
    noise = np.random.default_rng(0).integers(0, 256, (6, *shape), dtype=np.uint8)
    flat = np.stack([np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)])
    return np.concatenate([flat, noise])
