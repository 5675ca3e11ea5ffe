"""What the person gave on the command line, as parameters."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from convonet.params import DataParams, SearchSpace
    from convonet.params.fields import ParamModel


def data_params(
    file: Path | None,
    settings: Sequence[str] | None = None,
    *,
    known: DataParams | None = None,
    **given: Any,
) -> DataParams:
    """The data parameters: the file's, else those that are known, then single options, then --set."""
    from convonet.errors import InputError
    from convonet.params import DataParams, load_data

    data = load_data(file) if file is not None else known or DataParams()
    values = {name: value for name, value in given.items() if value is not None}
    values |= {name: texts[0] for name, texts in _settings(settings, DataParams).items()}
    if values:
        data = data.changed(**values)
    if file is None and data.train_dir is None and data.test_dir is None:
        raise InputError(
            "No images were given",
            expected="--data FILE or --train-dir DIR",
            hint="`convonet samples` writes a set",
        )
    return data


def search_space(file: Path | None, settings: Sequence[str] | None, **given: Any) -> SearchSpace:
    """The hyper parameters with their alternatives: the file's, then --set, then single options."""
    from convonet.params import HyperParams, SearchSpace, load_hyper

    space = SearchSpace() if file is None else load_hyper(file)
    texts: dict[str, Sequence[Any]] = dict(_settings(settings, HyperParams))
    texts |= {name: [value] for name, value in given.items() if value is not None}
    return space.changed(texts) if texts else space


def _settings(settings: Sequence[str] | None, model: type[ParamModel]) -> Mapping[str, list[str]]:
    """Those --set that name a parameter of `model`; a name that nobody knows is an error."""
    from convonet.params import DataParams, HyperParams, fields_of, split_setting

    known = fields_of(DataParams) | fields_of(HyperParams)
    pairs = dict(split_setting(setting, known) for setting in settings or [])
    return {name: texts for name, texts in pairs.items() if name in fields_of(model)}


def present(paths: Sequence[Path]) -> tuple[str, ...]:
    """Images and folders as they were given; an error when none of them is there."""
    from convonet.errors import InputError

    missing = [str(path) for path in paths if not os.path.exists(path)]
    if len(missing) == len(paths):
        raise InputError("There is no such image or folder", where=", ".join(missing))
    return tuple(str(path) for path in paths)


def parent_folder(out: Path | None, data: DataParams | None) -> Path:
    """Where a run goes: --out, else the results folder of the data parameters, else ./runs."""
    if out is not None:
        return out
    return Path(data.result_dir).expanduser() if data is not None and data.result_dir else Path("runs")
