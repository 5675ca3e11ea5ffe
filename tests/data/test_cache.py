from __future__ import annotations

import os
from pathlib import Path

import pytest

from convonet.data.cache import DEFAULT_BYTES, ImageCache
from convonet.data.data_prep import prepare
from convonet.data.listing import ImageListing
from convonet.data.row_sources import content_hash
from convonet.data.sources import scan
from convonet.errors import InputError
from convonet.events import Watch
from convonet.home import home
from convonet.params import DataParams
from convonet.params.data_params import PixelParams

BYTES = 2 * 8 * 8


@pytest.fixture
def listing(make_files) -> ImageListing:
    return scan(DataParams(train_dir=str(make_files("a/1.png", "b/1.png")))).train


def fill(cache: ImageCache, listing: ImageListing, sizes: range = range(3)) -> list[str]:
    """Entries of 128, 144 and 160 bytes, the first used longest ago; their keys."""
    keys = []
    for number in sizes:
        prepare(listing, PixelParams(8, 8 + number, 1), cache=cache)
        new = next(entry.key for entry in cache.show() if entry.key not in keys)
        os.utime(cache.folder / new / "entry.json", (1000 + number, 1000 + number))
        keys.append(new)
    return keys


def test_entries_are_shown_the_last_used_first(cache: ImageCache, listing: ImageListing) -> None:
    keys = fill(cache, listing)
    shown = cache.show()
    assert [entry.key for entry in shown] == keys[::-1]
    assert shown[-1].to_dict() == {
        "key": keys[0],
        "root": str(listing.root),
        "images": 2,
        "bytes": BYTES,
        "used": "1970-01-01T00:16:40+00:00",
    }


def test_use_makes_an_entry_young(cache: ImageCache, listing: ImageListing) -> None:
    keys = fill(cache, listing)
    prepare(listing, PixelParams(8, 8, 1), cache=cache)
    assert cache.show()[0].key == keys[0]


def test_the_oldest_goes_when_the_bound_is_passed(cache: ImageCache, listing: ImageListing) -> None:
    keys = fill(cache, listing)
    bounded = ImageCache(cache.folder, max_bytes=400)
    prepare(listing, PixelParams(8, 20, 1), cache=bounded)
    shown = bounded.show()
    assert len(shown) == 1 + (2 * 8 * 20 + 160 <= 400)
    assert not {entry.key for entry in shown} & set(keys[:2])


def test_an_entry_larger_than_the_bound_is_still_used(cache: ImageCache, listing: ImageListing) -> None:
    small = ImageCache(cache.folder, max_bytes=1)
    assert len(prepare(listing, PixelParams(8, 8, 1), cache=small)) == 2
    assert len(small.show()) == 1


def test_cleaning_keeps_what_may_stay_and_else_removes_all(cache: ImageCache, listing: ImageListing) -> None:
    keys = fill(cache, listing)
    assert cache.clean(keep_bytes=320) == BYTES
    assert [entry.key for entry in cache.show()] == [keys[2], keys[1]]
    cache.remember_channels("x", 3)
    assert cache.clean() == 144 + 160
    assert cache.show() == []
    assert [path.name for path in cache.folder.iterdir()] == ["locks"]


def test_what_a_killed_process_left_is_removed_but_not_what_is_being_made(cache: ImageCache) -> None:
    (cache.folder / "dead.part").mkdir(parents=True)
    (cache.folder / "live.part").mkdir()
    (cache.folder / "half.gone").mkdir()
    with cache.locked("live", Watch()):
        cache.clean()
        assert sorted(path.name for path in cache.folder.iterdir()) == ["live.part", "locks"]


def test_an_empty_cache(cache: ImageCache) -> None:
    assert cache.show() == []
    assert cache.clean() == 0


def test_place_and_bound_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONVONET_HOME", str(tmp_path / "own"))
    assert home() == tmp_path / "own"
    assert ImageCache().folder == tmp_path / "own" / "cache" / "images"
    assert ImageCache().max_bytes == DEFAULT_BYTES
    monkeypatch.setenv("CONVONET_CACHE_BYTES", "5e6")
    assert ImageCache().max_bytes == 5_000_000
    monkeypatch.setenv("CONVONET_CACHE_BYTES", "much")
    with pytest.raises(InputError, match="CONVONET_CACHE_BYTES"):
        ImageCache()
    monkeypatch.delenv("CONVONET_HOME")
    assert home().name == "convonet"


def _rewrite(file: Path, content: bytes) -> None:
    """Other content of the same size, and the time set back as an archive does."""
    info = file.stat()
    file.write_bytes(content)
    os.utime(file, ns=(info.st_atime_ns, info.st_mtime_ns))


def _swap(folder: Path, one: str, other: str) -> None:
    (folder / one).rename(folder / "between")
    (folder / other).rename(folder / one)
    (folder / "between").rename(folder / other)


def _bitmaps(make_files, tmp_path: Path) -> Path:
    """Four bitmaps of one size and one time."""
    folder = make_files("a/1.bmp", "a/2.bmp", "b/1.bmp", "b/2.bmp")
    for file in folder.rglob("*.bmp"):
        os.utime(file, (1_600_000_000, 1_600_000_000))
    return folder


CHANGES = {
    "folders change their names": lambda folder: _swap(folder, "a", "b"),
    "files change their names": lambda folder: _swap(folder, "a/1.bmp", "b/2.bmp"),
    "a file is written anew": lambda folder: _rewrite(folder / "a/1.bmp", (folder / "b/1.bmp").read_bytes()),
    "a file is replaced": lambda folder: os.replace(folder / "b/2.bmp", folder / "b/1.bmp"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("by_content", [False, True])
def test_pixels_are_those_of_the_files(
    change: str, by_content: bool, make_files, tmp_path: Path, cache: ImageCache
) -> None:
    folder = _bitmaps(make_files, tmp_path)
    pixels = PixelParams(8, 8, 1)
    prepare(scan(DataParams(train_dir=str(folder))).train, pixels, cache=cache)
    CHANGES[change](folder)
    listing = scan(DataParams(train_dir=str(folder))).train
    prepared = prepare(listing, pixels, cache=cache, by_content=by_content)
    for row, hash_ in enumerate(prepared.hashes):
        assert hash_.tobytes() == content_hash(listing.file(row).read_bytes())


def test_content_decides_when_nothing_else_tells_of_a_change(
    make_files, tmp_path: Path, cache: ImageCache
) -> None:
    """A file system without numbers and times of change: the listing says of the file what it said before."""
    folder = _bitmaps(make_files, tmp_path)
    pixels, listing = PixelParams(8, 8, 1), scan(DataParams(train_dir=str(folder))).train
    before = prepare(listing, pixels, cache=cache)
    assert prepare(listing, pixels, cache=cache, by_content=True).cached
    _rewrite(folder / "a/1.bmp", (folder / "b/1.bmp").read_bytes())
    assert prepare(listing, pixels, cache=cache).fingerprint() == before.fingerprint()
    after = prepare(listing, pixels, cache=cache, by_content=True)
    assert after.fingerprint() != before.fingerprint()
    assert not after.cached
    assert (after.images[0] == after.images[2]).all()
