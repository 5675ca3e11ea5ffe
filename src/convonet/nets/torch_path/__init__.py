"""The same network as torch would be written by hand: torch's own axes and layouts, on Keras' own weights.

Only imported where torch is the backend.
"""

from __future__ import annotations

from convonet.nets.torch_path.forward import TorchForward, create_forward
from convonet.nets.torch_path.layout import constant_weights, lay_out

__all__ = ["TorchForward", "constant_weights", "create_forward", "lay_out"]
