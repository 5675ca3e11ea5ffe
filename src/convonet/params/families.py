"""The families of networks and the parameters that each one takes, as data. `nets` builds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from convonet.errors import ParamError, nearest
from convonet.params.fields import fields_of

if TYPE_CHECKING:
    from convonet.params.hyper_params import HyperParams


@dataclass(frozen=True)
class FamilyInfo:
    """What a person may know of a family before anything heavy is loaded.

    Attributes:
        defaults: the hyperparameters that the family takes, with its own defaults.
        source: where the network comes from.
    """

    name: str
    title: str
    description: str
    source: str
    defaults: Mapping[str, Any] = field(default_factory=dict)

    def values(self, hyper: HyperParams) -> dict[str, Any]:
        """What the network is built with: the person's values, else the family's own."""
        # Only what the family knows: its builder takes no other arguments.
        own = dict(self.defaults)
        return own | {name: getattr(hyper, name) for name in own if getattr(hyper, name) is not None}

    def ignored(self, hyper: HyperParams) -> list[str]:
        """Network parameters that the person set and that this family does not take."""
        # A family without a backbone has nothing to fine-tune.
        groups = ("Network",) if "base" in self.defaults else ("Network", "Fine-tuning")
        network = [
            f.name for f in fields_of(type(hyper)).values() if f.group in groups and f.name != "family"
        ]
        return [
            n for n in network if hyper.is_set(n) and getattr(hyper, n) is not None and n not in self.defaults
        ]


_SHARED = {"batch_norm": "none", "l2": 0.0, "leaky_slope": 0.2, "output": "softmax"}
_CONV = _SHARED | {
    "padding": "same",
    "pooling": "max",
    "global_pooling": "none",
    "spatial_drop": False,
}

_CUSTOM = (
    {"type": "conv", "filters": 32, "padding": "valid"},
    {"type": "pool"},
    {"type": "conv", "filters": 64, "padding": "valid"},
    {"type": "pool"},
    {"type": "flatten"},
    {"type": "dense", "units": 128},
    {"type": "drop", "rate": 0.5},
)

_HEAD = (
    {"type": "global_pool"},
    {"type": "dense", "units": 128},
    {"type": "norm"},
    {"type": "drop", "rate": 0.5},
)

_FAMILIES = (
    FamilyInfo(
        "convonet",
        "Convonet",
        "Two convolutions with pooling, one dense layer with dropout. A good starting point for small images.",
        "the default network of this application",
        {"num_filters": 32, "kernel_size": 3, "num_units": 512, "activation": "relu", "drop_out": 0.2}
        | _CONV,
    ),
    FamilyInfo(
        "simple",
        "Simple CNN",
        "One convolution with pooling and the output layer: the smallest CNN.",
        "a textbook example",
        {"num_filters": 32, "kernel_size": 3, "activation": "relu", "drop_out": 0.0}
        | _CONV
        | {"padding": "valid", "stride": 1},
    ),
    FamilyInfo(
        "logistic",
        "Logistic regression",
        "One dense layer on the pixels: the baseline that a CNN has to beat.",
        "multinomial logistic regression",
        {"l2": 0.0, "output": "softmax"},
    ),
    FamilyInfo(
        "dense",
        "Dense network",
        "Hidden dense layers, no convolution.",
        "multi-layer perceptron",
        {"hidden_units": (128,), "activation": "relu", "drop_out": 0.0} | _SHARED,
    ),
    FamilyInfo(
        "three_block",
        "Three blocks",
        "Three convolutions with pooling, each with twice as many filters as the one before, and one dense layer. For "
        "handwritten characters.",
        "a textbook example, for 55 Chinese characters",
        {"num_filters": 16, "kernel_size": 3, "num_units": 64, "activation": "relu", "drop_out": 0.0}
        | _CONV
        | {"output": "logits"},
    ),
    FamilyInfo(
        "lenet5",
        "LeNet-5",
        "The classic network for digits, with tanh and average pooling. Images smaller than 32×32 are padded with "
        "zeros.",
        "LeCun, Bottou, Bengio, Haffner 1998, with a softmax output",
        {"num_units": 84, "activation": "tanh", "drop_out": 0.0} | _SHARED | {"pooling": "average"},
    ),
    FamilyInfo(
        "alexnet",
        "AlexNet",
        "Five convolutions and two large dense layers, for 227×227 pixels; 62 million parameters with 1,000 classes.",
        "Krizhevsky, Sutskever, Hinton 2012, without the split over two GPUs",
        {"num_units": 4096, "activation": "relu", "drop_out": 0.5} | _SHARED | {"pooling": "max"},
    ),
    FamilyInfo(
        "vgg_small",
        "Small VGG",
        "Pairs of convolutions with batch normalization, dropout and L2; half the dropout rate after each "
        "block, the full rate after the dense layer. For small color images.",
        "a textbook example, after Simonyan, Zisserman 2014",
        {"num_filters": 32, "kernel_size": 3, "num_units": 512, "activation": "relu", "drop_out": 0.5}
        | _CONV
        | {"batch_norm": "after", "l2": 1e-4},
    ),
    FamilyInfo(
        "resnet_small",
        "Small ResNet",
        "Residual blocks in three stages, average pooling at the end; three blocks per stage make ResNet-20.",
        "He, Zhang, Ren, Sun 2015, with projections where the size changes",
        {"num_filters": 16, "kernel_size": 3, "num_blocks": 3, "activation": "relu", "drop_out": 0.0}
        | _SHARED
        | {"batch_norm": "before", "global_pooling": "average"},
    ),
    FamilyInfo(
        "custom",
        "Your own layers",
        "A network of your own layers.",
        "you",
        {"layers": _CUSTOM, "l2": 0.0, "leaky_slope": 0.2, "output": "softmax"},
    ),
    FamilyInfo(
        "transfer",
        "Transfer learning",
        "A network trained on other images, with a new head. For small data sets.",
        "a textbook example",
        {
            "base": "efficientnet_lite0",
            "base_weights": "local",
            "base_sha256": None,
            "head": _HEAD,
            "l2": 0.0,
            "leaky_slope": 0.2,
            "output": "softmax",
        },
    ),
)

FAMILIES: Mapping[str, FamilyInfo] = MappingProxyType({family.name: family for family in _FAMILIES})


def family_info(name: str) -> FamilyInfo:
    """The family of that name.

    Raises:
        ParamError: there is none; the nearest name is offered.
    """
    if name in FAMILIES:
        return FAMILIES[name]
    near = nearest(name, FAMILIES)
    sentence = f'family (Network): expected one of {", ".join(FAMILIES)}, received "{name}"'
    raise ParamError.of({"family": sentence + (f" (did you mean {near}?)" if near else "")})
