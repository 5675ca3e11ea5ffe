"""Why a model says so, for scripts and notebooks: the calls of `convonet` that explain."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from convonet.api.execution import answer_of
from convonet.api.inputs import Data, Listener, data_of
from convonet.api.results import TrainedRun
from convonet.errors import DataError
from convonet.scratch import Scratch
from convonet.tasks.explain_tasks import DreamTask, ExplainTask, LayersTask, Method
from convonet.text import absolute, local_path

Model: TypeAlias = str | os.PathLike[str] | TrainedRun
Place: TypeAlias = str | os.PathLike[str]


@dataclass(frozen=True)
class Explained:
    """Why one image got its answer; a notebook shows the picture.

    Attributes:
        predicted: the model's answer; `confidence` is its probability, 0..1.
        label: the class that is explained; `probability` is its probability, 0..1.
        layer: the layer that Grad-CAM looked at.
        values: the raw map, (height, width) of the image as the network sees it.
        heat: the map as 0..1.
        faithful: the check of the map: `deletion`, `likeness`, `sentence`; None where it was not asked for.
        picture: a PNG file's content: the image beside itself under its heat.
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

    def _repr_png_(self) -> bytes:
        """How a notebook shows it."""
        return self.picture


@dataclass(frozen=True)
class Dreamt:
    """Pictures that excite channels; a notebook shows them side by side.

    Attributes:
        layer: its name.
        channels: of each picture.
        pictures: (n, height, width, channels) uint8, as the network takes them.
        reached: mean activation for each picture.
        best_images: the largest mean activation of `compared` test images, for each channel; None where there
            were none.
        picture: a PNG file's content.
    """

    layer: str
    channels: tuple[int, ...]
    pictures: NDArray[np.uint8]
    reached: tuple[float, ...]
    best_images: tuple[float | None, ...]
    compared: int
    picture: bytes

    def _repr_png_(self) -> bytes:
        """How a notebook shows it."""
        return self.picture


