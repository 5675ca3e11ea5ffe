"""What a frozen base says of each image, computed once and kept while only the head is trained."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from convonet.atomic import replacing
from convonet.events import Progressed, Watch
from convonet.nets.backend import keras
from convonet.nets.net_model import NetModel
from convonet.training.image_rows import ImageRows

_VALUES_AT_ONCE = 2**21
_LARGEST_BATCH = 64
_TELL_SECONDS = 0.5


class Split(NamedTuple):
    """A network in two parts that share its layers.

    Attributes:
        fixed: from images to features; nothing in it is trained or drawn.
        head: from features to the output.
    """

    fixed: keras.Model
    head: NetModel


def split_at_base(model: NetModel) -> Split:
    """Cut a network behind its base, or behind the rows after it that have nothing to learn, such as pooling."""
    network: Any = model.keras_model
    names = [layer.name for layer in network.layers]
    after = network.layers[names.index(model.info.base) + 1 :]
    while not after[0].variables:
        after = after[1:]
    # The first node of a layer is its place in this network.
    cut = after[0]._inbound_nodes[0].input_tensors[0]
    x = inputs = keras.Input(cut.shape[1:], dtype="float32", name="features")
    for layer in after:
        x = layer(x)
    head = keras.Model(inputs, x, name="head")
    return Split(keras.Model(network.inputs[0], cut, name="fixed"), NetModel(head, model.info))


def features_of(fixed: keras.Model, rows: ImageRows, path: Path | None, watch: Watch) -> ImageRows:
    """The features of some images, in place of the images.

    Args:
        path: a `.npy` file that keeps them; taken as it is where it is already there and has their number. None,
            or a disk with too little room, keeps them in memory.

    Returns:
        All rows of an array (N, …) float32, with the images' labels in the same order.

    Raises:
        Cancelled: the person asked to stop; no half file is left.
    """
    shape = (len(rows), *fixed.output_shape[1:])
    labels = rows.labels[rows.rows]
    if path is not None and path.exists():
        kept = np.load(path, mmap_mode="r", allow_pickle=False)
        if kept.shape == shape:
            return ImageRows.all(kept, labels)
    if path is None or shutil.disk_usage(path.parent).free < 8 * int(np.prod(shape)):
        made = np.empty(shape, np.float32)
        _compute(fixed, rows, made, watch)
        return ImageRows.all(made, labels)
    with replacing(path) as temporary:
        on_disk = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
        _compute(fixed, rows, on_disk, watch)
        on_disk.flush()
        del on_disk
    return ImageRows.all(np.load(path, mmap_mode="r", allow_pickle=False), labels)


def _compute(fixed: keras.Model, rows: ImageRows, made: np.ndarray, watch: Watch) -> None:
    height, width = rows.images.shape[1:3]
    size = max(1, min(_LARGEST_BATCH, _VALUES_AT_ONCE // (height * width)))
    started = told = time.monotonic()
    for start in range(0, len(rows), size):
        watch.check()
        images, _ = rows.take(slice(start, start + size))
        made[start : start + size] = fixed.predict_on_batch(images.astype(np.float32))
        done = min(start + size, len(rows))
        if (now := time.monotonic()) - told >= _TELL_SECONDS or done == len(rows):
            told = now
            left = (now - started) / done * (len(rows) - done)
            watch.tell(Progressed(stage="features", done=done, total=len(rows), seconds_left=left))
