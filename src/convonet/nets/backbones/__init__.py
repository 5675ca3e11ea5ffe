"""Networks to build on: named ones with published weights, and any model file."""

from convonet.nets.backbones.blocks import block_names, freeze, release, silence
from convonet.nets.backbones.opening import Backbone, open_backbone

__all__ = ["Backbone", "block_names", "freeze", "open_backbone", "release", "silence"]
