"""One file a family. Importing this package registers them all."""

from convonet.nets.families import convonet, dense, logistic, simple
from convonet.nets.families.base import BUILDERS, Build, register

__all__ = ["BUILDERS", "Build", "convonet", "dense", "logistic", "register", "simple"]
