"""Variations: each against a formula, scipy or Pillow; torch against NumPy; draws against chance and each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from scipy import ndimage, stats

from convonet.nets.augment import Augmenter
from convonet.nets.augment.colors import Colors
from convonet.nets.augment.draws import Draws
from convonet.nets.augment.geometry import Geometry
from convonet.nets.augment.mixing import draw_mixing
from convonet.nets.augment.rand_augment import KINDS
from convonet.nets.augment.sampling import sample_numpy
from convonet.params import HyperParams

RNG = np.random.default_rng(3)
IMAGES = RNG.integers(0, 256, (6, 9, 12, 3), dtype=np.uint8).astype(np.float32)
ROWS = np.arange(6) * 7
EVERYTHING: dict[str, Any] = {
    "flip_horizontal": True,
    "flip_vertical": True,
    "rotation": 40,
    "shift": 0.2,
    "zoom": 0.3,
    "shear": 0.3,
    "crop": 0.4,
    "brightness": 0.3,
    "contrast": 0.4,
    "rand_augment": 3,
}


def _varied(images: np.ndarray, rows: np.ndarray, epoch: int = 1, **values: Any) -> np.ndarray:
    change = Augmenter(HyperParams.of(values), images.shape[1:]).change(epoch, 0, rows)
    varied: np.ndarray = change.images(images)
    return varied


def _geometry(**parts: float) -> Geometry:
    geometry = Geometry(len(IMAGES))
    for name, value in parts.items():
        setattr(geometry, name, np.full(len(IMAGES), value))
    return geometry


def _moved(**parts: float) -> np.ndarray:
    return sample_numpy(IMAGES, _geometry(**parts).matrices(9, 12), "constant")


@pytest.mark.parametrize("fill", ["constant", "nearest", "reflect", "wrap"])
@pytest.mark.parametrize("mixed", [{}, {"mixup": 0.4}, {"cutmix": 1.0}])
def test_torch_and_numpy_give_the_same_images(fill: str, mixed: dict[str, float]) -> None:
    torch = pytest.importorskip("torch")
    hyper = HyperParams.of(EVERYTHING | mixed | {"fill_mode": fill})
    change = Augmenter(hyper, IMAGES.shape[1:]).change(2, 5, ROWS)
    made = change.images(torch.from_numpy(IMAGES)).numpy()
    expected = change.images(IMAGES)
    # A pixel on the edge of a step (solarize, posterize) may fall to either side.
    assert np.mean(np.abs(made - expected) > 0.05) < 0.01
    assert made.shape == IMAGES.shape


@pytest.mark.parametrize(
    ("fill", "theirs"),
    [("constant", "grid-constant"), ("nearest", "nearest"), ("reflect", "reflect"), ("wrap", "grid-wrap")],
)
def test_sampling_is_scipys(fill: Any, theirs: str) -> None:
    matrices = _geometry(turn=25, shift_x=0.3, shift_y=-0.2, zoom=0.7, slant_x=0.2).matrices(9, 12)
    made = sample_numpy(IMAGES, matrices, fill)
    middle = np.array([4.0, 5.5])
    turned = matrices[0, ::-1, 1::-1]
    offset = matrices[0, ::-1, 2] + middle - turned @ middle
    for channel in range(3):
        expected = ndimage.affine_transform(IMAGES[0, :, :, channel], turned, offset, order=1, mode=theirs)
        np.testing.assert_allclose(made[0, :, :, channel], expected, atol=0.01)


def test_single_moves_do_what_they_say() -> None:
    np.testing.assert_allclose(_moved(), IMAGES, atol=1e-3)
    np.testing.assert_allclose(_moved(mirror_x=-1), IMAGES[:, :, ::-1], atol=1e-3)
    np.testing.assert_allclose(_moved(mirror_y=-1), IMAGES[:, ::-1], atol=1e-3)
    np.testing.assert_allclose(_moved(shift_x=2 / 12)[:, :, 2:], IMAGES[:, :, :-2], atol=1e-3)
    np.testing.assert_allclose(_moved(shift_y=-3 / 9)[:, :-3], IMAGES[:, 3:], atol=1e-3)
    square = IMAGES[:, :, :9]
    turned = sample_numpy(square, _geometry(turn=90).matrices(9, 9), "constant")
    np.testing.assert_allclose(turned, np.rot90(square, axes=(1, 2)), atol=1e-3)


def test_zoom_and_crop_enlarge_and_slant_moves_rows() -> None:
    ramp = np.tile(np.arange(12, dtype=np.float32)[:, np.newaxis], (6, 9, 1, 1))
    for parts, slope in [({"zoom": 2.0}, 0.5), ({"window": 0.25}, 0.25), ({"slant_x": 0.5}, 1.0)]:
        made = sample_numpy(ramp, _geometry(**parts).matrices(9, 12), "nearest")
        assert np.diff(made[0, 4, 5:8, 0]) == pytest.approx([slope] * 2, abs=1e-4)
    made = sample_numpy(ramp, _geometry(slant_x=0.5).matrices(9, 12), "nearest")
    assert made[0, 6, 6, 0] == pytest.approx(made[0, 4, 6, 0] - 1, abs=1e-4)


def test_an_image_is_varied_alike_in_any_batch() -> None:
    whole = _varied(IMAGES, ROWS, **EVERYTHING)
    np.testing.assert_array_equal(_varied(IMAGES[[4, 1]], ROWS[[4, 1]], **EVERYTHING), whole[[4, 1]])


def test_other_epochs_images_and_seeds_draw_anew() -> None:
    made = [_varied(IMAGES, ROWS, epoch, **EVERYTHING, seed=seed) for epoch, seed in [(1, 0), (2, 0), (1, 1)]]
    assert len({images.tobytes() for images in made}) == 3
    alike = _varied(np.repeat(IMAGES[:1], 6, axis=0), ROWS, rotation=40)
    assert len({image.tobytes() for image in alike}) == 6


def test_switching_one_kind_on_leaves_the_draws_of_the_others() -> None:
    one = Augmenter(HyperParams.of({"rotation": 30}), (9, 12, 3)).change(1, 0, ROWS)
    two = Augmenter(HyperParams.of({"rotation": 30, "brightness": 0.5}), (9, 12, 3)).change(1, 0, ROWS)
    assert one.matrices is not None
    np.testing.assert_array_equal(one.matrices, two.matrices)


def test_draws_are_uniform_and_unlike_each_other() -> None:
    rows = np.arange(4000)
    numbers = [Draws(seed, 1, rows).uniform(name) for seed, name in [(0, "a"), (1, "a"), (0, "b")]]
    for values in numbers:
        assert stats.kstest(values, "uniform").pvalue > 0.001
        assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.06
    assert np.abs(np.corrcoef(numbers) - np.eye(3)).max() < 0.06


def test_strengths_stay_in_their_bounds() -> None:
    hyper = HyperParams.of({"rotation": 15, "shift": 0.1, "zoom": 0.2, "crop": 0.3})
    made = Geometry.drawn(hyper, Draws(0, 1, np.arange(2000)))
    for values, low, high in [
        (made.turn, -15, 15),
        (made.shift_x, -0.1, 0.1),
        (made.zoom, 0.8, 1.2),
        (made.window, 0.7, 1),
    ]:
        assert low <= values.min() < low + 0.1 * (high - low)
        assert high - 0.1 * (high - low) < values.max() <= high
    flips = Geometry.drawn(HyperParams.of({"flip_horizontal": True}), Draws(0, 1, np.arange(2000)))
    assert abs(flips.mirror_x.mean()) < 0.07


def _colored(**parts: float) -> np.ndarray:
    colors = Colors(len(IMAGES))
    for name, value in parts.items():
        setattr(colors, name, np.full(len(IMAGES), value))
    made: np.ndarray = colors.apply(IMAGES, np, np.asarray)
    return made


def _pillow(image: np.ndarray) -> Image.Image:
    return Image.fromarray(image.astype(np.uint8))


def test_colours_are_pillows() -> None:
    np.testing.assert_allclose(_colored(brightness=1.4), np.clip(IMAGES * 1.4, 0, 255), atol=1e-3)
    mean = IMAGES.mean(axis=(1, 2, 3), keepdims=True)
    np.testing.assert_allclose(_colored(contrast=0.5), np.clip(mean + (IMAGES - mean) / 2, 0, 255), atol=1e-2)
    np.testing.assert_allclose(_colored(saturation=0), _grey(), atol=1)
    for place, image in enumerate(IMAGES):
        picture = _pillow(image)
        np.testing.assert_array_equal(_colored(bits=3)[place], np.asarray(ImageOps.posterize(picture, 3)))
        np.testing.assert_array_equal(
            _colored(solarize=100)[place], np.asarray(ImageOps.solarize(picture, 100))
        )
        dull = np.clip(image / 3 + 40, 0, 255).astype(np.uint8)
        colors = Colors(1)
        colors.stretch = np.ones(1)
        made = colors.apply(dull[np.newaxis].astype(np.float32), np, np.asarray)[0]
        np.testing.assert_allclose(made, np.asarray(ImageOps.autocontrast(_pillow(dull))), atol=1)


def _grey() -> np.ndarray:
    return np.stack([np.asarray(_pillow(image).convert("L").convert("RGB")) for image in IMAGES])


@pytest.mark.parametrize("place", range(len(KINDS)))
def test_every_kind_of_rand_augment_varies_only_those_that_drew_it(place: int) -> None:
    geometry, colors = Geometry(6), Colors(6)
    dull = IMAGES / 2 + 20
    KINDS[place](geometry, colors, np.arange(6) < 3, np.full(6, 0.9))
    moved = sample_numpy(dull, geometry.matrices(9, 12), "nearest")
    made = colors.apply(moved, np, np.asarray)
    differs = np.abs(made - dull).max(axis=(1, 2, 3)) > 1
    assert differs.tolist() == [place > 0] * 3 + [False] * 3
    assert made.min() >= 0
    assert made.max() <= 255


def test_mixup_mixes_images_and_truths_by_the_same_share() -> None:
    truths = np.eye(3, dtype=np.float32)[[0, 1, 2, 0, 1, 2]]
    mixing = draw_mixing(HyperParams.of({"mixup": 0.5}), 0, 1, 4, 6, 9, 12)
    share = mixing.keep.reshape(-1)
    expected = [
        own * share[place] + IMAGES[mixing.partners[place]] * (1 - share[place])
        for place, own in enumerate(IMAGES)
    ]
    np.testing.assert_allclose(mixing.images(IMAGES, np.asarray), expected, rtol=1e-5)
    mixed = mixing.targets(truths)
    assert mixed.sum(axis=1) == pytest.approx(np.ones(6))
    assert mixed[2, 2] >= share[2] - 1e-6


def test_cutmix_pastes_a_window_and_counts_its_area() -> None:
    mixing = draw_mixing(HyperParams.of({"cutmix": 1.0}), 0, 1, 4, 6, 9, 12)
    made = mixing.images(IMAGES, np.asarray)
    truths = mixing.targets(np.eye(6, dtype=np.float32))
    for place, image in enumerate(made):
        partner = int(mixing.partners[place])
        own = (image == IMAGES[place]).all(axis=2)
        other = (image == IMAGES[partner]).all(axis=2)
        assert (own | other).all()
        if partner != place:
            assert truths[place, place] == pytest.approx(own.mean(), abs=1e-6)
            assert truths[place, partner] == pytest.approx(1 - own.mean(), abs=1e-6)


def test_shares_of_mixup_follow_their_distribution() -> None:
    hyper = HyperParams.of({"mixup": 0.4})
    shares = np.concatenate([draw_mixing(hyper, 0, 1, s, 500, 4, 4).keep.ravel() for s in range(4)])
    assert stats.kstest(shares, stats.beta(0.4, 0.4).cdf).pvalue > 0.001
