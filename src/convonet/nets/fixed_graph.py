"""The fixed part of a network, such as a frozen backbone, as an ONNX graph for a fast inference engine."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from convonet.errors import ModelFileError
from convonet.nets import backend
from convonet.nets.backend import keras
from convonet.nets.quiet_exporters import exporting

INPUT, OUTPUT = "pixels", "features"


def fixed_graph(fixed: keras.Model) -> bytes | None:
    """An ONNX graph from one image (1, H, W, C) uint8 to its features.

    Frozen batch normalisation is folded into the convolutions. The same weights give the same bytes.

    Returns:
        The file's content, or None where the network cannot be read as a graph of layers or exported.
    """
    if backend.name() != "torch":
        return None
    # Torch need not be installed where another backend computes.
    import torch

    from convonet.nets.torch_path import constant_weights, create_forward

    network: Any = create_forward(fixed)
    if network is None:
        return None

    class Fixed(torch.nn.Module):  # type: ignore[misc]
        def forward(self, pixels: Any) -> Any:
            return network(pixels.float(), False)

    made = io.BytesIO()
    # One image: its features must not depend on the others of a batch, not even in the last digits.
    example = torch.zeros((1, *fixed.input_shape[1:]), dtype=torch.uint8)
    try:
        with exporting("ONNX"), torch.no_grad(), constant_weights(fixed):
            torch.onnx.export(
                Fixed(), (example,), made, dynamo=False, input_names=[INPUT], output_names=[OUTPUT]
            )
    # No fault of the person's: Keras computes the same, only slower.
    except ModelFileError:
        return None
    return made.getvalue()


def features_by_keras(fixed: keras.Model, images: np.ndarray) -> np.ndarray:
    """The same features computed by Keras, for networks that have no graph; (N, …) float32."""
    return np.asarray(fixed.predict_on_batch(images.astype(np.float32)))
