"""The kernel explorer: convolution and pooling step by step, named kernels, and their arithmetic; numpy alone."""

from .arithmetic import LayerSize, MapSize, conv_params, output_side, same_padding
from .bench import KernelResult, apply_kernel, shown_as_picture, steps_at
from .named import KERNELS, Kernel, kernel_of
from .sliding import KernelStep, convolve, pool, step_at, steps
from .stacks import parse_layer, through_layers

__all__ = [
    "KERNELS",
    "Kernel",
    "KernelResult",
    "KernelStep",
    "LayerSize",
    "MapSize",
    "apply_kernel",
    "conv_params",
    "convolve",
    "kernel_of",
    "output_side",
    "parse_layer",
    "pool",
    "same_padding",
    "shown_as_picture",
    "step_at",
    "steps",
    "steps_at",
    "through_layers",
]
