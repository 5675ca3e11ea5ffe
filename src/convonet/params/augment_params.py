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
        False, "Flip left to right", "Half of the images are mirrored.", group="Augmentation", tunable=True
    )
    flip_vertical: bool = param(
        False,
        "Flip upside down",
        "Half of the images are turned upside down.",
        group="Augmentation",
        tunable=True,
    )
    rotation: float = _amount("Rotation", "Turned by up to so much to either side.", 180, "degrees")
    shift: float = _amount("Shift", "Moved by up to this share of height and width.", 1)
    zoom: float = _amount("Zoom", "Made larger or smaller by up to this share.", 0.9)
    shear: float = _amount("Shear", "Slanted by up to this share.", 2)
    crop: float = _amount("Crop", "A random window, smaller by up to this share, fills the image.", 0.9)
    brightness: float = _amount("Brightness", "Pixels times 1 ± up to this share.", 1)
    contrast: float = _amount("Contrast", "Distance from the image's mean times 1 ± up to this share.", 1)
    fill_mode: FillMode = param(
        "nearest",
        "Fill",
        "What fills the area outside the image: black (constant), the nearest pixel, the mirrored image (reflect), "
        "or the image once more (wrap).",
        group="Augmentation",
        tunable=True,
    )
    rand_augment: int = param(
        0,
        "RandAugment",
        "So many variations, drawn for each image from twelve kinds.",
        group="Augmentation",
        ge=0,
        le=10,
        tunable=True,
    )
    rand_magnitude: float = param(
        9.0, "RandAugment strength", "Of 10.", group="Augmentation", ge=0, le=10, tunable=True
    )
    mixup: float = _amount(
        "MixUp", "Images and labels are mixed in pairs, by shares from Beta(this, this).", 10
    )
    cutmix: float = _amount(
        "CutMix", "A window of another image is pasted, its area a share from Beta(this, this).", 10
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
