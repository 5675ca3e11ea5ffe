"""How training images are varied. Never in validation, testing, or the saved model."""

from __future__ import annotations

from typing import Any, Literal

from convonet.params.fields import param
from convonet.params.values import ParamModel

FillMode = Literal["constant", "nearest", "reflect", "wrap"]


def _amount(label: str, help: str, high: float, unit: str = "") -> Any:
    """A strength that is 0 where the variation is off."""
    return param(0.0, label, help, group="Augmentation", unit=unit, ge=0, le=high, tunable=True)


class AugmentParams(ParamModel):
    """Group Augmentation."""

    flip_horizontal: bool = param(
        False,
        "Flip left to right",
        "Flips half of the images left to right. Do not use it where left and right matter, as in letters.",
        group="Augmentation",
        tunable=True,
    )
    flip_vertical: bool = param(
        False,
        "Flip top to bottom",
        "Flips half of the images top to bottom. Use it where up and down do not matter, as in aerial images.",
        group="Augmentation",
        tunable=True,
    )
    rotation: float = _amount(
        "Rotation", "Largest angle by which images are rotated in either direction.", 180, "degrees"
    )
    shift: float = _amount("Shift", "Largest shift, as a fraction of height and width (0–1).", 1)
    zoom: float = _amount("Zoom", "Largest enlargement or reduction, as a fraction (0–1).", 0.9)
    shear: float = _amount("Shear", "Largest slant, as a fraction of the size (0–2).", 2)
    crop: float = _amount(
        "Crop",
        "Crops a random window and enlarges it to the image size. The window is smaller than the image by up to "
        "this fraction.",
        0.9,
    )
    brightness: float = _amount(
        "Brightness", "Largest change in brightness, as a fraction (0–1) of the pixel values.", 1
    )
    contrast: float = _amount(
        "Contrast",
        "Largest change in contrast, as a fraction (0–1) of the differences from the image's mean.",
        1,
    )
    fill_mode: FillMode = param(
        "nearest",
        "Fill",
        "What fills the area outside the image: black (constant), the nearest pixel, the mirrored image "
        "(reflect), or the image repeated (wrap).",
        group="Augmentation",
        tunable=True,
    )
    rand_augment: int = param(
        0,
        "RandAugment",
        "Number of random operations per image, chosen from twelve kinds.",
        group="Augmentation",
        ge=0,
        le=10,
        tunable=True,
    )
    rand_magnitude: float = param(
        9.0,
        "RandAugment strength",
        "Strength of the operations, from 0 to 10.",
        group="Augmentation",
        ge=0,
        le=10,
        tunable=True,
    )
    mixup: float = _amount(
        "MixUp",
        "Blends pairs of images and their labels, with weights from Beta(value, value). 0 turns it off.",
        10,
    )
    cutmix: float = _amount(
        "CutMix",
        "Pastes a window from another image; its area is a fraction from Beta(value, value). 0 turns it off.",
        10,
    )

    @property
    def augments(self) -> bool:
        """Whether anything is varied."""
        strengths = (self.rotation, self.shift, self.zoom, self.shear, self.crop, self.brightness)
        return any(
            (*strengths, self.contrast, self.flip_horizontal, self.flip_vertical, self.rand_augment)
        ) or (self.mixes)

    @property
    def mixes(self) -> bool:
        """Whether images are mixed with others of their batch."""
        return bool(self.mixup or self.cutmix)
