"""Networks in whole numbers of 8 bits: an ONNX file a quarter as large, from one in floating point and some images.

Static quantization: images of the training set show which values each map takes, and each map gets a scale for them.
Source: B. Jacob et al., Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference,
CVPR 2018. ONNX Runtime does the work.
"""

from __future__ import annotations

import logging
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from convonet.errors import ModelFileError
from convonet.inference.golden import Images
from convonet.nets.quiet_exporters import exporting
from convonet.nets.registry import INPUT_NAME
from convonet.scratch import Scratch

_BATCH = 16
_HEAVY = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


def quantize(source: Path, target: Path, images: Images) -> int:
    """Write an ONNX file whose layers with weights, and what lies between them, compute with 8 bits.

    Scaling, the last layer and the softmax stay in floating point: the last layer is small, and its weights on frozen
    features differ so much in size that 8 bits would not hold them. Weights have a scale for each output channel.

    Args:
        source: the ONNX file in floating point.
        target: where the new one goes; metadata is not copied.
        images: (N, height, width, channels) uint8, from the training set.

    Returns:
        How many bits of each weight are used; see `weight_bits`.

    Raises:
        ModelFileError: it has no layer whose weights can be quantized, or ONNX Runtime cannot do it.
    """
    bits = weight_bits()
    with Scratch() as folder, exporting("int8 ONNX"), _quiet():
        prepared = folder / "prepared.onnx"
        # Folds batch normalization into the convolutions, so that it is not quantized by itself.
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
            reduce_range=bits < 8,
            nodes_to_exclude=outside,
        )
    return bits


def weight_bits() -> int:
    """8; on x86 processors that are not known to have VNNI instructions 7, since sums of products overflow there."""
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return 8
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return 7
    return 8 if "vnni" in flags else 7


def _name_nodes(path: Path) -> list[str]:
    """Give every operation a name, and return those before the first and from the last one with weights on."""
    graph = onnx.load(path)
    nodes = list(graph.graph.node)
    for index, node in enumerate(nodes):
        # Operations are excluded by their names, and exporters leave some without.
        node.name = node.name or f"operation_{index}"
    onnx.save(graph, path)
    heavy = [index for index, node in enumerate(nodes) if node.op_type in _HEAVY]
    # The last layer stays in floating point, so one layer alone leaves nothing to quantize.
    if len(heavy) < 2:
        raise ModelFileError(
            "The network has no hidden layers with weights, so an 8-bit export has no advantage",
            hint="Export it as onnx",
        )
    return [node.name for index, node in enumerate(nodes) if not heavy[0] <= index < heavy[-1]]


class _Calibration(CalibrationDataReader):  # type: ignore[misc]
    """The images in small batches, as ONNX Runtime asks for them."""

    def __init__(self, images: Images) -> None:
        self._batches: Iterator[Images] = (
            images[start : start + _BATCH] for start in range(0, len(images), _BATCH)
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        # ONNX Runtime takes None as the end of the images.
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
