"""What dropout draws: the right share, the same for a seed, and a mean that stays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from convonet.nets.torch_path.dropout import draw_for


@pytest.mark.parametrize("rate", [0.01, 0.2, 0.25, 0.5, 0.99])
def test_the_share_that_is_dropped_and_the_mean(rate: float) -> None:
    rows = torch.ones(1000, 1001)
    drawn = draw_for(rate, rows)(3, rows)
    assert drawn.shape == rows.shape
    # Six standard errors of a share of a million.
    assert float((drawn == 0).float().mean()) == pytest.approx(rate, abs=6 * (rate * (1 - rate) / 1e6) ** 0.5)
    assert drawn.max().item() == pytest.approx(1 / (1 - rate), rel=1e-3)
    dropped = round(rate * 2**16) / 2**16
    assert drawn.max().item() * (1 - dropped) == pytest.approx(1, abs=1e-6)


def test_a_seed_draws_the_same_and_another_one_something_else() -> None:
    rows = torch.ones(64, 7, 7, 3)
    draw = draw_for(0.5, rows)
    first, again, other = draw(5, rows), draw(5, rows), draw(6, rows)
    assert torch.equal(first, again)
    assert 0.45 < float((first == other).float().mean()) < 0.55


def test_neighbours_and_neighbouring_seeds_are_independent() -> None:
    rows = torch.ones(200_000)
    draw = draw_for(0.5, rows)
    drawn = np.stack([draw(seed, rows).numpy() for seed in range(4)])
    rest = np.corrcoef(np.vstack([drawn, np.roll(drawn[0], 1)])) - np.eye(5)
    assert np.abs(rest).max() < 5 / 200_000**0.5
