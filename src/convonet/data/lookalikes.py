"""Images that look the same though their files differ: encoded again, resized, a little brighter.

A hash of the low frequencies finds candidates without comparing all pairs; their similarity decides. Sources:
C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions (2010), the hash by a cosine transform;
P. Indyk and R. Motwani, Approximate Nearest Neighbors, STOC 1998, equal keys from some of the bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from convonet.data.pixels import Pixels
from convonet.events import Watch

HASH_SIDE = 8
_WAVES = 16
_BANDS = 16
_BAND_BITS = 16
_NEIGHBOURS = 64
_MOST_BITS = 14
_ALIKE = 0.99
_FLAT = 2.0
_BLOCK = 2048

Floats = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.int64]


class PerceptualHashes(NamedTuple):
    """What images look like, coarsely.

    Attributes:
        hashes: (N,) uint64, 64 signs of low frequencies; close images differ in few bits.
        waves: (N, 255) float32, the low frequencies without the mean, of length 1.
        flat: (N,) bool, images without structure, which all look alike and are left out.
    """

    hashes: Hashes
    waves: Floats
    flat: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.hashes)

    def joined(self, other: PerceptualHashes) -> PerceptualHashes:
        """These, then the others."""
        return PerceptualHashes(
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.waves, other.waves]),
            np.concatenate([self.flat, other.flat]),
        )

    def select(self, rows: Indices) -> PerceptualHashes:
        """Some rows."""
        return PerceptualHashes(self.hashes[rows], self.waves[rows], self.flat[rows])


def grey_blocks(images: Pixels, watch: Watch | None = None) -> Iterator[tuple[slice, Floats]]:
    """Grey values, (n, H, W) float32 0..255, of some thousand images at a time, with their rows."""
    for start in range(0, len(images), _BLOCK):
        if watch is not None:
            watch.check()
        rows = slice(start, min(start + _BLOCK, len(images)))
        block = images[rows].astype(np.float32)
        yield (
            rows,
            block[..., 0] if block.shape[-1] == 1 else block @ np.array([0.299, 0.587, 0.114], np.float32),
        )


def perceptual_hashes(images: Pixels, watch: Watch | None = None) -> PerceptualHashes:
    """The looks of prepared images, (N, H, W, C) uint8.

    Raises:
        Cancelled: between blocks.
    """
    down, across = (_cosines(side) for side in images.shape[1:3])
    perceptual = PerceptualHashes(
        np.zeros(len(images), np.uint64),
        np.zeros((len(images), _WAVES * _WAVES - 1), np.float32),
        np.zeros(len(images), np.bool_),
    )
    for rows, grey in grey_blocks(images, watch):
        waves = np.asarray(down @ grey @ across.T, np.float32)
        perceptual.hashes[rows] = _hash(waves)
        flat = waves.reshape(len(waves), -1)[:, 1:]
        length = np.linalg.norm(flat, axis=1, keepdims=True)
        perceptual.waves[rows] = flat / np.maximum(length, 1e-6)
        perceptual.flat[rows] = grey.std(axis=(1, 2)) < _FLAT
    return perceptual


def alike_groups(perceptual: PerceptualHashes, watch: Watch | None = None) -> Indices:
    """The group of each image: images that look the same, or are joined by others that do, have one number.

    Images are sorted by some bits of the hash, many times with other bits, and compared with their neighbours of
    equal bits only. Two that are in one group already are not compared again, so the work grows as N · log N even
    where a set has hundreds of copies of each picture, as the frames of a film have.

    Args:
        looks: of N images.
        watch: asked between two sortings.

    Returns:
        (N,), the index of the group's first image; its own for an image that looks like no other.

    Raises:
        Cancelled: the watch says so.
    """
    groups = np.arange(len(perceptual), dtype=np.int64)
    # Images without structure all look alike; joining them would tie unrelated images together.
    rows = np.flatnonzero(~perceptual.flat)
    for bits in _band_masks():
        if watch is not None:
            watch.check()
        groups = _joined_by(perceptual, rows, bits, groups)
    return groups


def joined(groups: Indices, pairs: Indices) -> Indices:
    """Groups (N,) after each pair of rows, (pairs, 2), has been put in one group.

    The smallest index wins; all pairs are joined at once, round after round, until nothing changes.
    """
    groups = groups.copy()
    while len(pairs):
        ends = groups[pairs]
        apart = ends[:, 0] != ends[:, 1]
        pairs, ends = pairs[apart], ends[apart]
        ends.sort(axis=1)
        np.minimum.at(groups, ends[:, 1], ends[:, 0])
        while not np.array_equal(groups, nearer := groups[groups]):
            groups = nearer
    return groups


def members(groups: Indices) -> list[Indices]:
    """The rows of every group of two or more, sorted, in the order of their first rows."""
    counts = np.bincount(groups, minlength=len(groups))
    rows = np.flatnonzero(counts[groups] > 1)
    order = rows[np.argsort(groups[rows], kind="stable")]
    ends = np.cumsum(counts[counts > 1])[:-1]
    return np.split(order, ends) if len(order) else []


def first_alike(perceptual: PerceptualHashes, count: int, watch: Watch | None = None) -> dict[int, int]:
    """Which of the later images look like one of the first `count`: {later row: the first such row}.

    Raises:
        Cancelled: the watch says so.
    """
    found: dict[int, int] = {}
    for rows in members(alike_groups(perceptual, watch)):
        first, later = rows[rows < count], rows[rows >= count]
        # Groups reach further than pairs: each image has to be like one of the others itself.
        for start in range(0, len(first), _BLOCK):
            if not len(later):
                break
            known = first[start : start + _BLOCK]
            alike = perceptual.waves[later] @ perceptual.waves[known].T >= _ALIKE
            hit = alike.any(axis=1)
            found |= zip(later[hit].tolist(), known[alike[hit].argmax(axis=1)].tolist(), strict=True)
            later = later[~hit]
    return found


def _cosines(side: int) -> Floats:
    """The first waves of the cosine transform, (waves, side), of length 1 each; a small image has fewer."""
    centres = np.arange(side) + 0.5
    waves = np.cos(np.pi / side * np.outer(np.arange(_WAVES), centres))
    waves[side:] = 0
    lengths = np.maximum(np.linalg.norm(waves, axis=1, keepdims=True), 1e-6)
    return np.asarray(waves / lengths, np.float32)


def _hash(waves: Floats) -> Hashes:
    """64 bits: which low frequencies lie above the median of them. The mean, which is brightness, is not asked."""
    low = waves[:, :HASH_SIDE, :HASH_SIDE].reshape(len(waves), -1)
    signs = low > np.median(low[:, 1:], axis=1, keepdims=True)
    signs[:, 0] = False
    return np.asarray(np.packbits(signs, axis=1).view(">u8")[:, 0], np.uint64)


def _band_masks() -> Iterator[np.uint64]:
    """Always the same choices of bits; bit 0, the mean's, is in none."""
    rng = np.random.default_rng(0)
    for _ in range(_BANDS):
        yield np.bitwise_or.reduce(
            np.uint64(1) << rng.choice(63, _BAND_BITS, replace=False).astype(np.uint64)
        )


