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
Rows = npt.NDArray[np.int64]


class PerceptualHashes(NamedTuple):
    """What images look like, coarsely: perceptual hashes and the frequencies behind them.

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

    def select(self, rows: Rows) -> PerceptualHashes:
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


def alike_pairs(perceptual: PerceptualHashes, watch: Watch | None = None) -> Rows:
    """Pairs of rows that look the same, (pairs, 2), the smaller row first, each pair once.

    Images are sorted by some bits of the hash, many times with other bits, and compared with their neighbours of
    equal bits only: the work grows as N · log N.

    Raises:
        Cancelled: between two sortings.
    """
    rows = np.flatnonzero(~perceptual.flat)
    found = [np.empty((0, 2), np.int64)]
    for bits in _band_masks():
        if watch is not None:
            watch.check()
        found += [_alike(perceptual, near) for near in _neighbours(perceptual.hashes, rows, bits)]
    return np.unique(np.concatenate(found), axis=0)


def groups_of(pairs: Rows, count: int) -> list[list[int]]:
    """Rows that hang together through pairs, each group sorted, in the order of their first rows."""
    leader = list(range(count))

    def find(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    for a, b in pairs.tolist():
        first, second = sorted((find(a), find(b)))
        leader[second] = first
    groups: dict[int, list[int]] = {}
    for row in np.unique(pairs).tolist():
        groups.setdefault(find(row), []).append(row)
    return [groups[first] for first in sorted(groups)]


def _cosines(side: int) -> Floats:
    """The first waves of the cosine transform, (waves, side), of length 1 each; a small image has fewer."""
    positions = np.arange(side) + 0.5
    waves = np.cos(np.pi / side * np.outer(np.arange(_WAVES), positions))
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


def _neighbours(hashes: Hashes, rows: Rows, bits: np.uint64) -> Iterator[Rows]:
    """Pairs with equal bits and close hashes: all of a small bucket, of a large one those near in order."""
    keys = hashes[rows] & bits
    order = np.lexsort((hashes[rows], keys))
    keys, rows = keys[order], rows[order]
    for distance in range(1, min(_NEIGHBOURS, len(rows) - 1) + 1):
        same = np.flatnonzero(keys[distance:] == keys[:-distance])
        if not len(same):
            return
        first, second = rows[same], rows[same + distance]
        close = np.bitwise_count(hashes[first] ^ hashes[second]) <= _MOST_BITS
        pairs = np.stack([first[close], second[close]], axis=1)
        pairs.sort(axis=1)
        yield pairs


def _alike(perceptual: PerceptualHashes, pairs: Rows) -> Rows:
    """The pairs whose low frequencies point the same way."""
    kept = []
    for start in range(0, len(pairs), _BLOCK):
        part = pairs[start : start + _BLOCK]
        cosine = np.einsum("ij,ij->i", perceptual.waves[part[:, 0]], perceptual.waves[part[:, 1]])
        kept.append(part[cosine >= _ALIKE])
    return np.concatenate(kept) if kept else pairs[:0]
