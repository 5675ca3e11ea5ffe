"""Batch normalisation against double precision and against torch's own gradient check."""

from __future__ import annotations

import pytest

from convonet.nets.backend import name

if name() != "torch":
    pytest.skip("the torch path is torch's", allow_module_level=True)

import torch

from convonet.nets.torch_path.norm import normalised


def test_its_gradients_are_right() -> None:
    torch.manual_seed(0)
    values, gamma, beta = (
        torch.randn(*size, dtype=torch.float64, requires_grad=True) for size in ((20, 3), (3,), (3,))
    )
    assert torch.autograd.gradcheck(lambda *given: normalised(*given, 1e-3)[0], (values, gamma, beta))
    assert torch.autograd.gradcheck(lambda given: normalised(given, None, None, 1e-3)[0], (values,))


def test_it_is_exact_where_channels_have_many_places() -> None:
    torch.manual_seed(0)
    values = torch.relu(torch.randn(60_000, 4) * 3 - 2)
    made = normalised(values, None, None, 1e-3)
    exact = values.double()
    mean, variance = exact.mean(0), exact.var(0, unbiased=False)
    expected = (exact - mean) / torch.sqrt(variance + 1e-3)
    assert float((made.values - expected).abs().max()) < 5e-6
    assert float((made.variance - variance).abs().max()) < 1e-6
