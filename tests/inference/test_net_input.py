"""What a network is built for follows from the data parameters and the images."""

from __future__ import annotations

import pytest

from convonet.errors import DataError
from convonet.inference.net_input import NetInput
from convonet.inference.scaling import PixelScaling
from convonet.params import DataParams, PixelParams

PIXELS = PixelParams(8, 9, 3)


def test_the_default_scaling_is_no_choice() -> None:
    """A backbone has its own scaling, which only a choice overrides."""
    assert NetInput.of(DataParams(), PIXELS, ["a", "b"]) == NetInput(PIXELS, ("a", "b"), None)
    chosen = DataParams.of({"scaling": "standard", "mean": [0.5], "deviation": [0.1, 0.2, 0.3]})
    made = NetInput.of(chosen, PIXELS, ["a", "b"])
    assert made.scaling == PixelScaling("standard", (0.5,), (0.1, 0.2, 0.3))
    assert NetInput.of(DataParams.of({"scaling": "unit"}), PIXELS, ["a", "b"]).scaling == PixelScaling("unit")


@pytest.mark.parametrize("classes", [(), ("a",)])
def test_one_class_is_refused(classes: tuple[str, ...]) -> None:
    with pytest.raises(DataError, match="two classes"):
        NetInput(PIXELS, classes)
