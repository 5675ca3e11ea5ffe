"""Faults planted in sets, and found again."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import pytest
from PIL import Image, ImageFilter
from scipy.ndimage import gaussian_filter

from convonet.data import lookalikes
from convonet.data.cache import ImageCache
from convonet.data.inspection import inspect_folder
from convonet.data.lookalikes import (
    PerceptualHashes,
    alike_groups,
    first_alike,
    joined,
    members,
    perceptual_hashes,
)
from convonet.data.oddities import light_of, oddities_of
from convonet.data.shortcuts import cues_of, find_shortcuts


def scenes(count: int, seed: int = 0, side: int = 28) -> np.ndarray:
    """Pictures with coarse and fine structure, (count, side, side, 3), no two alike."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(count, side, side, 3))
    mixed = 3 * gaussian_filter(noise, (0, 3, 3, 0)) + gaussian_filter(noise, (0, 1, 1, 0)) + 0.1 * noise
    tones = rng.uniform(70, 150, (count, 1, 1, 1))
    return np.clip(tones + 90 * mixed, 0, 255).astype(np.uint8)


def _again(image: Image.Image, way: int) -> Image.Image:
    """The same picture in other pixels: encoded again, twice as large, brighter, a little smaller."""
    if way == 0:
        content = io.BytesIO()
        image.save(content, "JPEG", quality=80)
        return Image.open(content)
    if way == 1:
        return image.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC)
    if way == 2:
        return image.point(lambda value: min(255, int(1.08 * value + 4)))
    return image.resize((image.width - 2, image.height - 2), Image.Resampling.BILINEAR)


def _brighten(images: np.ndarray) -> None:
    images[:100] = np.clip(images[:100].astype(int) + 75, 0, 255)


def _pixels(images: Iterable[Image.Image], side: int = 28) -> np.ndarray:
    small = (image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR) for image in images)
    return np.stack([np.asarray(image) for image in small])


def test_lookalikes_are_found_and_nothing_else() -> None:
    images = scenes(600)
    copies = _pixels(_again(Image.fromarray(images[row]), row % 4) for row in range(200))
    perceptual = perceptual_hashes(np.concatenate([images, copies]))
    found = {tuple(rows.tolist()) for rows in members(alike_groups(perceptual))}
    planted = {(row, 600 + row) for row in range(200)}
    assert len(found & planted) >= 0.95 * len(planted)
    assert len(found & planted) >= 0.95 * len(found)


def test_hashes_of_the_same_picture_are_close_as_with_another_library() -> None:
    images = scenes(60)
    copies = _pixels(_again(Image.fromarray(image), row % 4) for row, image in enumerate(images))
    ours = [perceptual_hashes(part).hashes for part in (images, copies)]
    own = np.bitwise_count(ours[0] ^ ours[1])
    other = np.bitwise_count(ours[0] ^ np.roll(ours[0], 1))
    theirs = [
        imagehash.phash(Image.fromarray(a)) - imagehash.phash(Image.fromarray(b))
        for a, b in zip(images, copies, strict=True)
    ]
    assert own.mean() <= np.mean(theirs) + 2
    assert own.max() < other.min()


def test_brightness_and_contrast_do_not_change_the_look() -> None:
    images = scenes(5)
    half = perceptual_hashes((images // 2 + 40).astype(np.uint8))
    assert (half.waves * perceptual_hashes(images).waves).sum(axis=1).min() > 0.999


def test_images_without_structure_are_not_called_alike() -> None:
    assert not members(alike_groups(perceptual_hashes(np.zeros((50, 28, 28, 3), np.uint8))))


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (5, 40), (64, 48)])
def test_any_shape_is_looked_at(shape: tuple[int, int]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (6, *shape, 1), dtype=np.uint8)
    perceptual = perceptual_hashes(np.concatenate([images, images[:1]]))
    assert perceptual.waves.shape == (7, 255)
    expected = [] if shape == (1, 1) else [[0, 6]]
    assert [rows.tolist() for rows in members(alike_groups(perceptual))] == expected
    light_of(images)


def test_hundreds_of_near_copies_of_each_picture_are_groups_and_few_are_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    frames = np.repeat(scenes(8), 250, axis=0).astype(np.int16)
    frames += np.random.default_rng(0).integers(-3, 4, frames.shape, dtype=np.int16)
    perceptual = perceptual_hashes(np.clip(frames, 0, 255).astype(np.uint8))
    compared = []

    def counted(perceptual: PerceptualHashes, pairs: np.ndarray) -> np.ndarray:
        compared.append(len(pairs))
        return alike(perceptual, pairs)

    alike = lookalikes._alike
    monkeypatch.setattr(lookalikes, "_alike", counted)
    groups = members(alike_groups(perceptual))
    assert [rows.tolist() for rows in groups] == [list(range(n, n + 250)) for n in range(0, 2000, 250)]
    assert sum(compared) < 3 * len(perceptual)


