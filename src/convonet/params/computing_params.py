"""Where and how exactly a training computes."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import field_validator

from convonet.params.fields import param
from convonet.params.values import ParamModel

Precision = Literal["float32", "bfloat16", "float16"]

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d{1,2})?")


def checked_device(value: str) -> str:
    """A device that PyTorch may have; ValueError for another word."""
    if not _DEVICE.fullmatch(value):
        raise ValueError(f"device (Device): expected auto, cpu, cuda, cuda:N or mps, received {value!r}")
    return value


class ComputingParams(ParamModel):
    """Group Computing."""

    device: str = param(
        "auto",
        "Device",
        "Device to train on: auto (a GPU if there is one), cpu, cuda (an NVIDIA GPU), cuda:1 (the second one) or "
        "mps (Apple).",
        group="Computing",
    )
    precision: Precision = param(
        "float32",
        "Precision",
        "Precision of the computations in training; weights, loss and scores stay in float32. bfloat16 is faster "
        "on newer GPUs and processors, float16 on GPUs only; both change the numbers slightly.",
        group="Computing",
    )
    workers: int = param(
        1,
        "Processes",
        "Number of processes among which each batch and the CPU threads are divided. Increase it to use several "
        "machines or processors. A different number changes the last digits of the results.",
        group="Computing",
        ge=1,
        le=64,
    )

    @field_validator("device")
    @classmethod
    def _check_device(cls, value: str) -> str:
        return checked_device(value)
