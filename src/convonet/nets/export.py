"""ONNX export: raw pixels in, probabilities out, and no file unless ONNX Runtime agrees with keras.

Scaling, softmax or sigmoid, and temperature all go into the graph, so any program that feeds pixels 0..255
gets the same probabilities.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx

from convonet.atomic import replacing
from convonet.errors import ModelFileError
from convonet.inference.golden import Golden, Images, Probabilities, golden_rows, largest_difference
from convonet.inference.model_info import ModelInfo
from convonet.inference.onnx_model import OnnxModel
from convonet.nets.net_model import NetModel
from convonet.nets.onnx_graph import name_ends, write_graph, write_traced
from convonet.nets.onnx_metadata import describe
from convonet.nets.onnx_scaling import flatten_scaling
from convonet.nets.onnx_unknown import add_unknown_score
from convonet.nets.whole_network import with_all_inside

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
        if not write_traced(model, temporary):
            write_graph(with_all_inside(model, reference.images), model.info.pixels.shape, temporary)
        graph = onnx.load(temporary)
        name_ends(graph)
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
            "The exported network gives different scores for unknown images, so no file was written",
            expected=f"differences of at most {SCORE_TOLERANCE:g} times the largest score",
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
        "The exported network gives different probabilities, so no file was written",
        expected=expected,
        received=received,
        hint="The .keras file is unchanged and predicts as before",
    )


def _made_up(shape: tuple[int, int, int]) -> Images:
    """Black, white and noise: (8, *shape)."""
    noise = np.random.default_rng(0).integers(0, 256, (6, *shape), dtype=np.uint8)
    flat = np.stack([np.zeros(shape, np.uint8), np.full(shape, 255, np.uint8)])
    return np.concatenate([flat, noise])
