"""Gradient clipping: a step is never longer than was asked for, and is the one that Keras would take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convonet.errors import ParamError
from convonet.nets.backend import keras
from convonet.nets.net_model import NetModel
from convonet.params import HyperParams
from convonet.training.net_training import ImageRows, NetTraining

Create = Callable[[HyperParams], NetModel]
Rows = tuple[ImageRows, ImageRows]

_RATE, _LONGEST = 0.05, 0.01
_THEIRS: dict[str, Any] = {
    "sgd": lambda clip: keras.optimizers.SGD(_RATE, momentum=0.9, global_clipnorm=clip),
    "adam": lambda clip: keras.optimizers.Adam(_RATE, global_clipnorm=clip),
    "adamw": lambda clip: keras.optimizers.AdamW(_RATE, global_clipnorm=clip),
    "rmsprop": lambda clip: keras.optimizers.RMSprop(_RATE, global_clipnorm=clip),
}


def _hyper(**values: Any) -> HyperParams:
    own = {
        "family": "dense",
        "hidden_units": [8],
        "batch_size": 45,
        "init_rate": _RATE,
        "schedule": "constant",
    }
    return HyperParams.of(own | values)


def _trained(create: Create, rows: Rows, hyper: HyperParams) -> list[np.ndarray]:
    model = create(hyper)
    NetTraining(model, hyper).train(rows[0])
    weights: list[np.ndarray] = model.keras_model.get_weights()
    return weights


@pytest.mark.parametrize("optimizer", _THEIRS)
@pytest.mark.parametrize("clip", [_LONGEST, 1e5])
def test_clipped_steps_are_those_of_plain_keras(
    create: Create, rows: Rows, optimizer: str, clip: float
) -> None:
    """Also where the limit is so high that no gradient reaches it."""
    hyper = _hyper(optimizer=optimizer, clip_norm=clip, epochs=3)
    plain = keras.models.clone_model(network := create(hyper).keras_model)
    plain.set_weights(network.get_weights())
    plain.compile(_THEIRS[optimizer](clip), "sparse_categorical_crossentropy")
    images, labels = rows[0].take(slice(None))
    for _ in range(3):
        plain.train_on_batch(images, labels)
    for one, other in zip(_trained(create, rows, hyper), plain.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-6)


def test_the_first_step_of_sgd_is_as_long_as_the_limit(create: Create, rows: Rows) -> None:
    """The rate times the length of the gradient, over all weights together."""

    def length(**values: Any) -> float:
        hyper = _hyper(optimizer="sgd", momentum=0.0, epochs=1, **values)
        before, after = create(hyper).keras_model.get_weights(), _trained(create, rows, hyper)
        squares = [np.square(b - a).sum() for a, b in zip(before, after, strict=True)]
        return float(np.sqrt(np.sum(squares)))

    assert length() > 2 * _RATE * _LONGEST
    assert length(clip_norm=_LONGEST) == pytest.approx(_RATE * _LONGEST, rel=1e-3)


@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_is_above_zero(value: float) -> None:
    with pytest.raises(ParamError, match="clip_norm"):
        HyperParams.of({"clip_norm": value})
