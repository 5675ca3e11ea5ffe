"""The layers of the family `custom` are checked before anything heavy is loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convonet.errors import ParamError
from convonet.params import HyperParams, SearchSpace, load_hyper, save_hyper
from convonet.params.custom_layers import read_layers

LAYERS = [{"type": "conv", "filters": 8, "kernel": 5}, {"type": "pool"}, {"type": "dense", "units": 4}]


def test_read_with_defaults() -> None:
    conv, pool, dense = read_layers(LAYERS)
    assert (conv.filters, conv.kernel, conv.padding, conv.activation) == (8, 5, "same", "relu")  # type: ignore[attr-defined]
    assert (pool.size, pool.stride, pool.kind) == (2, None, "max")  # type: ignore[attr-defined]
    assert dense.units == 4  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([], "1 to 200 layers"),
        ([{}], "layer 1: expected a type, one of conv, pool"),
        ([{"type": "convv"}], "did you mean conv?"),
        ([{"type": ["conv"]}], "layer 1: expected a type"),
        ([{"type": "conv", "filters": 0}], "layer 1: filters (Filters): expected a whole number ≥ 1"),
        ([{"type": "conv", "filter": 3}], "did you mean filters?"),
        ([{"type": "dense"}, {"type": "conv"}], "layer 2: conv needs feature maps"),
        ([{"type": "pool"}] * 201, "received 201"),
    ],
)
def test_faults_name_the_layer(layers, said: str) -> None:
    with pytest.raises(ParamError) as caught:
        HyperParams.of({"family": "custom", "layers": layers})
    assert said in caught.value.faults["layers"]
    with pytest.raises(ParamError):
        read_layers(layers)


def test_all_faults_at_once() -> None:
    with pytest.raises(ParamError) as caught:
        HyperParams.of({"layers": [{"type": "x"}, {"type": "conv", "kernel": 99, "stride": 0}]})
    sentence = caught.value.faults["layers"]
    assert sentence.count("layer 1") == 1
    assert sentence.count("layer 2") == 2


def test_text_files_and_alternatives(tmp_path: Path) -> None:
    assert HyperParams.of({"layers": json.dumps(LAYERS)}).layers == tuple(LAYERS)
    space = SearchSpace.of({"family": "custom", "layers": LAYERS})
    assert space.first().layers == tuple(LAYERS)
    save_hyper(tmp_path / "h.json", space)
    assert load_hyper(tmp_path / "h.json").first() == space.first()
    two = SearchSpace.of({"layers": [LAYERS, LAYERS[:2]]})
    assert [len(hyper.layers or ()) for hyper in two.grid()] == [3, 2]
