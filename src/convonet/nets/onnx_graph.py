"""The graph of an ONNX file, as Keras writes it or traced from the forward pass in torch."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx

from convonet.errors import ModelFileError
from convonet.inference.scaling import scale_of
from convonet.nets.backend import keras, name
from convonet.nets.net_model import NetModel
from convonet.nets.quiet_exporters import exporting
from convonet.nets.registry import INPUT_NAME
from convonet.nets.whole_network import probabilities

OUTPUT_NAME = "probabilities"


def name_ends(graph: onnx.ModelProto) -> None:
    """Give the output its name and both ends a batch of any size."""
    result = graph.graph.output[0]
    for node in graph.graph.node:
        for names in (node.input, node.output):
            names[:] = [OUTPUT_NAME if each == result.name else each for each in names]
    result.name = OUTPUT_NAME
    result.type.tensor_type.shape.dim[0].dim_param = "batch"


def write_graph(whole: keras.Model, shape: tuple[int, int, int], path: Path) -> None:
    """Write the graph that Keras makes of a whole network.

    Args:
        shape: of the pixels, height, width and channels.

    Raises:
        ModelFileError: this backend or a row of the network cannot be exported.
    """
    signature = [keras.InputSpec(shape=(None, *shape), dtype="float32", name=INPUT_NAME)]
    with exporting("ONNX"), _constant_padding():
        whole.export(path, format="onnx", verbose=False, input_signature=signature)


def write_traced(model: NetModel, path: Path) -> bool:
    """Write the graph of a network on a backbone from torch's own forward pass; False where that cannot be done.

    Maps keep one layout and frozen batch normalisation is folded into the convolutions: several times as fast in ONNX
    Runtime as the graph that Keras writes, which turns the axes around each convolution.
    """
    if name() != "torch" or model.info.base is None:
        return False
    # Torch need not be installed where another backend computes.
    import torch

    from convonet.nets.torch_path import constant_weights, create_forward

    info = model.info
    network: Any = create_forward(model.keras_model)
    if network is None:
        return False
    scale = None if info.inside else scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation)

    class Whole(torch.nn.Module):  # type: ignore[misc]
        def forward(self, pixels: Any) -> Any:
            x = pixels
            if scale is not None:
                factor, offset = (torch.tensor(part, dtype=torch.float32) for part in scale)
                x = x * factor + offset
            return probabilities(network(x, False), info)

    example = torch.zeros((2, *info.pixels.shape))
    axes = {INPUT_NAME: {0: "batch"}, OUTPUT_NAME: {0: "batch"}}
    try:
        with exporting("ONNX"), torch.no_grad(), constant_weights(model.keras_model):
            torch.onnx.export(
                Whole(),
                (example,),
                path,
                dynamo=False,
                input_names=[INPUT_NAME],
                output_names=[OUTPUT_NAME],
                dynamic_axes=axes,
            )
    except ModelFileError:
        return False
    return True


@contextlib.contextmanager
def _constant_padding() -> Iterator[None]:
    """Let `same` padding be numbers in the traced graph.

    Keras 3.15 on torch computes it from traced sizes, and torch refuses to export a pooling (as of Xception, on an
    odd side) whose padding is no constant.
    """
    module = sys.modules.get("keras.src.backend.torch.nn")
    original = getattr(module, "_compute_padding_length", None)
    if module is None or original is None:
        yield
        return

    def constant(input_length: Any, *rest: Any) -> Any:
        return original(int(input_length), *rest)

    module._compute_padding_length = constant  # type: ignore[attr-defined]
    try:
        yield
    finally:
        module._compute_padding_length = original  # type: ignore[attr-defined]
