"""What `export --format onnx-int8` prints: the 8-bit network beside its original, in sentences for persons."""

from __future__ import annotations

from typing import Any

from convonet.cli.network import _beside_float
from convonet.documents.exports import Int8Export


def _numbers(accuracy: float, size: int, speed: float) -> dict[str, Any]:
    interval = [accuracy - 0.01, accuracy + 0.01]
    per_second = {"1": speed, "32": 2 * speed}
    return {
        "accuracy": accuracy,
        "accuracy_interval": interval,
        "bytes": size,
        "images_per_second": per_second,
    }


def test_an_8_bit_network_is_compared_in_words() -> None:
    made = Int8Export.of(
        {
            "format": "onnx-int8",
            "path": "model.int8.onnx",
            "split": "val",
            "images": 1200,
            "accuracy_loss": 0.005,
            "accuracy_loss_interval": [-0.002, 0.012],
            "only_float_correct": 8,
            "only_int8_correct": 2,
            "changed_predictions": 15,
            "largest_difference": 0.2,
            "float": _numbers(0.98, 4 * 2**20, 1000.0),
            "int8": _numbers(0.975, 2**20, 2500.0),
            "max_loss": 0.01,
            "calibration_images": 200,
            "weight_bits": 8,
            "threads": None,
            "processor": "",
            "versions": {},
        }
    )
    assert list(_beside_float(made)) == [
        "Size: 1.00 MiB (4.00 MiB in floating point)",
        "Speed with 1 image at a time: 2,500 images/s (1,000 in floating point, 2.5×)",
        "Speed with 32 images at a time: 5,000 images/s (2,000 in floating point, 2.5×)",
        "Accuracy on 1,200 validation images: 97.5% (98.0% in floating point); drop 0.5 percentage points "
        "(95% CI -0.2 to 1.2)",
    ]
