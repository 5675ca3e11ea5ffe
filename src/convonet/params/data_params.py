"""What the images are and how a file becomes pixels."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

import pydantic

from convonet.params.fields import fields_of, param
from convonet.params.values import ParamModel
from convonet.text import absolute

Channels = Literal["auto", 1, 3]
Resize = Literal["stretch", "pad", "pad_edge", "crop"]
Filter = Literal["bilinear", "bicubic", "lanczos", "area", "nearest"]
Alpha = Literal["drop", "black", "white"]
MissingClasses = Literal["refuse", "allow"]
Side = Annotated[int, pydantic.Field(ge=1, le=4096)]
Scaling = Literal["unit", "symmetric", "imagenet", "standard", "none"]

DEFAULT_SIZE = (28, 28)
"""Height and width in pixels where the image size is left to the software."""


class PixelParams(NamedTuple):
    """All that decides the pixels of a decoded image: part of the cache's key, and kept in the model.

    Attributes:
        height, width: pixels.
        channels: 1 (grey) or 3 (RGB).
        float_top: what is white in images of floating-point numbers, 1 or 255; 0: each image tells by its numbers.
    """

    height: int
    width: int
    channels: int
    resize: Resize = "stretch"
    filter: Filter = "bilinear"
    alpha: Alpha = "drop"
    float_top: int = 0

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return self.height, self.width, self.channels


class DataParams(ParamModel):
    """Where the images are, which classes they have, and how they become pixels."""

    num_classes: int | None = param(
        None,
        "Number of classes",
        "Number of class folders. If set, the folders must match it.",
        group="Images",
        ge=2,
        le=100_000,
        default_text="counted from the folders",
    )
    train_dir: str | None = param(
        None,
        "Training images",
        "A folder with one folder per class, a folder with train, val and test folders, or a CSV, TSV or .npz file.",
        group="Images",
        kind="path",
        default_text="not given",
    )
    test_dir: str | None = param(
        None,
        "Test images",
        "Images used only for testing: a folder, or a CSV, TSV or .npz file.",
        group="Images",
        kind="path",
        default_text="not given",
    )
    val_dir: str | None = param(
        None,
        "Validation images",
        "Images used only for validation. If not set, a fraction of the training images is held out.",
        group="Images",
        kind="path",
        default_text="a fraction of the training images",
    )
    result_dir: str | None = param(
        None,
        "Results folder",
        "Folder for runs and for copies of the model.",
        group="Images",
        kind="path",
        default_text="./runs",
    )
    image_size: tuple[Side, Side] | None = param(
        None,
        "Image size",
        "Size in pixels to which every image is resized: one number for a square, height × width, or auto: "
        "chosen by the recipe, 28 × 28 without one.",
        group="Pixels",
        unit="pixels",
        kind="size",
        default_text="auto",
    )
    channels: Channels = param(
        "auto",
        "Channels",
        "1 for grayscale, 3 for color. auto uses color if any image has color.",
        group="Pixels",
    )
    resize: Resize = param(
        "stretch",
        "Fit",
        "How an image with a different aspect ratio is fitted: stretch, pad with black or edge pixels, or crop.",
        group="Pixels",
    )
    filter: Filter = param(
        "bilinear",
        "Filter",
        "Filter for resizing. All except nearest are anti-aliased.",
        group="Pixels",
    )
    alpha: Alpha = param(
        "drop",
        "Transparency",
        "How transparent images are handled: transparency is dropped, or the image is drawn on black or white.",
        group="Pixels",
    )
    scaling: Scaling = param(
        "unit",
        "Scaling",
        "How pixels are scaled inside the network: to 0..1 (unit), to −1..1 (symmetric), by mean and standard "
        "deviation (imagenet, standard), or not at all (none).",
        group="Pixels",
    )
    mean: tuple[Annotated[float, pydantic.Field(ge=0, le=1)], ...] | None = param(
        None,
        "Mean",
        "Mean of each channel on the 0..1 scale, for standard scaling.",
        group="Pixels",
        default_text="not used",
    )
    deviation: tuple[Annotated[float, pydantic.Field(gt=0, le=1)], ...] | None = param(
        None,
        "Standard deviation",
        "Standard deviation of each channel on the 0..1 scale, for standard scaling.",
        group="Pixels",
        default_text="not used",
    )
    prepared_limit: float | None = param(
        None,
        "Limit for prepared images",
        "Disk space that the prepared images of a set may take up, in GB. If a set needs more, its images are decoded "
        "each time they are used.",
        group="Pixels",
        unit="GB",
        ge=0,
        default_text="a fifth of the free disk space",
    )
    validation_share: float = param(
        0.2,
        "Validation fraction",
        "Fraction of the training images held out for validation when there are no validation images (0–1).",
        group="Split",
        gt=0,
        lt=1,
    )
    test_share: float = param(
        0.0,
        "Test fraction",
        "Fraction of the training images held out for testing when there are no test images (0–1). These "
        "images are never used for training.",
        group="Split",
        ge=0,
        lt=1,
    )
    split_seed: int = param(
        0,
        "Split seed",
        "Seed that decides which images are held out. It is independent of the training seed.",
        group="Split",
        ge=0,
        le=2**31 - 1,
    )
    group_pattern: str | None = param(
        None,
        "Group pattern",
        "Regular expression whose single capture group extracts the group of an image, such as a patient number, "
        "from its path. The images of a group are never split between training, validation and test.",
        group="Split",
        default_text="each image is its own group",
        literal=True,
    )
    path_column: str | None = param(
        None,
        "Path column",
        "The column of a CSV or TSV file that identifies the image: a path, a file name, or an id without extension.",
        group="Table",
        default_text="detected by name and content",
        literal=True,
    )
    label_column: str | None = param(
        None,
        "Label column",
        "The column of a CSV or TSV file that contains the class. If not set, it is detected; several columns may each "
        "stand for one class.",
        group="Table",
        default_text="detected by name and content",
        literal=True,
    )
    split_column: str | None = param(
        None,
        "Split column",
        "The column of a CSV or TSV file that says whether an image is for train, val or test.",
        group="Table",
        default_text="detected by name",
        literal=True,
    )
    image_dir: str | None = param(
        None,
        "Image folder",
        "Folder with the images of a CSV or TSV file, including its subfolders.",
        group="Table",
        kind="path",
        default_text="the table's folder, or an image folder next to it",
    )
    group_column: str | None = param(
        None,
        "Group column",
        "The column of a CSV or TSV file that says which images belong together, like the group pattern.",
        group="Split",
        default_text="each image is its own group",
        literal=True,
    )
    alike_together: bool = param(
        False,
        "Keep similar images together",
        "Keeps images that look the same (exact and near duplicates) on one side of every split.",
        group="Split",
    )
    class_map: dict[str, str] | None = param(
        None,
        "Class map",
        "Maps class folders of the validation and test images to classes of the training images.",
        group="Classes",
        default_text="classes are matched by name",
    )
    missing_classes: MissingClasses = param(
        "refuse",
        "Missing classes",
        "Whether a validation or test set may lack classes that the model has. Unknown classes are always refused.",
        group="Classes",
    )
    label_pattern: str | None = param(
        None,
        "Label pattern",
        "Regular expression whose named group `label` captures the class from the file name, for images in a "
        "single folder.",
        group="Classes",
        default_text="the folders are the classes",
        literal=True,
    )

    @property
    def prepared_bytes(self) -> int | None:
        """The prepared images limit in bytes; None: a share of the free disk."""
        return None if self.prepared_limit is None else int(self.prepared_limit * 10**9)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the network's input in pixels: the image size, or what auto means."""
        return self.image_size or DEFAULT_SIZE

    def anchored(self) -> Self:
        """A copy with absolute paths, which mean the same from every folder."""
        paths = [name for name, field in fields_of(type(self)).items() if field.kind == "path"]
        given = {name: getattr(self, name) for name in paths if getattr(self, name)}
        anchored = {name: absolute(path) for name, path in given.items()}
        # The same object where nothing changes: an equal copy would look like an edit in a form.
        return self.changed(**anchored) if anchored != given else self


def pixel_params(data: DataParams, channels: int) -> PixelParams:
    """The pixels that `data` asks for; `channels` is 1 or 3, found where `data` says auto."""
    return PixelParams(*data.size, channels, data.resize, data.filter, data.alpha)
