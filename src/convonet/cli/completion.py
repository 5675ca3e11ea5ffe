"""What the shell offers behind Tab: parameter names and values, run ids, export formats, networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from convonet.params import FAMILIES, DataParams, HyperParams, fields_of
from convonet.runs import RunStore
from convonet.tasks.export_formats import EXPORT_FORMATS


def settings(incomplete: str) -> list[str]:
    """`NAME=` for each parameter and, after the `=`, its values if there are few."""
    fields = {**fields_of(HyperParams), **fields_of(DataParams)}
    name, equals, value = incomplete.partition("=")
    if not equals:
        return [f"{field}=" for field in fields if field.startswith(name)]
    if name not in fields:
        return []
    values = tuple(FAMILIES) if name == "family" else fields[name].choices
    if fields[name].kind == "bool":
        values = ("true", "false")
    return [f"{name}={choice}" for choice in values if str(choice).startswith(value)]


def runs(incomplete: str) -> list[str]:
    """Ids of known runs, the newest first."""
    return [run.id for run in RunStore(Path("runs")).known() if run.id.startswith(incomplete)]


def models(incomplete: str) -> list[str]:
    """Ids of known runs and model files in this folder."""
    return [*runs(incomplete), *_model_files(incomplete)]


def formats(incomplete: str) -> list[str]:
    """Names of export formats."""
    return [name for name in EXPORT_FORMATS if name.startswith(incomplete)]


def families(incomplete: str) -> list[str]:
    """Names of families of networks."""
    return [name for name in FAMILIES if name.startswith(incomplete)]


def _model_files(incomplete: str) -> Iterator[str]:
    for path in sorted(Path().glob(f"{_escaped(incomplete)}*")):
        if path.suffix in (".keras", ".h5", ".onnx"):
            yield str(path)


def _escaped(text: str) -> str:
    """Text escaped for a file name pattern."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in text)
