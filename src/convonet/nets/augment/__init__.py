"""Augmentation as one operation on a batch: drawn by seed, epoch and image, on whatever device the images are."""

from convonet.nets.augment.augmenter import Augmenter, BatchChange

__all__ = ["Augmenter", "BatchChange"]
