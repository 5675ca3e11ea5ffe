from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convonet.data import data_prep, row_sources
from convonet.data.cache import ImageCache
from convonet.data.cache_entry import EntryWriter
from convonet.data.data_prep import PreparedSet, find_channels, prepare
from convonet.data.decode import read_image
from convonet.data.listing import ImageListing, Skipped
from convonet.data.sources import scan
from convonet.errors import Cancelled, DataError, OutputError, StorageError
from convonet.events import DataPrepared, Event, Progressed, StageStarted, Watch
from convonet.params import DataParams
from convonet.params.data_params import PixelParams

PIXELS = PixelParams(8, 6, 1)


def listed(folder: Path) -> ImageListing:
    return scan(DataParams(train_dir=str(folder))).train


def check_rows(prepared: PreparedSet, pixels: PixelParams = PIXELS) -> None:
    """Every row is the image of its own path."""
    assert prepared.images.shape == (len(prepared), *pixels.shape)
    for row, path in enumerate(prepared.paths):
        assert np.array_equal(prepared.images[row], read_image(prepared.listing.root / path, pixels))
        assert prepared.classes[prepared.labels[row]] == path.split("/")[0]


@pytest.fixture
def decoded_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of files that are read."""
    names: list[str] = []
    read = row_sources.read_bytes

    def noted(path: str) -> bytes:
        names.append(Path(path).name)
        return read(path)

    monkeypatch.setattr(row_sources, "read_bytes", noted)
    return names


def test_row_i_is_path_i_and_bad_files_are_listed(make_files, cache: ImageCache) -> None:
    folder = make_files(
        *(f"{name}/{n}.png" for name in "ab" for n in range(5)),
        content={"a/2b.png": b"", "b/0a.png": b"text", "b/readme.txt": b"x"},
    )
    prepared = prepare(listed(folder), PIXELS, cache=cache)
    assert len(prepared) == 10
    check_rows(prepared)
    assert prepared.listing.counts() == {"a": 5, "b": 5}
    assert prepared.listing.skipped == (
        Skipped("b/readme.txt", "not an image type"),
        Skipped("a/2b.png", "the file is empty"),
        Skipped("b/0a.png", "not an image, or of a type that is not supported"),
    )
    assert not prepared.images.flags.writeable


def test_a_second_start_decodes_nothing_and_is_the_same(make_files, cache: ImageCache, decoded_files) -> None:
    folder = make_files("a/1.png", "a/2.png", "b/1.png", content={"b/bad.png": b"x"})
    first = prepare(listed(folder), PIXELS, cache=cache)
    decoded_files.clear()
    second = prepare(listed(folder), PIXELS, cache=cache)
    assert not decoded_files
    assert (first.cached, second.cached) == (False, True)
    assert second.paths == first.paths
    assert second.listing.skipped == first.listing.skipped
    assert np.array_equal(second.images, first.images)
    assert np.array_equal(second.hashes, first.hashes)
    assert second.sizes.tolist() == [[12, 10]] * 3
    assert second.fingerprint() == first.fingerprint()


def test_one_byte_a_pixel_on_disk_and_mapped(make_files, cache: ImageCache) -> None:
    prepared = prepare(listed(make_files("a/1.png", "b/1.png")), PIXELS, cache=cache)
    assert isinstance(prepared.images, np.memmap)
    assert Path(prepared.images.filename).stat().st_size == 2 * 8 * 6


def test_only_new_and_changed_files_are_decoded(make_files, cache: ImageCache, decoded_files) -> None:
    folder = make_files("a/1.png", "a/2.png", "b/1.png", "b/2.png", content={"b/bad.png": b"x"})
    prepare(listed(folder), PIXELS, cache=cache)
    decoded_files.clear()
    Image.new("L", (3, 3), 7).save(folder / "a" / "0.png")
    Image.new("L", (3, 3), 9).save(folder / "b" / "2.png")
    (folder / "a" / "2.png").unlink()
    prepared = prepare(listed(folder), PIXELS, cache=cache)
    assert sorted(decoded_files) == ["0.png", "2.png"]
    assert prepared.paths == ("a/0.png", "a/1.png", "b/1.png", "b/2.png")
    assert prepared.listing.skipped[-1].path == "b/bad.png"
    check_rows(prepared)


@pytest.mark.parametrize(
    "other", [PIXELS._replace(filter="area"), PIXELS._replace(height=9), PIXELS._replace(channels=3)]
)
def test_other_pixels_are_another_entry(make_files, cache: ImageCache, other: PixelParams) -> None:
    listing = listed(make_files("a/1.png", "b/1.png"))
    prepare(listing, PIXELS, cache=cache)
    prepared = prepare(listing, other, cache=cache)
    assert not prepared.cached
    check_rows(prepared, other)


def test_labels_are_not_in_the_key(make_files, cache: ImageCache) -> None:
    listing = listed(make_files("a/1.png", "b/1.png"))
    first = prepare(listing, PIXELS, cache=cache)
    second = prepare(listing.changed(classes=("b", "a"), labels=1 - listing.labels), PIXELS, cache=cache)
    assert second.cached
    assert second.fingerprint() == first.fingerprint()
    third = prepare(listing.changed(labels=1 - listing.labels), PIXELS, cache=cache)
    assert third.fingerprint() != first.fingerprint()


@pytest.mark.parametrize("torn", ["pixels.u8", "rows.npy", "entry.json"])
@pytest.mark.parametrize("how", ["cut", "gone", "garbage"])
def test_a_torn_entry_is_made_again(make_files, cache: ImageCache, torn: str, how: str) -> None:
    listing = listed(make_files("a/1.png", "b/1.png"))
    prepare(listing, PIXELS, cache=cache)
    file = next(cache.folder.glob(f"*/{torn}"))
    content = file.read_bytes()
    file.unlink() if how == "gone" else file.write_bytes(content[:-7] if how == "cut" else b"garbage")
    prepared = prepare(listing, PIXELS, cache=cache)
    assert not prepared.cached
    check_rows(prepared)
    assert prepare(listing, PIXELS, cache=cache).cached


def test_an_old_entry_that_is_torn_is_not_reused(make_files, cache: ImageCache, decoded_files) -> None:
    folder = make_files("a/1.png", "b/1.png")
    prepare(listed(folder), PIXELS, cache=cache)
    next(cache.folder.glob("*/files.npz")).write_bytes(b"garbage")
    make_files("a/2.png", root="set")
    decoded_files.clear()
    check_rows(prepare(listed(folder), PIXELS, cache=cache))
    assert sorted(decoded_files) == ["1.png", "1.png", "2.png"]


def test_threads_keep_the_order(make_files, cache: ImageCache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_prep, "decoding_workers", lambda listing: 3)
    monkeypatch.setattr(data_prep, "_CHUNK_IMAGES", 2)
    names = [f"{name}/{n}.png" for name in "ab" for n in range(15)]
    prepared = prepare(listed(make_files(*names, content={"a/7b.png": b"x"})), PIXELS, cache=cache)
    assert prepared.paths == tuple(names)
    check_rows(prepared)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_wish_to_stop_leaves_nothing(
    make_files, cache: ImageCache, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    monkeypatch.setattr(data_prep, "decoding_workers", lambda listing: workers)
    monkeypatch.setattr(data_prep, "_CHUNK_IMAGES", 2)
    listing = listed(make_files(*(f"{name}/{n}.png" for name in "ab" for n in range(9))))
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(Cancelled):
        prepare(listing, PIXELS, cache=cache, watch=Watch(None, stop))
    assert [path.name for path in cache.folder.iterdir()] == ["locks"]


def test_progress_is_told_and_ends_at_the_end(make_files, cache: ImageCache) -> None:
    told: list[Event] = []
    prepare(
        listed(make_files("a/1.png", "b/1.png")), PIXELS, cache=cache, name="test", watch=Watch(told.append)
    )
    assert told[-2] == Progressed(stage="prepare", done=2, total=2, seconds_left=0.0)
    assert isinstance(told[-1], DataPrepared)
    assert (told[-1].set, told[-1].images, told[-1].skipped, told[-1].cached) == ("test", 2, 0, False)


def test_a_class_without_a_readable_image_is_refused_unless_one_only_looks(
    make_files, cache: ImageCache
) -> None:
    listing = listed(make_files("a/1.png", content={"b/1.png": b"x", "b/2.png": b""}))
    with pytest.raises(DataError, match=r"No image of class b .* b/1\.png: not an image"):
        prepare(listing, PIXELS, cache=cache)
    looked = prepare(listing, PIXELS, cache=cache, every_class=False)
    assert looked.listing.counts() == {"a": 1, "b": 0}


def test_a_set_of_nothing_but_bad_files_is_refused_and_stays_so(make_files, cache: ImageCache) -> None:
    listing = listed(make_files(content={"a/1.png": b"x", "b/1.png": b"y"}))
    for every_class in (True, False, True):
        with pytest.raises(DataError, match="No image in the training set could be read"):
            prepare(listing, PIXELS, cache=cache, every_class=every_class)
    with pytest.raises(DataError, match="no images in the validation set"):
        prepare(listing.select([]), PIXELS, cache=cache, name="val")


def test_arrays_are_prepared_like_files(tmp_path: Path, cache: ImageCache) -> None:
    images = np.random.default_rng(0).integers(0, 256, (4, 8, 6, 3), dtype=np.uint8)
    np.savez(
        tmp_path / "set.npz", x_train=images, y_train=[0, 1, 1, 0], x_test=images[::-1], y_test=[0, 1, 1, 0]
    )
    sets = scan(DataParams(train_dir=str(tmp_path / "set.npz")))
    assert find_channels(sets.train, cache=cache) == 3
    colour = PIXELS._replace(channels=3)
    assert np.array_equal(prepare(sets.train, colour, cache=cache).images, images)
    assert sets.test is not None
    assert np.array_equal(prepare(sets.test, colour, cache=cache).images, images[::-1])
    picked = prepare(sets.train.select([3, 1]), colour, cache=cache)
    assert np.array_equal(picked.images, images[[3, 1]])
    grey = prepare(sets.train, PIXELS._replace(height=4), cache=cache)
    resized = Image.fromarray(images[2]).convert("L").resize((6, 4), Image.Resampling.BILINEAR)
    assert np.array_equal(grey.images[2, ..., 0], np.asarray(resized))
    assert grey.sizes.tolist() == [[8, 6]] * 4


@pytest.mark.parametrize(
    ("name", "image", "channels"),
    [
        ("x.png", Image.new("L", (4, 4)), 1),
        ("x.png", Image.new("LA", (4, 4)), 1),
        ("x.png", Image.new("1", (4, 4)), 1),
        ("x.png", Image.new("I;16", (4, 4)), 1),
        ("x.png", Image.new("RGBA", (4, 4)), 3),
        ("x.png", Image.new("RGB", (4, 4), "red").quantize(4), 3),
        ("x.gif", Image.new("L", (4, 4), 9), 1),
        ("x.gif", Image.new("RGB", (4, 4), "red"), 3),
        ("x.jpg", Image.new("L", (4, 4)), 1),
        ("x.jpg", Image.new("RGB", (4, 4)), 3),
        ("x.jpg", Image.new("CMYK", (4, 4)), 3),
        ("x.bmp", Image.new("RGB", (4, 4)), 3),
        ("x.tif", Image.new("F", (4, 4)), 1),
    ],
)
def test_channels_are_found_in_headers(
    make_files, cache: ImageCache, name: str, image: Image.Image, channels: int
) -> None:
    folder = make_files("a/1.png", "b/1.png", content={"a/0.png": b"damaged"})
    image.save(folder / "b" / name)
    assert find_channels(listed(folder), cache=cache) == channels
    assert find_channels(listed(folder), cache=cache) == channels


def test_found_channels_follow_the_files(make_files, cache: ImageCache) -> None:
    folder = make_files("a/1.png", "b/1.png")
    assert find_channels(listed(folder), cache=cache) == 1
    Image.new("RGB", (4, 4)).save(folder / "a" / "2.png")
    assert find_channels(listed(folder), cache=cache) == 3


def test_selected_rows_keep_pixels_and_hashes(make_files, cache: ImageCache) -> None:
    prepared = prepare(listed(make_files("a/1.png", "a/2.png", "b/1.png")), PIXELS, cache=cache)
    part = prepared.select(np.array([2, 0]))
    check_rows(part)
    assert np.array_equal(part.hashes, prepared.hashes[[2, 0]])


SCRIPT = """
    import sys, time
    from pathlib import Path
    from convonet.data.cache import ImageCache
    from convonet.data.data_prep import prepare
    from convonet.data.sources import scan
    from convonet.params import DataParams
    from convonet.params.data_params import PixelParams

    listing = scan(DataParams(train_dir=sys.argv[1])).train
    while not Path(sys.argv[3]).exists():
        time.sleep(0.01)
    prepared = prepare(listing, PixelParams(8, 6, 1), cache=ImageCache(Path(sys.argv[2])))
    sys.stdout.write(f"{prepared.cached} {prepared.fingerprint()} {int(prepared.images.sum())}")
