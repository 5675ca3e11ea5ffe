"""The formats that a model can be exported to, as data: what each is for and what must be installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from convonet.errors import InputError, ParamError, nearest


@dataclass(frozen=True)
class ExportFormat:
    """One format.

    Attributes:
        suffix: of the file; empty for a folder.
        folder_word: what a folder's name ends with.
        module: what must be importable to write and check it, None where nothing more is needed.
        package: its name for pip.
        options: fields of an `ExportTask` that only some formats have.
    """

    name: str
    title: str
    description: str
    suffix: str
    module: str | None = None
    package: str = ""
    options: tuple[str, ...] = ()
    folder_word: str = "export"

    @property
    def installed(self) -> bool:
        """Whether what it needs is here."""
        # Only looked for, since importing such a package takes long.
        return self.module is None or importlib.util.find_spec(self.module) is not None


_FORMATS = (
    ExportFormat("onnx", "ONNX", "one file for ONNX Runtime and other programs that read ONNX", ".onnx"),
    ExportFormat(
        "onnx-int8",
        "8-bit ONNX",
        "a quarter of the size; accuracy and speed are compared with floating point",
        ".int8.onnx",
        options=("max_loss",),
    ),
    ExportFormat(
        "folder",
        "Folder",
        "ONNX, class names and a short script that predicts without Convonet",
        "",
    ),
    ExportFormat(
        "web",
        "Web page",
        "a folder of static files for any web server; images are classified in the browser and are not uploaded",
        "",
        options=("fetch", "runtime", "unchecked"),
        folder_word="web",
    ),
    ExportFormat("openvino", "OpenVINO", "for Intel processors", ".xml", "openvino", "openvino"),
    ExportFormat(
        "litert", "LiteRT", "for phones and small devices", ".tflite", "litert_torch", "litert-torch"
    ),
    ExportFormat("torch", "PyTorch", "a torch.export program, without Keras", ".pt2"),
)

EXPORT_FORMATS: Mapping[str, ExportFormat] = MappingProxyType({f.name: f for f in _FORMATS})


EXPORT_OPTIONS: tuple[str, ...] = tuple(dict.fromkeys(name for f in _FORMATS for name in f.options))
"""Options that only some formats have."""


def export_format(name: str, options: Iterable[str] = ()) -> ExportFormat:
    """The format of that name.

    Args:
        options: those of `EXPORT_OPTIONS` that are given.

    Raises:
        InputError: there is none, or what it needs is not installed.
        ParamError: it does not take one of the options.
    """
    found = EXPORT_FORMATS.get(name)
    if found is None:
        near = nearest(name, EXPORT_FORMATS)
        raise InputError(
            "There is no such format",
            expected=", ".join(EXPORT_FORMATS),
            received=name,
            hint=f"Did you mean {near}?" if near else None,
        )
    if not found.installed:
        plain = ", ".join(item.name for item in _FORMATS if item.module is None)
        raise InputError(
            f"Exporting to {found.title} needs the package {found.package}, which is not installed",
            hint=f"Run pip install {found.package}, or choose a format without extra packages: {plain}",
        )
    if wrong := [each for each in options if each not in found.options]:
        raise ParamError.of({each: f"{each}: the format {name} has no such option" for each in wrong})
    return found
