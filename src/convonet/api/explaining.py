"""Explain predictions and layers in scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.api.execution import answer_of
from convonet.api.image_inputs import Images, named_images
from convonet.api.inputs import Data, Listener, Model, PathLike, data_of, model_path
from convonet.documents.explanation import DreamDocument, ExplainDocument, ExplainedImage
from convonet.documents.predictions import UnreadableImage
from convonet.errors import DataError
from convonet.scratch import Scratch
from convonet.tasks.explain_tasks import DreamTask, ExplainTask, LayersTask, Method
from convonet.text import absolute, counted, local_path


@dataclass(frozen=True, repr=False)
class ImageExplanation:
    """The explanation of one prediction; notebooks display the picture.

    Attributes:
        path: the image file, or a name such as `batch[3]` for an image in memory.
        predicted: the predicted class; `confidence` is its probability, 0..1.
        label: the class that is explained; `probability` is its probability, 0..1.
        layer: the layer used by Grad-CAM.
        values: the raw map, (height, width) of the network's input.
        heat: the map scaled to 0..1.
        faithful: the check of the map: `deletion`, `likeness`, `sentence`; None if it was not requested.
        picture: the bytes of a PNG file that shows the image next to the image with its heat map.
    """

    path: str
    predicted: str
    confidence: float
    label: str
    probability: float
    method: str
    layer: str | None
    values: NDArray[np.float32]
    heat: NDArray[np.float32]
    faithful: dict[str, Any] | None
    picture: bytes

    def __repr__(self) -> str:
        return (
            f"<ImageExplanation {self.path}: {self.label} ({100 * self.probability:.1f}%) by {self.method}>"
        )

    def _repr_png_(self) -> bytes:
        """How a notebook shows it."""
        return self.picture


@dataclass(frozen=True, repr=False)
class DreamResult:
    """Pictures that strongly activate channels; notebooks display them side by side.

    Attributes:
        layer: name of the layer.
        channels: channel of each picture.
        pictures: (n, height, width, channels) uint8, in the format of the network's input.
        reached: mean activation for each picture.
        best_images: for each channel, the largest mean activation among the `compared` test images; None if there
            were no test images.
        picture: the bytes of a PNG file.
    """

    layer: str
    channels: tuple[int, ...]
    pictures: NDArray[np.uint8]
    reached: tuple[float, ...]
    best_images: tuple[float | None, ...]
    compared: int
    picture: bytes

    def __repr__(self) -> str:
        return f"<DreamResult: {counted(len(self.channels), 'channel')} of {self.layer}>"

    def _repr_png_(self) -> bytes:
        """How a notebook shows it."""
        return self.picture


def explain(
    model: Model,
    images: Images,
    *,
    method: Method = "grad_cam",
    label: str | None = None,
    layer: str | None = None,
    patch: int | None = None,
    stride: int | None = None,
    alpha: float = 0.6,
    faithful: bool = False,
    seed: int = 0,
    max_value: float | None = None,
    scaling: Any = None,
    out: PathLike | None = None,
    listen: Listener = None,
    progress: bool | None = None,
) -> list[ImageExplanation]:
    """Explain predictions with heat maps.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        images: as in `predict`.
        method: `grad_cam`, `saliency` or `occlusion`.
        label: the class to explain; None: the predicted class.
        layer: the layer for Grad-CAM; None: the last convolution.
        patch: for occlusion: side of the hidden square, in pixels of the network's input.
        stride: for occlusion: distance from one position of the square to the next, in the same pixels.
        alpha: opacity of the heat map over the image, 0..1.
        faithful: also check whether each map is faithful, by deleting the most important pixels first and by
            shuffling the weights.
        seed: seed of the check.
        max_value: the value of white in floating-point arrays: 1 for pixels 0..1, 255 for pixels 0..255.
        scaling: pixel scaling of a model made elsewhere, if its file does not contain it.
        out: a folder to which pictures and raw values are written; None: no folder.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Raises:
        InputError: the method does not support this network, the class or layer does not exist, or there are
            no images.
        DataError: none of the images can be read. If only some cannot be read, they are skipped.
    """
    with _folder(out) as folder, _as_files(images, max_value) as files:
        task = ExplainTask(
            model=str(model_path(model)),
            paths=tuple(files.values()),
            method=method,
            label=label,
            layer=layer,
            patch=patch,
            stride=stride,
            alpha=alpha,
            faithful=faithful,
            seed=seed,
            scaling=scaling,
            out=str(folder.resolve()),
        )
        rows = ExplainDocument.of(answer_of(task, listen, progress)).explanations
        names = {path: name for name, path in files.items()}
        good = [row for row in rows if isinstance(row, ExplainedImage)]
        if not good:
            bad = next(row for row in rows if isinstance(row, UnreadableImage))
            raise DataError(bad.error, where=bad.path)
        return [_explained(row, names[row.path], method, folder) for row in good]


def layers(
    model: Model,
    image: PathLike | None = None,
    *,
    layer: str | None = None,
    scaling: Any = None,
    out: PathLike = "layers",
    listen: Listener = None,
    progress: bool | None = None,
) -> dict[str, Any]:
    """Draw the filters of every convolution and, for an image, the feature maps of each layer.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        image: an image whose feature maps are also drawn.
        layer: draw only this layer.
        scaling: pixel scaling of a model made elsewhere, if its file does not contain it.
        out: the folder to which the pictures are written.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Returns:
        The document that `convonet layers --json` prints.

    Raises:
        InputError: the layer does not exist, or there is nothing to draw.
    """
    task = LayersTask(
        model=str(model_path(model)),
        image=None if image is None else str(local_path(image)),
        layer=layer,
        scaling=scaling,
        out=absolute(out),
    )
    return answer_of(task, listen, progress)


def dream(
    model: Model,
    layer: str,
    *,
    channel: int | None = None,
    steps: int = 256,
    seed: int = 0,
    data: Data | None = None,
    scaling: Any = None,
    out: PathLike | None = None,
    listen: Listener = None,
    progress: bool | None = None,
) -> DreamResult:
    """Create the picture that most strongly activates a channel.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        layer: name of a layer. In the last layer, channels are classes.
        channel: index of the channel, from 0; None: the first twelve.
        steps: number of gradient steps, 1 or more.
        seed: seed of the noise at the start.
        data: test images whose highest activation is compared with that of the picture; None: those of the
            model's run, if they still exist.
        scaling: pixel scaling of a model made elsewhere, if its file does not contain it.
        out: the PNG file to write. Each picture is also written separately beside it.
        listen: a function that is called with every event.
        progress: whether to show progress; None: only in a terminal or notebook.

    Raises:
        InputError: the layer or channel does not exist.
    """
    with _folder(None) as folder:
        task = DreamTask(
            model=str(model_path(model)),
            layer=layer,
            channel=channel,
            steps=steps,
            seed=seed,
            data=None if data is None else data_of(data),
            scaling=scaling,
            out=str(folder / "dream.png") if out is None else absolute(out),
        )
        answer = DreamDocument.of(answer_of(task, listen, progress))
        return DreamResult(
            layer=answer.layer,
            channels=tuple(one.channel for one in answer.dreams),
            pictures=np.stack([_pixels(Path(one.file)) for one in answer.dreams]),
            reached=tuple(one.reached for one in answer.dreams),
            best_images=tuple(one.best_image for one in answer.dreams),
            compared=answer.compared,
            picture=Path(answer.path).read_bytes(),
        )


def _explained(row: ExplainedImage, name: str, method: str, folder: Path) -> ImageExplanation:
    """The explanation of an image that the caller knows as `name`; the path in the row may be that of a copy."""
    files = row.files
    return ImageExplanation(
        path=name,
        predicted=row.predicted,
        confidence=row.confidence,
        label=row.class_,
        probability=row.probability,
        method=method,
        layer=row.layer,
        values=np.load(folder / files.values),
        heat=(_pixels(folder / files.heat)[:, :, 0] / 255).astype(np.float32),
        faithful=None if row.faithful is None else row.faithful.to_dict(),
        picture=(folder / files.picture).read_bytes(),
    )


def _pixels(path: Path) -> NDArray[np.uint8]:
    """(height, width, channels)."""
    with Image.open(path) as image:
        values = np.asarray(image)
    # Pillow leaves out the channel axis of a grayscale image.
    return values if values.ndim == 3 else values[:, :, np.newaxis]


@contextmanager
def _folder(out: PathLike | None) -> Iterator[Path]:
    """The given folder, or a temporary one that is removed afterwards."""
    if out is not None:
        yield Path(local_path(out))
        return
    with Scratch() as folder:
        yield folder


@contextmanager
def _as_files(images: Images, max_value: float | None) -> Iterator[dict[str, str]]:
    """The file of each image by its name; within the block, images in memory are lossless files."""
    given = named_images(images, max_value=max_value)
    with _folder(None) as folder:
        files = {}
        for index, image in enumerate(given):
            if isinstance(image.source, Path):
                files[image.name] = str(image.source)
                continue
            # Named by number, since an image in memory has a name such as batch[3].
            file = folder / f"{index:04d}.png"
            file.write_bytes(image.to_png())
            files[image.name] = str(file)
        yield files
