"""Prepared images as a PyTorch dataset, in a separate module so that the workers of a `DataLoader` can unpickle it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from convonet.api.preparing import ImageSet


class TorchImages(torch.utils.data.Dataset):  # type: ignore[misc]
    """Item i is an image (C, H, W) float32 in 0..1 and its label; `classes` contains the class names."""

    def __init__(self, images: ImageSet, transform: Callable[[Any], Any] | None) -> None:
        self.classes = images.classes
        self._images, self._transform = images, transform

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        pixels, label = self._images[index]
        image = torch.from_numpy(pixels).permute(2, 0, 1).float() / 255
        return (image if self._transform is None else self._transform(image)), label
