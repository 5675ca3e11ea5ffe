"""Networks in whole numbers of 8 bits: an ONNX file a quarter as large, from one in floating point and some images.

Static quantization: images of the training set show which values each map takes, and each map gets a scale for them.
Source: B. Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
CVPR 2018. ONNX Runtime does the work.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from convonet.errors import ModelFileError
from convonet.inference.golden import Images
from convonet.nets.export import exporting
from convonet.nets.registry import INPUT_NAME
from convonet.scratch import Scratch

_BATCH = 16
_HEAVY = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


def quantize(source: Path, target: Path, images: Images) -> None:
    """Write an ONNX file whose layers with weights, and what lies between them, compute with 8 bits.

    Scaling before the first of these layers and the softmax after the last stay in floating point. Weights have a
    scale for each output channel. They use 7 of their 8 bits: processors without VNNI instructions would overflow
    otherwise, and the same file has to give the same answers on them.

    Args:
        source: the ONNX file in floating point.
        target: where the new one goes; metadata is not copied.
        images: (N, height, width, channels) uint8, from the training set.

    Raises:
        ModelFileError: it has no layer with weights, or ONNX Runtime cannot quantize it.
    """
    with Scratch() as folder, exporting("int8 ONNX"), _quiet():
        prepared = folder / "prepared.onnx"
        # Folds batch normalization into the convolutions and removes what only the exporter needed.
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        outside = _name_nodes(prepared)
        quantize_static(
            str(prepared),
            str(target),
            _Calibration(images),
            quant_format=QuantFormat.QDQ,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            nodes_to_exclude=outside,
        )


def _name_nodes(path: Path) -> list[str]:
    """Give every operation a name, and return those before the first and after the last one with weights."""
    graph = onnx.load(path)
    nodes = list(graph.graph.node)
    for index, node in enumerate(nodes):
        node.name = node.name or f"operation_{index}"
    onnx.save(graph, path)
    heavy = [index for index, node in enumerate(nodes) if node.op_type in _HEAVY]
    if not heavy:
        raise ModelFileError("The network has no layer whose weights could be written in 8 bits")
    return [node.name for index, node in enumerate(nodes) if not heavy[0] <= index <= heavy[-1]]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """The images in small batches, as ONNX Runtime asks for them."""

    def __init__(self, images: Images) -> None:
        self._batches: Iterator[Images] = (
            images[start : start + _BATCH] for start in range(0, len(images), _BATCH)
        )

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._batches, None)
        return None if batch is None else {INPUT_NAME: batch.astype(np.float32)}


@contextmanager
def _quiet() -> Iterator[None]:
    """ONNX Runtime's quantizer warns through the root logger of what is done here anyway."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
