"""Sets that are decoded on the fly give the pixels, labels and refusals of prepared ones, and take no disk."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from convonet.data import cache_entry, data_prep, row_sources
from convonet.data.cache import LIMIT_VARIABLE, ImageCache
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.decoded_images import DecodedImages
from convonet.data.listing import ImageListing
from convonet.data.sources import scan
from convonet.errors import Cancelled, DataError, InputError
from convonet.events import Watch
from convonet.params import DataParams
from convonet.params.data_params import PixelParams

PIXELS = PixelParams(8, 6, 3)
FILES = tuple(f"{name}/{n}.png" for name in "ab" for n in range(9))


@pytest.fixture
def folder(make_files) -> Path:
    made: Path = make_files(*FILES)
    (made / "a" / "broken.png").write_bytes(b"no image")
    return made


@pytest.fixture
def listing(folder: Path) -> ImageListing:
    return scan(DataParams(train_dir=str(folder))).train


@pytest.fixture
def small(tmp_path: Path) -> ImageCache:
    """A cache that keeps no pixels."""
    return ImageCache(tmp_path / "small", prepared_bytes=0)


def size_of(cache: ImageCache) -> int:
    return sum(path.stat().st_size for path in cache.folder.rglob("*.u8"))


def test_rows_are_those_of_prepared_pixels(
    listing: ImageListing, cache: ImageCache, small: ImageCache
) -> None:
    expected, decoded = (prepare(listing, PIXELS, cache=one) for one in (cache, small))
    assert isinstance(decoded.images, DecodedImages)
    assert size_of(small) == 0 < size_of(cache)
    assert decoded.paths == expected.paths
    assert decoded.listing.skipped == expected.listing.skipped != ()
    assert decoded.fingerprint() == expected.fingerprint()
    assert decoded.images.shape == expected.images.shape
    whole, rows = np.asarray(expected.images), np.array([5, 0, 5, 17])
    for key in (
        slice(None),
        slice(3, 9),
        slice(None, None, 4),
        rows,
        rows - 18,
        whole[:, 0, 0, 0] > 100,
        (rows, slice(2), 1),
        (3, 0),
    ):
        assert np.array_equal(decoded.images[key], whole[key])
    assert np.array_equal(decoded.images[-1], whole[-1])
    assert np.array_equal(decoded.select(rows).images[1:3], whole[[0, 5]])
    with pytest.raises(IndexError):
        decoded.images[18]


def test_a_second_start_decodes_nothing_before_it_is_asked(
    listing: ImageListing, small: ImageCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare(listing, PIXELS, cache=small)
    read: list[str] = []
    monkeypatch.setattr(row_sources, "decode", lambda *given: read.append("decoded"))
    again = prepare(listing, PIXELS, cache=small)
    assert (first.cached, again.cached, read) == (False, True, [])


def test_where_there_is_room_later_pixels_are_prepared(listing: ImageListing, small: ImageCache) -> None:
    prepare(listing, PIXELS, cache=small)
    roomy = ImageCache(small.folder)
    prepared = prepare(listing, PIXELS, cache=roomy)
    assert not isinstance(prepared.images, DecodedImages)
    assert size_of(roomy) == prepared.images.nbytes
    # Pixels that are there are used, whatever the limit.
    assert not isinstance(prepare(listing, PIXELS, cache=small).images, DecodedImages)


def test_an_image_that_changes_meanwhile_is_named(
    listing: ImageListing, folder: Path, small: ImageCache
) -> None:
    images = prepare(listing, PIXELS, cache=small).images
    (folder / FILES[1]).write_bytes((folder / FILES[2]).read_bytes())
    (folder / FILES[3]).unlink()
    for row in (1, 3):
        with pytest.raises(DataError, match=Path(FILES[row]).name):
            images[np.array([0, row])]
    assert len(images[:1]) == 1


def test_what_is_expected_is_decoded_once_and_no_more_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    begun = threading.Semaphore(0)

    def image(row: int) -> np.ndarray:
        read.append(row)
        begun.release()
        return np.full((2, 2, 1), row, np.uint8)

    monkeypatch.setattr("convonet.data.decoded_images._MOST_AHEAD_BYTES", 12)
    images = DecodedImages(image, 20, (2, 2, 1), 2)
    images.expect([4, 5, 6, 7])
    for _ in range(3):
        assert begun.acquire(timeout=60)
    assert sorted(read) == [4, 5, 6]
    assert images[np.array([4, 5, 6])][:, 0, 0, 0].tolist() == [4, 5, 6]
    assert sorted(read) == [4, 5, 6]
    # A slice is followed by the next one; what was never asked for gives way.
    assert images[0:2][:, 0, 0, 0].tolist() == [0, 1]
    images.expect([10, 11, 12])
    assert images[np.array([10, 11, 12])][:, 0, 0, 0].tolist() == [10, 11, 12]
    assert sorted(set(read)) == [0, 1, 2, 3, 4, 5, 6, 10, 11, 12]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_preparation_that_was_stopped_goes_on_where_it_stood(
    keeps: bool, listing: ImageListing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = ImageCache(tmp_path / "some", prepared_bytes=None if keeps else 0)
    monkeypatch.setattr(data_prep, "_CHUNK_IMAGES", 2)
    monkeypatch.setattr("convonet.data.cache._WORTH_KEEPING", 1)
    monkeypatch.setattr(cache_entry, "_SYNC_SECONDS", 0.0)
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 6

    with pytest.raises(Cancelled):
        prepare(listing, PIXELS, cache=cache, watch=Watch(None, stop))
    read: list[str] = []
    decode = row_sources.decode
    monkeypatch.setattr(row_sources, "decode", lambda *given: read.append("one") or decode(*given))
    prepared = prepare(listing, PIXELS, cache=cache)
    assert 0 < len(read) < len(FILES)
    _equal(prepared, prepare(listing, PIXELS, cache=ImageCache(tmp_path / "other")))
    assert not list(cache.folder.glob("*.part"))


@pytest.mark.parametrize("torn", ["pixels.u8", "progress.u8", "reasons.jsonl"])
def test_what_a_killed_preparation_left_counts_only_as_far_as_it_is_whole(
    torn: str, listing: ImageListing, cache: ImageCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_prep, "_CHUNK_IMAGES", 2)
    monkeypatch.setattr("convonet.data.cache._WORTH_KEEPING", 1)
    monkeypatch.setattr(cache_entry, "_SYNC_SECONDS", 0.0)
    with pytest.raises(Cancelled):
        prepare(listing, PIXELS, cache=cache, watch=Watch(None, iter([False] * 6 + [True] * 99).__next__))
    (part,) = cache.folder.glob("*.part")
    content = (part / torn).read_bytes()
    (part / torn).write_bytes(content[: len(content) - 7])
    _equal(
        prepare(listing, PIXELS, cache=cache), prepare(listing, PIXELS, cache=ImageCache(part.parent / "x"))
    )


def _equal(one: PreparedSet, other: PreparedSet) -> None:
    assert one.paths == other.paths
    assert one.listing.skipped == other.listing.skipped
    assert np.array_equal(one.images[:], other.images[:])
    assert np.array_equal(one.hashes, other.hashes)
    assert np.array_equal(one.sizes, other.sizes)


def test_the_limit_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ImageCache(tmp_path)
    monkeypatch.setenv(LIMIT_VARIABLE, "0.001")
    assert (cache.keeps(10**6), cache.keeps(10**6 + 1)) == (True, False)
    monkeypatch.setenv(LIMIT_VARIABLE, "lots")
    with pytest.raises(InputError, match="gigabytes"):
        cache.keeps(1)
