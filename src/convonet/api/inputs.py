"""What the calls take: parameters as values, dictionaries or files, and models as runs or files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from convonet.events import Event
from convonet.params import DataParams, HyperParams, SearchSpace, load_data, load_hyper

Data: TypeAlias = DataParams | Mapping[str, Any] | str | os.PathLike[str]
Hyper: TypeAlias = HyperParams | SearchSpace | Mapping[str, Any] | str | os.PathLike[str] | None
Listener: TypeAlias = Callable[[Event], None] | None


def data_of(data: Data) -> DataParams:
    """Data parameters from a value, a dictionary, a JSON file, or a folder of images."""
    if isinstance(data, DataParams):
        return data
    if isinstance(data, Mapping):
        return DataParams.of(data)
    path = Path(data)
    return load_data(path) if path.suffix.lower() == ".json" else DataParams.of({"train_dir": str(path)})


def hyper_of(hyper: Hyper) -> HyperParams:
    if hyper is None:
        return HyperParams()
    if isinstance(hyper, HyperParams):
        return hyper
    return space_of(hyper).first()


def space_of(hyper: Hyper) -> SearchSpace:
    if hyper is None or isinstance(hyper, HyperParams):
        return SearchSpace.single(hyper or HyperParams())
    if isinstance(hyper, SearchSpace):
        return hyper
    return SearchSpace.of(hyper) if isinstance(hyper, Mapping) else load_hyper(hyper)
