"""`backbone` is read wherever a person may write `base`; what is written is always `base`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from convonet.errors import ParamError
from convonet.params import DataParams, HyperParams, SearchSpace, fields_of, load_hyper, split_setting
from convonet.params.files import hyper_to_dict, kind_of, save_hyper


def test_a_file_may_name_the_backbone(tmp_path: Path) -> None:
    file = tmp_path / "hyper.json"
    file.write_text(json.dumps({"backbone": ["mobilenet_v2", "resnet50"], "epochs": 2}))
    space = load_hyper(file)
    assert space.varied == ("base",)
    assert (space.first().base, space.first().family) == ("mobilenet_v2", "transfer")
    save_hyper(file, space)
    assert "backbone" not in json.loads(file.read_text())
    assert hyper_to_dict(space)["base"] == ["mobilenet_v2", "resnet50"]
    assert kind_of({"backbone": "resnet50"}) == "hyper"


def test_a_typed_setting_may_name_the_backbone() -> None:
    known = fields_of(DataParams) | fields_of(HyperParams)
    name, texts = split_setting("backbone=mobilenet_v2,resnet50", known)
    assert (name, texts) == ("base", ["mobilenet_v2", "resnet50"])
    space = SearchSpace.of({"base": "vgg16"}).changed({"backbone": ["resnet50"]})
    assert space.first().base == "resnet50"
    assert SearchSpace.typed({"backbone_weights": ["local"]}, space).first().base_weights == "local"


def test_python_may_name_the_backbone() -> None:
    hyper = HyperParams.of({"backbone": "resnet50", "backbone_weights": "fetch"})
    assert hyper == HyperParams(base="resnet50", base_weights="fetch")
    assert hyper.changed(**{"backbone": "vgg16"}).base == "vgg16"
    assert SearchSpace({"backbone": ("vgg16",)}).first().base == "vgg16"


def test_a_condition_may_name_the_backbone() -> None:
    values = {"values": [10, 20], "when": {"backbone": "resnet50"}}
    space = SearchSpace.of({"backbone": ["resnet50", "vgg16"], "fine_tune_epochs": values})
    assert space.conditions == {"fine_tune_epochs": ("base", ("resnet50",))}


@pytest.mark.parametrize("read", [HyperParams.of, SearchSpace.of])
def test_both_names_at_once_are_a_fault(read: type[HyperParams]) -> None:
    with pytest.raises(ParamError) as error:
        read({"base": "vgg16", "backbone": "resnet50"})  # type: ignore[call-arg]
    assert error.value.faults == {"backbone": "backbone: means the same as base, which is also given"}


def test_a_typo_gets_the_near_word() -> None:
    for read in (HyperParams.of, SearchSpace.of):
        with pytest.raises(ParamError, match="did you mean backbone"):
            read({"backbon": "resnet50"})
