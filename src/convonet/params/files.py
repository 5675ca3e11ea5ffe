"""Parameter files: JSON, read from any version, written whole."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Literal

from convonet.atomic import write_json
from convonet.errors import InputError, ParamError, nearest
from convonet.json_values import JsonObject
from convonet.params.data_params import DataParams
from convonet.params.fields import ParamValues, fields_of
from convonet.params.hyper_params import HyperParams
from convonet.params.migrations import FORMAT_VERSION, VERSION_KEY, migrated
from convonet.params.search_space import SearchSpace

ParamKind = Literal["data", "hyper"]

_MAX_BYTES = 4 * 2**20
_PATHS = ("train_dir", "test_dir", "val_dir", "image_dir")


def read_object(path: str | os.PathLike[str]) -> JsonObject:
    """The JSON object in a file.

    Raises:
        InputError: no such file, not JSON, or not an object.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            # One byte more than is allowed says that there is more, without reading all of a wrong file.
            content = file.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ParamError(
                "The file is too large for a parameter file", where=path, expected="at most 4 MiB"
            )
        # Editors on Windows put a mark before the text.
        value = json.loads(content.decode("utf-8-sig"))
    except FileNotFoundError as error:
        raise InputError("The parameter file does not exist", where=path, hint=_near_file(path)) from error
    except OSError as error:
        raise InputError(f"The parameter file cannot be read: {error.strerror}", where=path) from error
    except UnicodeDecodeError as error:
        raise ParamError("The parameter file is not UTF-8 text", where=path, expected="JSON") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}: {error.msg}"
        raise ParamError(
            "The parameter file is not JSON",
            where=path,
            expected="JSON",
            received=place,
            hint=backslash_hint(error.msg),
        ) from error
    # Python refuses integers of more than 4,300 digits, and nesting deeper than its stack.
    except (ValueError, RecursionError) as error:
        raise ParamError(
            "The parameter file contains a value that no parameter can have", where=path, reason=str(error)
        ) from error
    if not isinstance(value, dict):
        raise ParamError(
            "The parameter file is not a JSON object",
            where=path,
            expected='{"name": value, …}',
            received=type(value).__name__,
        )
    return value


def backslash_hint(fault: str) -> str | None:
    """What to do about the commonest fault of JSON that holds a path of Windows."""
    if "escape" not in fault.lower():
        return None
    return "In JSON, write a backslash twice, as in C:\\\\cats, or use a forward slash, as in C:/cats"


def _near_file(path: Path) -> str | None:
    if not path.parent.is_dir():
        return None
    near = nearest(path.name, [entry.name for entry in path.parent.iterdir()])
    return f"Did you mean {near}?" if near else None


def load_data(path: str | os.PathLike[str]) -> DataParams:
    """Data parameters from a file of any version, the reference application's included.

    A folder in it is taken as it stands; if it is relative and not found from the current folder, it is
    looked for beside the file.

    Raises:
        InputError: all faults at once.
    """
    path = Path(path)
    values = migrated("data", read_object(path), path)
    for name in _PATHS:
        value = values.get(name)
        if (
            isinstance(value, str)
            and value
            and not os.path.exists(value)
            # A parameter file is often kept beside its images, and read from elsewhere.
            and os.path.exists(path.parent / value)
        ):
            values[name] = str(path.parent / value)
    return DataParams.of({name: None if value == "" else value for name, value in values.items()}, path)


def load_hyper(path: str | os.PathLike[str]) -> SearchSpace:
    """A search space from a file of any version; `.first()` is what a single training takes.

    Raises:
        InputError: all faults at once.
    """
    return SearchSpace.of(migrated("hyper", read_object(path), path), Path(path))


def data_to_dict(data: DataParams) -> JsonObject:
    """The JSON object of a data-parameter file."""
    values = data.set_values()
    if data.image_size is not None:
        height, width = data.image_size
        values["image_size"] = height if height == width else [height, width]
    return {VERSION_KEY: FORMAT_VERSION} | {
        k: list(v) if isinstance(v, tuple) else v for k, v in values.items()
    }


def hyper_to_dict(space: SearchSpace) -> JsonObject:
    """The JSON object of a hyperparameter file."""
    return {VERSION_KEY: FORMAT_VERSION} | space.to_dict()


def save_data(path: str | os.PathLike[str], data: DataParams) -> None:
    """Write a data-parameter file, whole or not at all."""
    write_json(Path(path), data_to_dict(data))


def save_hyper(path: str | os.PathLike[str], space: SearchSpace | HyperParams) -> None:
    """Write a hyperparameter file, whole or not at all."""
    space = SearchSpace.single(space) if isinstance(space, HyperParams) else space
    write_json(Path(path), hyper_to_dict(space))


def kind_of(values: Iterable[str]) -> ParamKind:
    """Whether an object holds data or hyperparameters, by the names in it.

    Raises:
        ParamError: it holds none of either.
    """
    data = sum(name in fields_of(DataParams) for name in values)
    hyper = sum(HyperParams.aliases.get(name, name) in fields_of(HyperParams) for name in values)
    if not data and not hyper:
        raise ParamError(
            "The file contains no known parameter", received=", ".join(values) or "an empty object"
        )
    return "data" if data >= hyper else "hyper"


def preset_names(kind: ParamKind) -> list[str]:
    """The names of the presets that ship with the software."""
    folder = resources.files("convonet.params") / "presets"
    return sorted(
        entry.name.removesuffix(f".{kind}.json")
        for entry in folder.iterdir()
        if entry.name.endswith(f".{kind}.json")
    )


def preset(kind: ParamKind, name: str) -> ParamValues:
    """The object of a preset.

    Raises:
        ParamError: no preset of that name; the nearest is offered.
    """
    names = preset_names(kind)
    if name not in names:
        near = nearest(name, names)
        raise ParamError(
            "Unknown preset",
            expected=", ".join(names),
            received=name,
            hint=f"Did you mean {near}?" if near else None,
        )
    source = resources.files("convonet.params") / "presets" / f"{name}.{kind}.json"
    value: ParamValues = json.loads(source.read_text(encoding="utf-8"))
    return value
