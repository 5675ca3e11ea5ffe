"""What a frozen backbone says of each image, computed once and kept while only the head is trained."""

from __future__ import annotations

import hashlib
import tempfile
import time
from typing import Any, NamedTuple

import numpy as np

from convonet.data.feature_cache import FeatureCache, pixel_hash
from convonet.events import Progressed, Watch
from convonet.inference.fixed_network import FixedNetwork
from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.fixed_graph import features_by_keras, fixed_graph
from convonet.nets.net_model import NetModel
from convonet.training.image_rows import ImageRows

_VALUES_AT_ONCE = 2**21
_LARGEST_BATCH = 64
_TELL_SECONDS = 0.5
_KEEP_SECONDS = 20.0
_LARGEST_IN_MEMORY = 2**29
_LARGEST_KEPT = 4096
"""Numbers of an image's features that are worth keeping between runs: pooled ones are, maps are not."""


class Split(NamedTuple):
    """A network in two parts that share its layers.

    Attributes:
        fixed: from images to features; nothing in it is trained or drawn.
        head: from features to the output.
    """

    fixed: keras.Model
    head: NetModel


class FrozenFeatures(NamedTuple):
    """Features in place of images.

    Attributes:
        rows: the features as rows to train on.
        engine: what computed them, with its version.
        images_per_second: of those that were computed; 0 where all were in the cache.
    """

    rows: ImageRows
    engine: str
    images_per_second: float


def split_at_backbone(model: NetModel) -> Split:
    """Cut a network behind its backbone, or behind the rows after it that have nothing to learn, such as pooling."""
    network: Any = model.keras_model
    names = [layer.name for layer in network.layers]
    after = network.layers[names.index(model.info.base) + 1 :]
    # Pooling and flattening depend on the image alone too: behind them there are far fewer numbers to keep.
    while not after[0].variables:
        after = after[1:]
    # The first node of a layer is its position in this network.
    cut = after[0]._inbound_nodes[0].input_tensors[0]
    x = inputs = keras.Input(cut.shape[1:], dtype="float32", name="features")
    for layer in after:
        x = layer(x)
    head = keras.Model(inputs, x, name="head")
    return Split(keras.Model(network.inputs[0], cut, name="fixed"), NetModel(head, model.info))


class FrozenBackbone:
    """The fixed part of a network, ready to compute features: by an inference engine where it has a graph.

    Args:
        fixed: from images to features.
        keep: keep the features for later runs; those of a network that was just trained are of no use to another.
    """

    def __init__(self, fixed: keras.Model, *, keep: bool = True) -> None:
        self._fixed = fixed
        graph = fixed_graph(fixed)
        self._network = None if graph is None else FixedNetwork(graph, backend.threads())
        self._cache = None
        if keep and graph is not None and self._network is not None:
            # Other weights, or another engine, would give other features for the same image.
            digest = hashlib.sha256(graph).hexdigest()
            self._cache = FeatureCache(f"{digest} {self._network.description}")

    def features(self, rows: ImageRows, watch: Watch) -> FrozenFeatures:
        """The features of some images, in place of the images.

        They are computed once and kept in the cache, by the content of each image.

        Returns:
            All rows of an array (N, …) float32, with the images' labels in the same order.

        Raises:
            Cancelled: the person asked to stop; what was computed is kept.
        """
        started = time.monotonic()
        # One array for all, so that cached and computed rows need no joining.
        made = _room((len(rows), *self._fixed.output_shape[1:]))
        flat = made.reshape(len(rows), -1)
        if self._network is None:
            _by_keras(self._fixed, rows, flat, watch)
            computed, engine = len(rows), "keras"
        else:
            computed = _fill(self._network, self._cache, rows, flat, watch)
            engine = self._network.description
        speed = computed / max(time.monotonic() - started, 1e-9)
        return FrozenFeatures(ImageRows.all(made, rows.labels[rows.rows]), engine, speed)


def _room(shape: tuple[int, ...]) -> np.ndarray:
    """Memory for features; a file without a name where they are maps too large for it."""
    # Maps of some thousand images are larger than the memory of a small machine.
    if 4 * int(np.prod(shape)) <= _LARGEST_IN_MEMORY:
        return np.empty(shape, np.float32)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.float32, "w+", shape=shape)


def _fill(
    network: FixedNetwork, cache: FeatureCache | None, rows: ImageRows, made: np.ndarray, watch: Watch
) -> int:
    """Fill `made` (N, features) from the cache and, where it has none, from the network; how many were computed."""
    # By content, so that a file that was renamed, or stands in another set, is not computed again.
    hashes = [pixel_hash(image) for image in rows.one_by_one(range(len(rows)))]
    known = {} if cache is None else cache.find(hashes, made.shape[1])
    for index, key in enumerate(hashes):
        if key in known:
            made[index] = known[key]
    missing = [index for index, key in enumerate(hashes) if key not in known]
    started = reported_at = kept_at = time.monotonic()
    done = kept = 0

    def keep() -> None:
        # Maps of a few thousand images would fill a disk that pooled features hardly touch.
        if cache is None or made.shape[1] > _LARGEST_KEPT:
            return
        indices = missing[kept:done]
        cache.add([hashes[index] for index in indices], made[indices])

    try:
        for index, features in zip(missing, network.features(rows.one_by_one(missing)), strict=True):
            made[index] = features.reshape(-1)
            done += 1
            watch.check()
            now = time.monotonic()
            # A process that is killed loses the last seconds, not everything.
            if now - kept_at >= _KEEP_SECONDS:
                keep()
                kept, kept_at = done, now
            if now - reported_at >= _TELL_SECONDS or done == len(missing):
                reported_at = now
                left = (now - started) / done * (len(missing) - done)
                total = len(hashes)
                watch.tell(
                    Progressed(
                        stage="features", done=total - len(missing) + done, total=total, seconds_left=left
                    )
                )
    # A stop or a fault keeps what was computed as well.
    finally:
        keep()
    return len(missing)


def _by_keras(fixed: keras.Model, rows: ImageRows, made: np.ndarray, watch: Watch) -> None:
    height, width = rows.images.shape[1:3]
    # The layers' maps grow with the image, so larger images come in smaller batches.
    size = max(1, min(_LARGEST_BATCH, _VALUES_AT_ONCE // (height * width)))
    started = reported_at = time.monotonic()
    for start in range(0, len(rows), size):
        watch.check()
        images, _ = rows.take(slice(start, start + size))
        made[start : start + size] = features_by_keras(fixed, images).reshape(len(images), -1)
        done = min(start + size, len(rows))
        if (now := time.monotonic()) - reported_at >= _TELL_SECONDS or done == len(rows):
            reported_at = now
            left = (now - started) / done * (len(rows) - done)
            watch.tell(Progressed(stage="features", done=done, total=len(rows), seconds_left=left))
