"""Formats beside ONNX that Keras writes itself: OpenVINO, LiteRT and torch. Each file is run and compared.

A file of description stands beside each, with class names, pixels, threshold and golden samples, since these
formats have no common place for them.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from convonet.atomic import json_text, replacing, write_text
from convonet.errors import OutputError
from convonet.inference.golden import Golden, Images, Probabilities
from convonet.inference.model_info import ModelInfo
from convonet.inference.quiet_openvino import openvino
from convonet.nets.backend import keras, name
from convonet.nets.export import (
    MADE_UP,
    check_equal,
    exported_info,
    kept_samples,
    reference_of,
    tolerance_of,
)
from convonet.nets.net_model import NetModel
from convonet.nets.onnx_graph import OUTPUT_NAME
from convonet.nets.onnx_metadata import plain_values
from convonet.nets.quiet_exporters import exporting
from convonet.nets.registry import INPUT_NAME
from convonet.nets.whole_network import with_all_inside
from convonet.scratch import Scratch
from convonet.tasks.export_formats import export_format

Shape = tuple[int, int, int]
Ask = Callable[[Images], Probabilities]


def export_as(
    format: str,
    model: NetModel,
    path: str | os.PathLike[str],
    *,
    samples: Images | None = None,
    source: str = MADE_UP,
    keras_sha256: str | None = None,
) -> float:
    """Write a model in one of Keras' own formats, with its description beside it, checked or not at all.

    The input is float32 0..255 of shape (batch, height, width, channels); the output is a probability for each
    class. LiteRT takes one image at a time.

    Args:
        format: `openvino`, `litert` or `torch`.
        path: where the main file goes; the description is beside it, with the ending `.json`.
        samples, source, keras_sha256: as of `export_onnx`.

    Returns:
        The largest difference of a probability from keras.

    Raises:
        InputError: what the format needs is not installed.
        ModelFileError: the network cannot be exported, or the two disagree.
        OutputError: the place cannot be written to.
    """
    found, path = export_format(format), Path(path)
    reference = reference_of(model, samples, source)
    whole = with_all_inside(model, reference.images)
    shape = model.info.pixels.shape
    with Scratch() as folder:
        made = folder / f"{path.stem}{found.suffix}"
        with exporting(found.title):
            _WRITERS[format](whole, shape, made)
            ask = _READERS[format](made)
        difference = check_equal(ask, reference, tolerance_of(model.info))
        # These formats give probabilities alone.
        info = exported_info(model.info, keras_sha256).changed(unknown=None)
        for file in sorted(folder.iterdir()):
            _put(file, path.with_suffix(file.suffix))
    write_text(path.with_suffix(".json"), description(info, kept_samples(reference), model.info.temperature))
    return difference


def description(info: ModelInfo, golden: Golden, temperature: float) -> str:
    """The file beside an export: plain values first, then what Convonet reads, then the golden samples."""
    values = plain_values(info, temperature)
    values |= {"convonet": json.loads(info.to_json()), "golden": golden.to_dict()}
    return json_text(values, indent=1) + "\n"


def _put(file: Path, target: Path) -> None:
    if target.is_dir():
        raise OutputError("A folder with this name already exists", where=target, expected="a file name")
    with replacing(target) as temporary:
        shutil.copyfile(file, temporary)


def _signature(shape: Shape, batch: int | None = None) -> list[keras.InputSpec]:
    return [keras.InputSpec(shape=(batch, *shape), dtype="float32", name=INPUT_NAME)]


def _write_openvino(whole: keras.Model, shape: Shape, file: Path) -> None:
    package = openvino()
    raw = file.with_name("raw.xml")
    whole.export(str(raw), format="openvino", verbose=False, input_signature=_signature(shape))
    graph = package.Core().read_model(raw)
    graph.reshape([-1, *shape])
    graph.inputs[0].set_names({INPUT_NAME})
    graph.outputs[0].set_names({OUTPUT_NAME})
    package.serialize(graph, file)
    del graph
    raw.unlink()
    raw.with_suffix(".bin").unlink()


def _read_openvino(file: Path) -> Ask:
    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    core = openvino().Core()
    network = core.compile_model(core.read_model(file), "CPU", exact)
    return lambda images: np.asarray(network(images.astype(np.float32))[0], np.float32)


def _write_torch(whole: keras.Model, shape: Shape, file: Path) -> None:
    # Torch need not be installed where another backend computes.
    import torch

    batch = {0: torch.export.Dim("batch", min=1, max=65536)}
    whole.export(
        str(file),
        format="torch",
        verbose=False,
        input_signature=_signature(shape),
        dynamic_shapes=batch,
    )


def _read_torch(file: Path) -> Ask:
    # Torch need not be installed where another backend computes.
    import torch

    network = torch.export.load(str(file)).module()

    def ask(images: Images) -> Probabilities:
        with torch.no_grad():
            answer = network(torch.from_numpy(images.astype(np.float32)))
        return np.asarray(answer.numpy(), np.float32)

    return ask


def _write_litert(whole: keras.Model, shape: Shape, file: Path) -> None:
    batch = 1 if name() == "torch" else None
    whole.export(str(file), format="litert", verbose=False, input_signature=_signature(shape, batch))


def _read_litert(file: Path) -> Ask:
    # An extra, which only this format needs.
    from ai_edge_litert.interpreter import Interpreter

    network = Interpreter(model_path=str(file))
    network.allocate_tensors()
    given, taken = network.get_input_details()[0]["index"], network.get_output_details()[0]["index"]

    def one(image: Images) -> Probabilities:
        network.set_tensor(given, image[np.newaxis].astype(np.float32))
        network.invoke()
        return np.asarray(network.get_tensor(taken)[0], np.float32)

    return lambda images: np.stack([one(image) for image in images])


_WRITERS: dict[str, Callable[[keras.Model, Shape, Path], None]] = {
    "openvino": _write_openvino,
    "torch": _write_torch,
    "litert": _write_litert,
}
_READERS: dict[str, Callable[[Path], Ask]] = {
    "openvino": _read_openvino,
    "torch": _read_torch,
    "litert": _read_litert,
}
