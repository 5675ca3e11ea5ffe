"""Advice before training: from counts, sizes, names and parameters alone, without looking at a pixel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from convonet.params.families import family_info
from convonet.params.hyper_params import HyperParams
from convonet.text import counted

_FEW, _SOME = 10_000, 100_000
_UNEVEN = 2.5
_SMALL_BATCH = 16
_HEAVY_DROP, _HEAVY_L2 = 0.4, 1e-3


@dataclass(frozen=True)
class Advice:
    """One piece of advice.

    Attributes:
        kind: its short name.
        text: what is the matter, and what to do.
        mistake: it is a known mistake, not only something worth a try.
    """

    kind: str
    text: str
    mistake: bool = False


@dataclass(frozen=True)
class SetFacts:
    """What advice needs to know of a training set.

    Attributes:
        counts: class name → images.
        size: (height, width).
    """

    counts: Mapping[str, int]
    size: tuple[int, int]

    @property
    def images(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def advise(facts: SetFacts, hyper: HyperParams) -> tuple[Advice, ...]:
    """What a person who knows would say; mistakes first."""
    found = (_flips(facts, hyper), _heavy(hyper), _batch(facts, hyper), _transfer(facts, hyper))
    more = (_network(facts, hyper), _uneven(facts, hyper))
    said = [advice for advice in (*found, *more) if advice is not None]
    return tuple(sorted(said, key=lambda advice: not advice.mistake))


def looks_like_signs(names: Sequence[str]) -> bool:
    """Whether classes are named like digits or letters, of which a mirrored one is another or none."""
    signs = [name for name in names if len(name) == 1 and name.isalnum()]
    return len(signs) >= 0.8 * len(names)


def _flips(facts: SetFacts, hyper: HyperParams) -> Advice | None:
    if not (hyper.flip_horizontal or hyper.flip_vertical):
        return None
    names = list(facts.counts)
    if not looks_like_signs(names):
        return None
    shown = ", ".join([name for name in names if len(name) == 1][:3])
    return Advice(
        "flip_of_signs",
        f"The classes look like digits or letters ({shown} …): a mirrored character is a different character, or not a "
        "character at all. Turn off the flips.",
        mistake=True,
    )


def _heavy(hyper: HyperParams) -> Advice | None:
    values = family_info(hyper.family).values(hyper)
    drop, l2 = values.get("drop_out") or 0, values.get("l2") or 0
    if drop < _HEAVY_DROP or l2 < _HEAVY_L2 or values.get("batch_norm", "none") == "none":
        return None
    return Advice(
        "too_much_at_once",
        f"Batch normalization, dropout of {drop:g} and L2 of {l2:g} act on the same layers and together "
        "regularize too strongly. Keep batch normalization and use light dropout (0.25 after convolutions, 0.5 "
        "after dense layers).",
        mistake=True,
    )


def _batch(facts: SetFacts, hyper: HyperParams) -> Advice | None:
    # L-BFGS takes all images at once, so the batch size does not matter to it.
    solved_at_once = hyper.head_solver == "lbfgs" and not hyper.fine_tune_epochs
    if hyper.batch_size <= max(facts.images / 4, _SMALL_BATCH) or facts.images < 8 or solved_at_once:
        return None
    return Advice(
        "large_batch",
        f"With {counted(facts.images, 'image')} and a batch of {hyper.batch_size}, an epoch has fewer than four steps. "
        "Use a smaller batch, such as 16.",
    )


def _transfer(facts: SetFacts, hyper: HyperParams) -> Advice | None:
    """Below 28 pixels a pretrained backbone has nothing to see."""
    transfers = "base" in family_info(hyper.family).defaults
    if transfers or facts.images >= _SOME or min(facts.size) < 28:
        return None
    sure = facts.images < _FEW
    return Advice(
        "transfer",
        f"With {counted(facts.images, 'image')}, a pretrained backbone is usually better than training from scratch."
        if sure
        else f"With {counted(facts.images, 'image')}, a pretrained backbone may be better. Train one and compare.",
    )


def _network(facts: SetFacts, hyper: HyperParams) -> Advice | None:
    if hyper.family != "logistic" and not (hyper.family == "dense" and min(facts.size) >= 32):
        return None
    return Advice(
        "no_convolution",
        f"{family_info(hyper.family).title} ignores which pixels are neighbors: use it as a baseline. "
        f"Compare it with {family_info('convonet').title} or {family_info('three_block').title}.",
    )


def _uneven(facts: SetFacts, hyper: HyperParams) -> Advice | None:
    # A class without images would make any set look uneven.
    counts = {name: count for name, count in facts.counts.items() if count}
    if len(counts) < 2 or hyper.balanced or hyper.class_weights:
        return None
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if counts[most] < _UNEVEN * counts[least]:
        return None
    share = counts[most] / facts.images
    return Advice(
        "uneven",
        f"{most} has {counted(counts[most], 'image')} and {least} {counts[least]:,}: always predicting {most} would be "
        f"correct for {100 * share:.1f}% of the images. Balance the classes, and look at AUC and "
        "recall instead of accuracy.",
    )