def test_many_images_are_not_compared_pair_by_pair() -> None:
    rng = np.random.default_rng(0)
    waves = rng.normal(size=(20_000, 255)).astype(np.float32)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    hashes = rng.integers(0, 2**63, 20_000, dtype=np.uint64)
    hashes[-5:], waves[-5:] = hashes[:5] ^ np.uint64(0b101), waves[:5]
    perceptual = PerceptualHashes(hashes, waves, np.zeros(20_000, np.bool_))
    assert [rows.tolist() for rows in members(alike_groups(perceptual))] == [
        [n, 19_995 + n] for n in range(5)
    ]
    assert first_alike(perceptual, 10_000) == {19_995 + row: row for row in range(5)}


def test_groups_hang_together() -> None:
    groups = joined(np.arange(9), np.array([[4, 5], [0, 2], [7, 2]]))
    assert groups.tolist() == [0, 1, 0, 3, 4, 4, 6, 0, 8]
    assert [rows.tolist() for rows in members(groups)] == [[0, 2, 7], [4, 5]]
    assert members(joined(np.arange(3), np.empty((0, 2), np.int64))) == []


def test_a_chain_of_pairs_in_any_order_is_one_group() -> None:
    order = np.random.default_rng(0).permutation(999)
    pairs = np.stack([np.arange(999), np.arange(1, 1000)], axis=1)[order]
    assert joined(np.arange(1000), pairs).tolist() == [0] * 1000


def test_a_later_image_of_a_group_is_only_named_where_it_is_like_a_first_one_itself() -> None:
    angles = np.deg2rad([0, 7, 14])
    waves = np.zeros((3, 255), np.float32)
    waves[:, 0], waves[:, 1] = np.cos(angles), np.sin(angles)
    perceptual = PerceptualHashes(np.zeros(3, np.uint64), waves, np.zeros(3, np.bool_))
    assert alike_groups(perceptual).tolist() == [0, 0, 0]
    assert first_alike(perceptual, 1) == {1: 0}


def test_dark_bright_blurred_and_odd_sized() -> None:
    images = scenes(300)
    images[:10] //= 12
    images[10:20] = 225 + images[10:20] // 9
    soft = [Image.fromarray(image).filter(ImageFilter.GaussianBlur(3)) for image in images[20:30]]
    images[20:30] = _pixels(soft)
    sizes = np.full((300, 2), 28)
    sizes[30:33] = (28, 31)
    found = oddities_of(light_of(images), sizes)
    places = {name: np.flatnonzero(flags).tolist() for name, flags in found._asdict().items()}
    assert places == {
        "dark": list(range(10)),
        "bright": list(range(10, 20)),
        "blurred": list(range(20, 30)),
        "odd_sized": [30, 31, 32],
    }


def test_sizes_that_vary_are_not_odd_but_for_the_far_ones() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(300, 600, (100, 2))
    sizes[3], sizes[4] = (40, 50), (200, 1400)
    odd = oddities_of(light_of(scenes(100)), sizes).odd_sized
    assert np.flatnonzero(odd).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("cue", "change"),
    [
        ("border", lambda images, sizes, paths: images.__setitem__((slice(0, 100), slice(0, 2)), 255)),
        ("height", lambda images, sizes, paths: sizes.__setitem__((slice(0, 100), 0), 40)),
        ("file_type", lambda images, sizes, paths: paths.__setitem__(slice(0, 100), ["a/x.JPG"] * 100)),
        ("brightness", lambda images, sizes, paths: _brighten(images)),
    ],
)
def test_a_shortcut_is_named(cue: str, change: Callable[[Any, Any, Any], None]) -> None:
    images, sizes, paths = scenes(300), np.full((300, 2), 28), ["x.png"] * 300
    change(images, sizes, paths)
    labels = np.repeat([0, 1, 2], 100)
    found = find_shortcuts(cues_of(paths, sizes, light_of(images)), labels, ("a", "b", "c"))
    of_a = [shortcut for shortcut in found if shortcut.cls == "a"]
    assert len(of_a) == 1
    assert of_a[0].interval.low >= 0.9
    if cue == "border":
        assert of_a[0].cue.startswith("border")
    elif cue == "brightness":
        assert of_a[0].cue in ("brightness", "border")
    else:
        assert of_a[0].cue == cue
        assert [shortcut.cls for shortcut in found] == ["a"]


