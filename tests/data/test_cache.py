from __future__ import annotations

import os
from pathlib import Path

import pytest

from convonet.data.cache import DEFAULT_BYTES, ImageCache
from convonet.data.data_prep import prepare
from convonet.data.listing import ImageListing
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
