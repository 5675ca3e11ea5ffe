"""Real images to check an export with: those that the model was tested on, where they are still there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.data.arrays import is_arrays
from convonet.data.data_prep import prepare
from convonet.data.sources import has_set, scan_set
from convonet.documents.evaluation import SPLIT_TITLES
from convonet.errors import InputError
from convonet.events import Warned, Watch
from convonet.inference.model_info import ModelInfo
from convonet.params import DataParams
from convonet.runs import RECORD, Run
from convonet.tasks import ExportTask, Split

_MOST_IMAGES = 200
_MOST_BYTES = 2**23
_ORDER: tuple[Split, ...] = ("test", "val", "train")


class Samples(NamedTuple):
    """Images that an export is checked with.

    Attributes:
        images: (N, height, width, channels) uint8.
        source: the set that they are from.
        files: where each one is; empty where they are rows of an array.
        classes: the true class of each.
    """

    images: npt.NDArray[np.uint8]
    source: str
    files: tuple[Path, ...]
    classes: tuple[str, ...]


def find_samples(task: ExportTask, info: ModelInfo, watch: Watch) -> Samples | None:
    """Up to 200 images, spread over the test set, else validation, else training; None where there are none.

    Images of the model's run that are gone stop no export: it is told, and the next set is used.

    Raises:
        InputError: images that `task.data` names cannot be used.
    """
    data = task.data or trained_on(Path(task.model))
    if data is None:
        return None
    # Two networks can be compared on images of any classes: none has to be complete.
    data = data.changed(missing_classes="allow")
    samples: Samples | None = None
    errors: dict[Split, InputError] = {}
    for split in _ORDER:
        try:
            samples = _read(data, split, info, watch)
        except InputError as error:
            # Images that the person named must be there; those of an old run may be gone.
            if task.data is not None:
                raise
            errors[split] = error
        if samples is not None:
            break
    if errors:
        watch.tell(Warned(message=_unusable(errors, samples), subject="samples"))
    return samples


def _unusable(errors: Mapping[Split, InputError], samples: Samples | None) -> str:
    """For people: which sets cannot be used, what the export is checked with instead, and why."""
    reasons = (f"{error.what} ({error.where})" if error.where else error.what for error in errors.values())
    # A missing training folder is the one reason for all sets that are looked for in it.
    why = "; ".join(dict.fromkeys(reasons))
    if samples is None:
        return (
            f"The images of the model's run cannot be used, so the export is checked with random noise: {why}"
        )
    titles = " and ".join(SPLIT_TITLES[split] for split in errors)
    title = SPLIT_TITLES[samples.source]
    return f"The {titles} images cannot be used, so the export is checked with the {title} images: {why}"


def trained_on(model: Path) -> DataParams | None:
    """The data parameters of the run that a model belongs to; None where it has no run."""
    folder = model if model.is_dir() else model.parent
    if not (folder / RECORD).is_file():
        return None
    return getattr(Run(folder).task(), "data", None)


def _read(data: DataParams, split: Split, info: ModelInfo, watch: Watch) -> Samples | None:
    if not has_set(data, split):
        return None
    listing = scan_set(data, split, classes=info.classes or None, watch=watch)
    most = min(_MOST_IMAGES, max(8, _MOST_BYTES // int(np.prod(info.pixels.shape))), len(listing))
    listing = listing.select(np.linspace(0, len(listing) - 1, most).round().astype(np.int64))
    prepared = prepare(listing, info.pixels, name=split, watch=watch, every_class=False)
    files = () if is_arrays(listing.root) else tuple(listing.root / path for path in prepared.paths)
    classes = tuple(prepared.classes[label] for label in prepared.labels)
    return Samples(np.asarray(prepared.images), split, files, classes)
