"""Files as Keras 2 wrote them, made by hand: its own way to describe layers and to lay out weights."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

Weights = Mapping[str, Mapping[str, Any]]
"""By the name of the top layer: names in the file, such as `conv/kernel:0`, and arrays."""


def layer(kind: str, name: str, *, after: Any = None, **config: Any) -> dict[str, Any]:
    """The description of one layer; `after` is its `inbound_nodes`, or the name of the layer before it."""
    made: dict[str, Any] = {
        "class_name": kind,
        "config": {"name": name, "trainable": True, "dtype": "float32"},
    }
    made["config"] |= config
    if after is not None:
        nodes = [[[after, 0, 0, {}]]] if isinstance(after, str) else after
        made |= {"name": name, "inbound_nodes": nodes}
    return made


def entry(name: str, shape: Iterable[int], *, inside_functional: bool = False) -> dict[str, Any]:
    """An InputLayer."""
    nodes = {"after": []} if inside_functional else {}
    return layer("InputLayer", name, batch_input_shape=[None, *shape], sparse=False, ragged=False, **nodes)


def sequential(name: str, *layers: dict[str, Any]) -> dict[str, Any]:
    """A sequential network."""
    return {"class_name": "Sequential", "config": {"name": name, "layers": list(layers)}}


def functional(
    name: str, first: str, last: str, *layers: dict[str, Any], kind: str = "Functional"
) -> dict[str, Any]:
    """A functional network with one input and one output."""
    ends = {"input_layers": [[first, 0, 0]], "output_layers": [[last, 0, 0]]}
    return {"class_name": kind, "config": {"name": name, "layers": list(layers)} | ends}


def write_h5(path: Path, config: Any, weights: Weights, version: str | None = "2.4.0") -> Path:
    """An `.h5` file of a whole model."""
    with h5py.File(path, "w") as file:
        if version is not None:
            file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(config)
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in weights]
        for top, held in weights.items():
            group = root.create_group(top)
            group.attrs["weight_names"] = [name.encode() for name in held]
            for name, values in held.items():
                group[name] = np.asarray(values, np.float32)
    return path


def write_keras(path: Path, config: Any, weights: Mapping[str, Any], version: str = "2.15.0") -> Path:
    """A `.keras` file; weights by their path in it, such as `layers/dense/vars/0`."""
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        for name, values in weights.items():
            file[name] = np.asarray(values, np.float32)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("model.weights.h5", held.getvalue())
    return path
