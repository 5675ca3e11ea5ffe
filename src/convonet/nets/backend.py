"""The one door to keras: everything else writes `from convonet.nets.backend import keras`.

Keras imports scikit-learn, pandas, matplotlib and jax when it finds them, which costs seconds and 150 MB, for
wrappers and plots that are not used here. They are hidden from it while it is imported.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import numpy as np

from convonet.errors import ConvonetError, MissingPackageError
from convonet.hints import Hint, Spelling
from convonet.nets.uncompiled import without_compiler
from convonet.packages import installing, require

_DOCTOR = Spelling("`convonet doctor` in a terminal", "`convonet doctor`", "`convonet doctor` on the server")
_UNUSED = ("sklearn", "pandas", "matplotlib", "jax")
# Of glibc's malloc.h; the largest piece that may be kept is fixed there.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT, _MOST_KEPT = 2**25, 2**29


@contextmanager
def _hidden(*names: str) -> Iterator[None]:
    """Make `import NAME` fail inside the block for each package that nobody has imported so far."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in absent:
            if name in sys.modules and sys.modules[name] is None:
                del sys.modules[name]


_BACKENDS = ("torch", "jax", "tensorflow")


def _install(wanted: str) -> str:
    """How to get a backend; the extra of Convonet where there is one."""
    if wanted == "jax":
        return "Run pip install 'convonet[jax]'"
    return f"Run pip install {wanted}" if wanted in _BACKENDS else "Set it to one of these backends"


def _check_backend(wanted: str) -> None:
    if wanted == "torch":
        require("torch")
    if wanted not in _BACKENDS or find_spec(wanted) is None:
        raise ConvonetError(
            "KERAS_BACKEND names a backend that cannot be used",
            expected=", ".join(name for name in _BACKENDS if find_spec(name) is not None),
            received=wanted,
            hint=f"{_install(wanted)}, or unset the variable to use torch",
        )


if find_spec("keras") is None:
    raise MissingPackageError(
        "Keras is not installed, so only ONNX files made by Convonet can be used",
        expected="keras and torch, which training, explaining and .keras files need",
        hint=installing("keras"),
    )
os.environ.setdefault("KERAS_BACKEND", "torch")
_check_backend(os.environ["KERAS_BACKEND"])
# Threads that wait for one another sleep instead of spinning: beside another busy process a training step is then
# ten times as fast, and the results are the same.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
with _hidden(*(package for package in _UNUSED if package != os.environ["KERAS_BACKEND"])):
    if os.environ["KERAS_BACKEND"] == "torch":
        import torch  # noqa: F401  It may look for its compiler; keras alone is not to load it.
    with without_compiler():
        import keras
        from keras import ops

        # Where `use_device` says what keras shall compute on.
        from keras.src.backend.common import global_state

# The person's keras.json may be of another course. It could turn the axes round, while here images are (N, height,
# width, channels), or compute with half of the digits.
keras.config.set_image_data_format("channels_last")
keras.config.set_floatx("float32")
keras.config.set_epsilon(1e-7)

__all__ = [
    "device_name",
    "devices",
    "forget_session",
    "keep_memory",
    "keras",
    "name",
    "numbers",
    "ops",
    "put",
    "set_threads",
    "threads",
    "use_device",
    "versions",
]


def name() -> str:
    """The backend that runs: `torch`, `jax` or `tensorflow`."""
    return str(keras.backend.backend())


def forget_session() -> None:
    """Let keras forget the networks of this process: names that it has given, and its own state."""
    device = _chosen_device()
    with without_compiler():
        keras.utils.clear_session(free_memory=False)
    _choose_device(device)


def use_device(wanted: str) -> str:
    """Let the networks that are made from now on in this process compute on a device; gives its name, such as `cuda:0`.

    Args:
        wanted: `auto`, `cpu`, `cuda`, `cuda:1` or `mps`; `auto` is the accelerator where there is one.

    Raises:
        ConvonetError: the device is not there, or the backend is not torch and chooses by itself.
    """
    if name() != "torch":
        if wanted == "auto":
            return device_name()
        raise ConvonetError(
            f"The backend {name()} chooses its device itself",
            received=f"device={wanted}",
            hint="Set device (Device) to auto, or the variable KERAS_BACKEND to torch",
        )
    there = devices()
    aliases = {"auto": there[min(1, len(there) - 1)], "cuda": "cuda:0"}
    chosen = aliases.get(wanted, wanted)
    if chosen not in there:
        raise ConvonetError(
            f"The device {wanted} is not available",
            expected=f"auto or one of {', '.join(there)}",
            received=wanted,
            hint=Hint.of(
                "Run {} to see the devices of this machine",
                _DOCTOR,
                window="Set Device to one of these on the Parameters page",
            ),
        )
    # As keras is without a choice, so that a network that is opened later is on the same device.
    _choose_device(None if wanted == "auto" else chosen)
    return chosen