def _joined_by(perceptual: PerceptualHashes, rows: Indices, bits: np.uint64, groups: Indices) -> Indices:
    """Groups after one sorting: all of a small bucket are compared, of a large one those that are near in order."""
    keys = perceptual.hashes[rows] & bits
    order = np.lexsort((perceptual.hashes[rows], keys))
    keys, rows = keys[order], rows[order]
    for distance in range(1, min(_NEIGHBOURS, len(rows) - 1) + 1):
        same = keys[distance:] == keys[:-distance]
        if not same.any():
            break
        same &= groups[rows[distance:]] != groups[rows[:-distance]]
        first = np.flatnonzero(same)
        pairs = np.stack([rows[first], rows[first + distance]], axis=1)
        groups = joined(groups, _alike(perceptual, pairs))
    return groups


def _alike(perceptual: PerceptualHashes, pairs: Indices) -> Indices:
    """The pairs with close hashes whose low frequencies point the same way."""
    close = np.bitwise_count(perceptual.hashes[pairs[:, 0]] ^ perceptual.hashes[pairs[:, 1]]) <= _MOST_BITS
    pairs = pairs[close]
    kept = np.empty(len(pairs), np.bool_)
    for start in range(0, len(pairs), _BLOCK):
        part = slice(start, start + _BLOCK)
        one, other = perceptual.waves[pairs[part, 0]], perceptual.waves[pairs[part, 1]]
        kept[part] = np.einsum("ij,ij->i", one, other) >= _ALIKE
    return pairs[kept]
