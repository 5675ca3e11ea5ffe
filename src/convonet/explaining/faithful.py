"""Is a map faithful? Deleting what is bright must hurt the answer, and what was learnt must be what is seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.events import Watch
from convonet.explaining.explained_model import ExplainedModel, Images

_STEPS = 20
_ORDERS = 10
_MOST = 0.9
_ALIKE = 0.5


@dataclass(frozen=True)
class Deletion:
    """How the class's probability falls while the image is deleted (Petsiuk et al. 2018).

    Attributes:
        shares: of the image that is deleted, 0..1.
        curve: the probability at each share, the brightest of the map deleted first.
        random_curve: the mean over several reference maps.
        area, random_area: under the curves, 0..1; smaller: the answer was hurt sooner.
        beaten: with how many of the `orders` reference maps the probability falls later.
    """

    shares: tuple[float, ...]
    curve: tuple[float, ...]
    random_curve: tuple[float, ...]
    area: float
    random_area: float
    beaten: int
    orders: int = _ORDERS

    @property
    def better(self) -> bool:
        """Whether the map's order hurts the answer sooner than nine of ten random ones."""
        return self.beaten >= _MOST * self.orders


@dataclass(frozen=True)
class Faithfulness:
    """The result of the check of one map.

    Attributes:
        deletion: see `Deletion`.
        likeness: rank correlation, −1..1, with the map that the same network gives when its kernels are in
            random order (Adebayo et al. 2018); None where the network cannot be had.
        sentence: what this means.
    """

    deletion: Deletion
    likeness: float | None
    sentence: str

    def to_dict(self) -> dict[str, Any]:
        """A JSON value."""
        return asdict(self)


def judged(deletion: Deletion, likeness: float | None) -> Faithfulness:
    """Both numbers with the sentence that they amount to."""
    return Faithfulness(deletion, likeness, _sentence(deletion, likeness))


def delete(
    model: ExplainedModel,
    image: Images,
    label: int,
    values: NDArray[np.floating[Any]],
    *,
    seed: int = 0,
    watch: Watch | None = None,
) -> Deletion:
    """Delete an image step by step, by the map and by reference maps.

    Deleted pixels get the image's mean colour. A reference map is the map moved elsewhere and mirrored, so
    that it deletes patches of the same size and shape: single pixels here and there would hurt any network.

    Args:
        image: (height, width, channels).
        values: the map, (height, width).
    """
    watch = watch or Watch()
    rng = np.random.default_rng(seed)
    shares = np.linspace(0, 1, _STEPS + 1)
    orders = [_order(values, rng), *(_order(_moved(values, rng), rng) for _ in range(_ORDERS))]
    curves = np.stack([_curve(model, image, label, order, shares, watch) for order in orders])
    areas = np.asarray(np.trapezoid(curves, shares, axis=1))
    return Deletion(
        tuple(shares.tolist()),
        tuple(curves[0].tolist()),
        tuple(curves[1:].mean(axis=0).tolist()),
        float(areas[0]),
        float(areas[1:].mean()),
        int((areas[1:] > areas[0]).sum()),
    )


def rank_correlation(one: NDArray[np.floating[Any]], other: NDArray[np.floating[Any]]) -> float:
    """Spearman's correlation of two maps, equal values sharing their mean rank; 0 where one of them is flat."""
    ranks = [_ranks(np.ravel(values)) for values in (one, other)]
    deviations = [float(values.std()) for values in ranks]
    if min(deviations) == 0:
        return 0.0
    products = (ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())
    return float(products.mean() / (deviations[0] * deviations[1]))


def _ranks(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], np.float64)


def _order(values: NDArray[np.floating[Any]], rng: np.random.Generator) -> NDArray[np.int64]:
    """Indices, the largest value first; equal values in random order."""
    flat = np.ravel(values)
    # Shuffled before the stable sort, so that equal values come in random order.
    shuffled = rng.permutation(len(flat))
    return np.asarray(shuffled[np.argsort(-flat[shuffled], kind="stable")], np.int64)


def _moved(values: NDArray[np.floating[Any]], rng: np.random.Generator) -> NDArray[np.floating[Any]]:
    height, width = values.shape
    moved = np.roll(values, (int(rng.integers(height)), int(rng.integers(width))), axis=(0, 1))
    return moved[:: rng.choice([-1, 1]), :: rng.choice([-1, 1])]


def _curve(
    model: ExplainedModel,
    image: Images,
    label: int,
    order: NDArray[np.int64],
    shares: NDArray[np.float64],
    watch: Watch,
) -> NDArray[np.float64]:
    mean = np.round(image.mean(axis=(0, 1))).astype(np.uint8)
    batch = np.repeat(image[np.newaxis], len(shares), axis=0)
    flat = batch.reshape(len(shares), -1, image.shape[2])
    for number, share in enumerate(shares):
        flat[number, order[: round(share * len(order))]] = mean
    return np.asarray(model.predict(batch, watch)[:, label], np.float64)


def _sentence(deletion: Deletion, likeness: float | None) -> str:
    sentence = (
        "When the pixels with the highest values are deleted first, the probability falls faster than with "
        f"{deletion.beaten} of {deletion.orders} reference maps (area {deletion.area:.2f}, reference maps "
        f"{deletion.random_area:.2f})"
    )
    if not deletion.better:
        sentence += ": do not rely on this map"
    if likeness is None:
        return f"{sentence}."
    # Only what this check has tested: a map may depend on the weights and still fail the deletion.
    changes, shown = (
        ("is similar", "shows the image rather than what the network learned")
        if likeness > _ALIKE
        else ("is different", "depends on what the network learned")
    )
    return f"{sentence}. With shuffled weights, the map {changes} (rank correlation {likeness:.2f}), so it {shown}."
