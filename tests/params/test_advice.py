"""Advice: named where it is due, silent where all is well."""

from __future__ import annotations

from typing import Any

import pytest

from convonet.params import HyperParams, preset, preset_names
from convonet.params.advice import SetFacts, advise

DIGITS = SetFacts({str(digit): 20_000 for digit in range(10)}, (28, 28))
LUNGS = SetFacts({"NORMAL": 1341, "PNEUMONIA": 3875}, (224, 224))


def _kinds(facts: SetFacts, **values: Any) -> dict[str, bool]:
    return {advice.kind: advice.mistake for advice in advise(facts, HyperParams.of(values))}


@pytest.mark.parametrize(
    ("facts", "values", "kinds"),
    [
        (DIGITS, {}, {}),
        (DIGITS, {"flip_horizontal": True}, {"flip_of_signs": True}),
        (SetFacts({"cat": 60_000, "dog": 60_000}, (64, 64)), {"flip_horizontal": True}, {}),
        (SetFacts({"东": 60_000, "主": 60_000}, (80, 60)), {"flip_vertical": True}, {"flip_of_signs": True}),
        (LUNGS, {}, {"transfer": False, "uneven": False}),
        (LUNGS, {"balanced": True}, {"transfer": False}),
        (SetFacts({"a1": 9000, "b1": 9000}, (64, 64)), {}, {"transfer": False}),
        (DIGITS, {"family": "logistic"}, {"no_convolution": False}),
        (DIGITS, {"family": "vgg_small", "l2": 0.01, "drop_out": 0.5}, {"too_much_at_once": True}),
        (DIGITS, {"family": "vgg_small"}, {}),
        (SetFacts({"a1": 30, "b1": 30}, (8, 8)), {"batch_size": 64}, {"large_batch": False}),
        (SetFacts({"a1": 30, "b1": 30}, (8, 8)), {"batch_size": 16}, {}),
        (SetFacts({"a1": 30, "b1": 30}, (8, 8)), {"base": "vgg16", "head_solver": "lbfgs"}, {}),
    ],
)
def test_advice_is_given_where_it_is_due(
    facts: SetFacts, values: dict[str, Any], kinds: dict[str, bool]
) -> None:
    assert _kinds(facts, **values) == kinds


def test_the_share_of_the_larger_class_is_told() -> None:
    said = next(advice.text for advice in advise(LUNGS, HyperParams()) if advice.kind == "uneven")
    assert "74.3%" in said


def test_the_augmented_digits_of_the_textbook_are_named_as_a_mistake() -> None:
    if "mnist_simple_augmented" not in preset_names("hyper"):
        pytest.skip("no such preset")
    hyper = HyperParams.of(preset("hyper", "mnist_simple_augmented"))
    assert "flip_of_signs" in {advice.kind for advice in advise(DIGITS, hyper) if advice.mistake}
