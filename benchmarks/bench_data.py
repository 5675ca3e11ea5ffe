"""How fast images are listed, decoded, and found again: `python benchmarks/bench_data.py DIR [--size HxW]`.

DIR is a set in any shape that `train_dir` takes; without it, 8,000 grey 28 × 28 PNG files are made. All figures
are of one run on this machine; the references are Pillow, image by image, in one thread, and torch's DataLoader,
which decodes every image anew in each epoch.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from PIL import Image

from convonet.data.cache import ImageCache
from convonet.data.data_prep import PreparedSet, find_channels, prepare
from convonet.data.decode import decode, read_bytes
from convonet.data.listing import ImageListing
from convonet.data.sources import scan
from convonet.params import DataParams, pixel_params
from convonet.params.data_params import PixelParams

Result = TypeVar("Result")
BATCH = 64
WORKERS = (0, 2)


class Figures(NamedTuple):
    """Seconds for `images` images."""

    images: int
    pillow: float
    decode: float
    first_scan: float
    first_prepare: float
    second_scan: float
    second_prepare: float
    loaders: tuple[float, ...]
    """An epoch by torch's DataLoader, for each of `WORKERS`."""
    batches: float
    """The same epoch from the prepared pixels."""


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Seconds and result."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def by_pillow(files: Sequence[str], pixels: PixelParams) -> None:
    """What is compared with: open, convert, resize where needed, as an array."""
    for file in files:
        opened(file, pixels)


def opened(file: str, pixels: PixelParams) -> np.ndarray:
    """One image by Pillow, uint8."""
    with Image.open(file) as image:
        converted = image.convert("L" if pixels.channels == 1 else "RGB")
    if converted.size != (pixels.width, pixels.height):
        converted = converted.resize((pixels.width, pixels.height), Image.Resampling.BILINEAR)
    return np.array(converted)


def by_us(files: Sequence[str], pixels: PixelParams) -> None:
    """The same in one thread."""
    for file in files:
        decode(read_bytes(file), pixels)


class Files:
    """Images and labels, as torch's DataLoader takes them."""

    def __init__(self, files: Sequence[str], labels: Sequence[int], pixels: PixelParams) -> None:
        self._files, self._labels, self._pixels = files, labels, pixels

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, row: int) -> tuple[np.ndarray, int]:
        return opened(self._files[row], self._pixels), self._labels[row]


def by_loader(files: Files, workers: int) -> None:
    """One epoch in batches, shuffled."""
    from torch.utils.data import DataLoader

    for images, _ in DataLoader(files, BATCH, shuffle=True, num_workers=workers):
        images.float()


def by_rows(prepared: PreparedSet) -> None:
    """The same from the mapped pixels, as a training takes them."""
    import torch

    from convonet.training.image_rows import ImageRows

    rows = ImageRows.all(prepared.images, np.asarray(prepared.labels))
    order = np.random.default_rng(0).permutation(len(prepared))
    for first in range(0, len(order), BATCH):
        images, _ = rows.take(order[first : first + BATCH])
        torch.from_numpy(images).float()


def measure(data: DataParams, folder: Path, rounds: int = 3) -> Figures:
    """Decode by both ways in turns, then start without and with the cache; the best round of each."""
    listing = scan(data).train
    channels = find_channels(listing, cache=ImageCache(folder / "warm"))
    pixels = pixel_params(data, channels)
    files = [str(listing.file(row)) for row in range(len(listing))]
    by_us(files[:50], pixels)
    by_pillow(files[:50], pixels)
    turns = [
        [timed(lambda way=way: way(files, pixels))[0] for way in (by_pillow, by_us)] for _ in range(rounds)
    ]
    caches = [ImageCache(folder / f"cache{number}") for number in range(rounds)]
    starts = [start(data, pixels, cache) + start(data, pixels, cache) for cache in caches]
    prepared = prepare(listing, pixels, cache=caches[0])
    loaded = Files(files, np.asarray(prepared.labels).tolist(), pixels)
    epochs = [
        [timed(lambda count=count: by_loader(loaded, count))[0] for count in WORKERS]
        + [timed(lambda: by_rows(prepared))[0]]
        for _ in range(rounds)
    ]
    *loaders, batches = best(epochs)
    return Figures(len(listing), *best(turns), *best(starts), tuple(loaders), batches)


def best(rounds: Sequence[Sequence[float]]) -> list[float]:
    """The least of each figure."""
    return [min(times) for times in zip(*rounds, strict=True)]


def start(data: DataParams, pixels: PixelParams, cache: ImageCache) -> tuple[float, float]:
    """Seconds of the scan and of preparing, up to every pixel being readable."""
    seconds, listing = timed(lambda: scan_with_channels(data, cache))
    return seconds, timed(lambda: prepare(listing, pixels, cache=cache))[0]


def scan_with_channels(data: DataParams, cache: ImageCache) -> ImageListing:
    """What comes before decoding."""
    listing = scan(data).train
    find_channels(listing, cache=cache)
    return listing


def show(figures: Figures) -> None:
    """Print the table."""
    first = figures.first_scan + figures.first_prepare
    second = figures.second_scan + figures.second_prepare
    rows = [
        ("Pillow, image by image", figures.pillow, ""),
        (
            "Convonet's decoder, one thread",
            figures.decode,
            f"{figures.pillow / figures.decode:.1f} times Pillow",
        ),
        ("first start: scan", figures.first_scan, ""),
        ("first start: pixels", figures.first_prepare, ""),
        ("second start: scan", figures.second_scan, ""),
        (
            "second start: pixels",
            figures.second_prepare,
            f"{figures.first_prepare / figures.second_prepare:,.0f} times the first",
        ),
        ("second start, whole", second, f"{first / second:.1f} times the first"),
        *(
            (f"an epoch by DataLoader, {count} workers", seconds, "")
            for count, seconds in zip(WORKERS, figures.loaders, strict=True)
        ),
        (
            "an epoch from prepared pixels",
            figures.batches,
            f"{min(figures.loaders) / figures.batches:,.0f} times DataLoader",
        ),
    ]
    print(f"{figures.images:,} images")
    for title, seconds, note in rows:
        print(
            f"{title:34}{seconds:9.4f} s {seconds / figures.images * 1e6:9.2f} µs an image   {note}".rstrip()
        )


def make_digits(folder: Path, count: int = 8000) -> Path:
    """Grey 28 × 28 PNG files in ten class folders: blurred noise, so that they compress like digits."""
    chance = np.random.default_rng(0)
    for number in range(count):
        file = folder / str(number % 10) / f"{number:05}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(chance.integers(0, 256, (7, 7), dtype=np.uint8))
        inner = np.asarray(small.resize((20, 20), Image.Resampling.BILINEAR)).copy()
        inner[inner < 140] = 0
        Image.fromarray(np.pad(inner, 4)).save(file)
    return folder


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", help="a set of images")
    parser.add_argument("--size", default="28", help="image size, such as 28 or 80x60")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or str(make_digits(Path(name) / "digits"))
        show(measure(DataParams.of({"train_dir": folder, "image_size": given.size}), Path(name)))


if __name__ == "__main__":
    main()