def explain(
    model: Model,
    images: Place | Iterable[Place] | NDArray[np.uint8],
    *,
    method: Method = "grad_cam",
    label: str | None = None,
    layer: str | None = None,
    patch: int | None = None,
    stride: int | None = None,
    alpha: float = 0.6,
    faithful: bool = False,
    seed: int = 0,
    scaling: Any = None,
    out: Place | None = None,
    listen: Listener = None,
) -> list[Explained]:
    """Explain a model's answers by heat maps.

    Args:
        images: paths of images and folders; or an array of uint8 pixels, one image (H, W) or (H, W, C), or a batch
            (N, H, W, C).
        method: `grad_cam`, `saliency` or `occlusion`.
        label: the class to be explained; None: the one that the model answers.
        layer: for Grad-CAM; None: the last convolution.
        patch, stride: for occlusion, in pixels of the image as the network sees it.
        alpha: how much of the image the heat covers in the picture, 0..1.
        faithful: also check each map.
        out: a folder that keeps pictures and raw maps; None: none is kept.

    Raises:
        InputError: a method that cannot explain this network, a wrong class or layer, no images.
        DataError: not one of the images can be read; of several, those that cannot are left out.
    """
    with _folder(out) as folder, _as_files(images) as paths:
        task = ExplainTask(
            model=_path(model),
            paths=tuple(paths),
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
        documents = answer_of(task, listen)["explanations"]
        good = [document for document in documents if "error" not in document]
        if not good:
            raise DataError(documents[0]["error"], where=documents[0]["path"])
        return [_explained(document, method, folder) for document in good]


def layers(
    model: Model,
    image: Place | None = None,
    *,
    layer: str | None = None,
    scaling: Any = None,
    out: Place = "layers",
    listen: Listener = None,
) -> dict[str, Any]:
    """Draw the filters of every convolution and, with an image, its feature maps through the layers.

    Args:
        layer: only this one.
        out: the folder that gets the pictures.

    Returns:
        The document that `convonet layers --json` prints.

    Raises:
        InputError: no such layer, or nothing to draw.
    """
    task = LayersTask(
        model=_path(model),
        image=None if image is None else os.fspath(image),
        layer=layer,
        scaling=scaling,
        out=absolute(out),
    )
    return answer_of(task, listen)


def dream(
    model: Model,
    layer: str,
    *,
    channel: int | None = None,
    steps: int = 256,
    seed: int = 0,
    data: Data | None = None,
    scaling: Any = None,
    out: Place | None = None,
    listen: Listener = None,
) -> Dreamt:
    """The picture that excites a channel most.

    Args:
        layer: any layer; of the last one, channels are classes.
        channel: from 0; None: the first twelve.
        data: test images to compare with; None: those of the model's own run, if they are there.
        out: a PNG file that keeps the picture; each picture alone goes beside it.

    Raises:
        InputError: no such layer or channel.
    """
    with _folder(None) as folder:
        task = DreamTask(
            model=_path(model),
            layer=layer,
            channel=channel,
            steps=steps,
            seed=seed,
            data=None if data is None else data_of(data),
            scaling=scaling,
            out=str(folder / "dream.png") if out is None else absolute(out),
        )
        answer = answer_of(task, listen)
        dreams = answer["dreams"]
        return Dreamt(
            layer=answer["layer"],
            channels=tuple(one["channel"] for one in dreams),
            pictures=np.stack([_pixels(Path(one["file"])) for one in dreams]),
            reached=tuple(one["reached"] for one in dreams),
            best_images=tuple(one["best_image"] for one in dreams),
            compared=answer["compared"],
            picture=Path(answer["path"]).read_bytes(),
        )


def _explained(document: dict[str, Any], method: str, folder: Path) -> Explained:
    files = document["files"]
    values = np.load(folder / files["values"])
    return Explained(
        path=document["path"],
        predicted=document["predicted"],
        confidence=document["confidence"],
        label=document["class"],
        probability=document["probability"],
        method=method,
        layer=document["layer"],
        values=values,
        heat=(_pixels(folder / files["heat"])[:, :, 0] / 255).astype(np.float32),
        faithful=document["faithful"],
        picture=(folder / files["picture"]).read_bytes(),
    )


def _path(model: Model) -> str:
    return str(model.path if isinstance(model, TrainedRun) else Path(local_path(model)))


def _pixels(path: Path) -> NDArray[np.uint8]:
    """(height, width, channels)."""
    with Image.open(path) as image:
        values = np.asarray(image)
    return values if values.ndim == 3 else values[:, :, np.newaxis]


@contextmanager
def _folder(out: Place | None) -> Iterator[Path]:
    """The folder that was named, else one that is gone afterwards."""
    if out is not None:
        yield Path(local_path(out))
        return
    with Scratch() as folder:
        yield folder


@contextmanager
def _as_files(images: Place | Iterable[Place] | NDArray[np.uint8]) -> Iterator[list[str]]:
    """Paths as they are; pixels as files, without loss, for the length of the block."""
    if not isinstance(images, np.ndarray):
        yield [os.fspath(one) for one in ([images] if isinstance(images, (str, os.PathLike)) else images)]
        return
    _check(images)
    batch = images[np.newaxis] if images.ndim < 4 else images
    with _folder(None) as folder:
        paths = [str(folder / f"{place:04d}.png") for place in range(len(batch))]
        for path, pixels in zip(paths, batch, strict=True):
            Image.fromarray(pixels[:, :, 0] if pixels.shape[2:] == (1,) else pixels).save(path)
        yield paths


def _check(images: NDArray[np.generic]) -> None:
    """Pixels of one image or of a batch, or a DataError."""
    plain = images.ndim == 2 or (images.ndim in (3, 4) and images.shape[-1] in (1, 3))
    if images.dtype != np.uint8 or not plain:
        raise DataError(
            "These are no images",
            expected="uint8 values of shape (H, W), (H, W, 1 or 3) or (N, H, W, 1 or 3)",
            received=f"{images.dtype} values of shape {images.shape}",
        )