"""


def test_two_processes_that_want_the_same_set_do_the_work_once(
    make_files, cache: ImageCache, tmp_path: Path
) -> None:
    folder = make_files(*(f"{name}/{n}.png" for name in "ab" for n in range(300)))
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(SCRIPT),
        str(folder),
        str(cache.folder),
        str(tmp_path / "go"),
    ]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ) for _ in range(2)]
    (tmp_path / "go").touch()
    answers = [process.communicate(timeout=240)[0].split() for process in both]
    assert all(process.returncode == 0 for process in both)
    assert answers[0][1:] == answers[1][1:]
    assert sorted(answer[0] for answer in answers) == ["False", "True"]
    assert len(cache.show()) == 1


def test_waiting_for_another_process_is_told_and_can_be_stopped(cache: ImageCache) -> None:
    told: list[Event] = []
    with cache.locked("key", Watch()), pytest.raises(Cancelled):
        with cache.locked("key", Watch(told.append, lambda: bool(told))):
            pytest.fail("the lock is held")
    assert [type(event) for event in told] == [StageStarted]


def test_a_cache_that_cannot_be_written_to_is_named(make_files, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError):
        prepare(
            listed(make_files("a/1.png", "b/1.png")), PIXELS, cache=ImageCache(tmp_path / "file" / "cache")
        )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a disk that is full")
def test_a_full_disk_leaves_nothing(make_files, cache: ImageCache, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = listed(make_files("a/1.png", "b/1.png"))

    made = EntryWriter.__init__

    def full(self: EntryWriter, *given: object, **named: object) -> None:
        made(self, *given, **named)  # type: ignore[arg-type]
        self._pixels.close()
        self._pixels = open("/dev/full", "wb", buffering=0)  # type: ignore[assignment]

    monkeypatch.setattr(EntryWriter, "__init__", full)
    with pytest.raises(StorageError, match="no space left"):
        prepare(listing, PIXELS, cache=cache)
    assert [path.name for path in cache.folder.iterdir()] == ["locks"]
