"""What the person gave on the command line, as parameters."""

from __future__ import annotations

import glob
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from convonet.errors import InputError, ParamError
from convonet.params import (
    DataParams,
    HyperParams,
    SearchSpace,
    fields_of,
    load_data,
    load_hyper,
    split_setting,
)
from convonet.params.values import ParamModel
from convonet.text import absolute


def data_params(
    file: Path | None,
    settings: Sequence[str] | None = None,
    *,
    known: DataParams | None = None,
    folder: str | None = None,
    folder_is: Literal["train_dir", "test_dir"] = "train_dir",
    expected: str = "a folder such as photos/, --train-dir DIR, or --data FILE",
    **given: Any,
) -> DataParams:
    """The data parameters: from the file or already known, then from single options, then from --set.

    Args:
        folder: the images that were given without an option.
        folder_is: the parameter that `folder` is a value of.
        expected: the ways in which this command takes images.

    Raises:
        InputError: no images were given, or two values for one set.
    """
    data = load_data(file) if file is not None else known or DataParams()
    values = {name: value for name, value in given.items() if value is not None}
    if folder is not None:
        _check_one_folder(folder, values.get(folder_is), folder_is)
        values[folder_is] = folder
    # A data parameter has one value, which may hold a comma: a folder's name does.
    values |= {name: ",".join(texts) for name, texts in _settings(settings, DataParams).items()}
    if values:
        data = data.changed(**values)
    # A file without images gets the error of the task that needs them, which names the set that lacks.
    if file is None and data.train_dir is None and data.test_dir is None:
        raise InputError(
            "No images were given",
            expected=expected,
            hint="`convonet samples` writes a sample set",
        )
    return data


_IMAGES_OF = {"train_dir": "training", "val_dir": "validation", "test_dir": "test"}


def _check_one_folder(folder: str, other: str | None, name: str) -> None:
    """Refuse a folder and an option that name different images for the same set."""
    # Scripts that give the same folder in both ways mean one thing.
    if other is None or absolute(other) == absolute(folder):
        return
    option = f"--{name.replace('_', '-')}"
    raise InputError(
        f"Two folders were given for the {_IMAGES_OF[name]} images",
        expected=f"either DIR or {option} DIR",
        received=f"{folder} and {option} {other}",
        hint="Give only one of them",
    )


def search_space(file: Path | None, settings: Sequence[str] | None, **given: Any) -> SearchSpace:
    """The hyperparameters with their alternatives: the file's, then --set, then single options."""
    space = SearchSpace() if file is None else load_hyper(file)
    texts: dict[str, Sequence[Any]] = dict(_settings(settings, HyperParams))
    texts |= {name: [value] for name, value in given.items() if value is not None}
    return space.changed(texts) if texts else space


def hyper_params(file: Path | None, settings: Sequence[str] | None, **given: Any) -> HyperParams:
    """The hyperparameters of a single training run; of several values in a file, the first one is used.

    Raises:
        ParamError: --set gives several values, of which all but one would be dropped.
    """
    space = search_space(file, settings, **given)
    faults = {
        name: f"{name}: expected one value, received {', '.join(texts)}; use `convonet tune` to try several"
        # Only --set is checked: a file may list alternatives for a search and serve a training as well.
        for name, texts in _settings(settings, HyperParams).items()
        if name in space.varied
    }
    if faults:
        raise ParamError.of(faults)
    return space.first()


def _settings(settings: Sequence[str] | None, model: type[ParamModel]) -> Mapping[str, list[str]]:
    """The --set options for parameters of `model`; an unknown name is an error."""
    # One --set takes both kinds, so a name is unknown only if neither has it.
    known = fields_of(DataParams) | fields_of(HyperParams)
    pairs = dict(split_setting(setting, known) for setting in settings or [])
    return {name: texts for name, texts in pairs.items() if name in fields_of(model)}


def moved_images(file: Path | None, **folders: str | None) -> DataParams | None:
    """The new folders of a run's images; None if none is given."""
    given = {name: folder for name, folder in folders.items() if folder is not None}
    if file is None and not given:
        return None
    return (load_data(file) if file is not None else DataParams()).changed(**given)


def present(paths: Sequence[Path]) -> tuple[str, ...]:
    """The given images and folders; an error if none of them exists."""
    found = [match for path in paths for match in _matching(str(path))]
    missing = [path for path in found if not os.path.exists(path)]
    # Some of many: the others are predicted, and each missing one gets a row with its error.
    if len(missing) == len(found):
        raise InputError("No such image or folder", where=", ".join(missing))
    return tuple(found)


def one_image(path: Path) -> Path:
    """The image file that was given, with its whole path; an error if it is a folder or is not there."""
    found = Path(_matching(str(path))[0]).resolve()
    if found.is_dir():
        raise InputError("This is a folder, not an image file", where=path, expected="an image file")
    if not os.path.exists(found):
        raise InputError("There is no such image", where=path)
    return found


def _matching(path: str) -> list[str]:
    """The files that match a pattern such as `*.png`: some shells, such as those of Windows, do not expand it."""
    if os.path.exists(path) or not glob.has_magic(path):
        return [path]
    return sorted(glob.glob(path)) or [path]