def test_no_shortcut_is_claimed_of_pictures_that_have_none() -> None:
    labels = np.random.default_rng(1).integers(0, 3, 300)
    cues = cues_of(["x.png"] * 300, np.full((300, 2), 28), light_of(scenes(300)))
    assert find_shortcuts(cues, labels, ("a", "b", "c")) == []
    assert find_shortcuts(cues, np.repeat([0, 1], [290, 10]), ("a", "b")) == []


def test_an_inspection_lists_what_was_planted(tmp_path: Path, cache: ImageCache) -> None:
    folder, other = tmp_path / "set", tmp_path / "other"
    for number, image in enumerate(scenes(80)):
        for root, name in ((folder, "ab"[number % 2]), (other, "ab"[number % 2])):
            if (root is other) == (number >= 60):
                file = root / name / f"{number:02}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(file)
    shutil.copy(folder / "a" / "00.png", folder / "a" / "same.png")
    Image.open(folder / "a" / "00.png").resize((56, 56)).save(folder / "b" / "zz.png")
    Image.open(folder / "a" / "02.png").convert("RGB").save(other / "a" / "leak.jpg", quality=90)
    Image.new("RGB", (28, 28), (3, 3, 3)).save(folder / "a" / "black.png")
    document = inspect_folder(folder, test=other, cache=cache).to_dict()
    assert document["exact_duplicates"] == [["a/00.png", "a/same.png"]]
    assert document["near_duplicates"] == [["a/00.png", "b/zz.png"]]
    assert document["near_leaks"] == [{"train": "a/02.png", "test": "a/leak.jpg"}]
    assert document["leaks"] == []
    assert document["dark"] == ["a/black.png"]
    assert document["odd_sized"] == ["b/zz.png"]
    text = "\n".join(document["warnings"])
    for words in ("1 image looks like another", "1 group of", "1 dark", "1 test image looks like"):
        assert words in text


@pytest.mark.data
def test_a_real_set_with_planted_faults(
    real_data: Callable[[str], Path], tmp_path: Path, cache: ImageCache
) -> None:
    rng = np.random.default_rng(0)
    source = real_data("cifar10_small") / "train"
    folder = tmp_path / "set"
    for name in sorted(path.name for path in source.iterdir()):
        files = sorted((source / name).iterdir())
        (folder / name).mkdir(parents=True)
        for file in rng.choice(np.array(files, dtype=object), 80, replace=False):
            shutil.copy(file, folder / name / file.name)
    clean = inspect_folder(folder, cache=cache).to_dict()
    assert clean["shortcuts"] == []
    assert len(clean["near_duplicates"]) <= 2
    assert len(clean["blurred"]) <= 4

    images = [file for file in sorted(folder.glob("*/*")) if file.parent.name != "cat"]
    chosen = rng.choice(len(images), 160, replace=False)
    for place, row in enumerate(chosen[:120]):
        with Image.open(images[row]) as image:
            _again(image.convert("RGB"), place % 4).save(
                images[row].with_name(f"{images[row].stem}-again.png")
            )
    for row in chosen[120:150]:
        with Image.open(images[row]) as image:
            image.convert("RGB").filter(ImageFilter.GaussianBlur(2)).save(images[row])
    for file in sorted((folder / "cat").iterdir()):
        with Image.open(file) as image:
            framed = image.convert("RGB").resize((32, 32))
        for side in ((0, 0, 32, 2), (0, 30, 32, 32), (0, 0, 2, 32), (30, 0, 32, 32)):
            framed.paste((255, 255, 255), side)
        framed.save(file)
    found = inspect_folder(folder, cache=cache).to_dict()
    pairs = [group for group in found["near_duplicates"] if len(group) == 2]
    right = [group for group in pairs if Path(group[0]).stem.removesuffix("-again") in group[1]]
    assert len(right) >= 0.95 * 120
    assert len(right) >= 0.95 * len(found["near_duplicates"])
    blurred = {str(images[row].relative_to(folder)) for row in chosen[120:150]}
    assert len(blurred & set(found["blurred"])) >= 27
    assert len(set(found["blurred"]) - blurred) <= 4
    assert [shortcut["class"] for shortcut in found["shortcuts"]] == ["cat"]
    assert found["shortcuts"][0]["cue"].startswith("border")
