"""Networks to build on: named ones with published weights, and any model file."""

from convonet.nets.bases.blocks import block_names, freeze, release, silence
from convonet.nets.bases.opening import Base, open_base

__all__ = ["Base", "block_names", "freeze", "open_base", "release", "silence"]