def devices() -> list[str]:
    """The devices of this machine that torch can compute on: `cpu`, then accelerators."""
    torch = _torch()
    found = ["cpu", *(f"cuda:{index}" for index in range(torch.cuda.device_count()))]
    return [*found, "mps"] if torch.backends.mps.is_available() else found


def _chosen_device() -> str | None:
    """The device that `use_device` has set; None where keras chooses."""
    chosen = global_state.get_global_attribute("torch_device", None)
    return None if chosen is None else str(chosen)


def _choose_device(device: str | None) -> None:
    # Not `keras.device`, which is a block: a network that is trained inside of one would have to be used inside of it.
    global_state.set_global_attribute("torch_device", device)


def numbers(variable: Any) -> np.ndarray:
    """What a variable holds. It may be its own memory, so whoever keeps it copies it."""
    if name() == "torch" and variable.dtype != "bfloat16":  # which numpy does not know
        held: np.ndarray = variable.value.detach().cpu().numpy()
        return held
    return np.asarray(ops.convert_to_numpy(variable))


def put(variable: Any, values: np.ndarray | float) -> None:
    """Give a variable other numbers; on torch without what `assign` looks at, which takes a tenth of a millisecond.

    Args:
        values: of the variable's shape and kind.
    """
    if name() == "torch":
        torch = _torch()
        with torch.no_grad():
            variable.value.copy_(torch.as_tensor(values))
    else:
        variable.assign(values)


def _torch() -> Any:
    # Torch need not be installed where another backend computes.
    import torch

    return torch


def keep_memory() -> None:
    """Let this process keep the memory of its feature maps between steps, instead of asking the system each time.

    Maps of some megabytes are otherwise given back and taken anew in each step, and every page of them is zeroed by
    the system: a quarter of the time of a small network. Only glibc needs to be told.
    """
    if sys.platform != "linux":
        return
    tell = getattr(ctypes.CDLL(None), "mallopt", None)
    if tell is not None:
        tell(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        tell(_M_TRIM_THRESHOLD, _MOST_KEPT)


def set_threads(count: int) -> None:
    """Compute with `count` threads (≥ 1). Other numbers of threads give other last digits.

    Under JAX the number of threads is fixed when the process starts; a request is refused there unless the
    process may use exactly that many processors.

    Raises:
        ConvonetError: the backend has started with a different number.
    """
    if name() == "torch":
        _torch().set_num_threads(count)
    elif name() == "tensorflow":
        _set_tensorflow_threads(count)
    elif count != _processors():
        raise ConvonetError(
            "JAX always uses all processors available to its process",
            expected=f"{_processors()} threads",
            received=count,
            hint="Limit the process to fewer processors, or use KERAS_BACKEND=torch",
        )


def threads() -> int:
    """How many threads compute."""
    if name() == "torch":
        return int(_torch().get_num_threads())
    return _processors()


def _processors() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _set_tensorflow_threads(count: int) -> None:
    # TensorFlow need not be installed where another backend computes.
    import tensorflow

    threading = tensorflow.config.threading
    try:
        threading.set_intra_op_parallelism_threads(count)
        threading.set_inter_op_parallelism_threads(1)
    except RuntimeError as error:
        raise ConvonetError(
            "TensorFlow has already started with a different number of threads",
            expected=threading.get_intra_op_parallelism_threads(),
            received=count,
        ) from error


def device_name() -> str:
    """What computes, in words: `CPU` or the accelerator's name."""
    if name() == "torch":
        torch, chosen = _torch(), _chosen_device()
        if chosen == "cpu":
            return "CPU"
        if torch.cuda.is_available():
            return str(torch.cuda.get_device_name(chosen))
        return "Apple GPU (MPS)" if torch.backends.mps.is_available() else "CPU"
    found = keras.distribution.list_devices()
    return "CPU" if not found or found[0].startswith("cpu") else str(found[0])


def versions() -> dict[str, str]:
    """The versions that decide the numbers: package → version, absent packages left out."""
    found = {"keras": str(keras.__version__), "backend": name()}
    for package in (name(), "numpy", "onnx", "onnxruntime"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
