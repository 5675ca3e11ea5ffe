"""One file a family. Importing this package registers them all."""

from convonet.nets.families import (
    alexnet,
    convonet,
    custom,
    dense,
    lenet5,
    logistic,
    resnet_small,
    simple,
    three_block,
    transfer,
    vgg_small,
)
from convonet.nets.families.base import BUILDERS, Build, register

__all__ = [
    "BUILDERS",
    "Build",
    "alexnet",
    "convonet",
    "custom",
    "dense",
    "lenet5",
    "logistic",
    "register",
    "resnet_small",
    "simple",
    "three_block",
    "transfer",
    "vgg_small",
]
