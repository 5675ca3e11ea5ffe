"""An exported folder: the ONNX file, its class names, golden samples, and a script that predicts by itself."""

from __future__ import annotations

import runpy
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from convonet.atomic import json_text, storage_error
from convonet.errors import ModelFileError, OutputError
from convonet.exporting.predict_script import CHECK, CHECK_SCRIPT, SCRIPT, predict_script
from convonet.exporting.samples import Samples
from convonet.inference.golden import Probabilities, golden_rows, largest_difference
from convonet.inference.labels import labels_text
from convonet.inference.model_info import ModelInfo
from convonet.json_values import JsonObject
from convonet.nets.export import export_onnx, exported_info, reference_of, tolerance_of
from convonet.nets.net_model import NetModel
from convonet.nets.onnx_metadata import plain_values
from convonet.text import counted

MODEL, ABOUT, LABELS, GOLDEN = "model.onnx", "model.json", "labels.txt", "golden"


def export_folder(model: NetModel, folder: Path, samples: Samples | None, keras_sha256: str) -> float:
    """Write the folder whole, or not at all. An earlier export there is replaced, nothing else.

    Args:
        samples: images to check with; noise where there are none.

    Returns:
        The largest difference of a probability from keras, through ONNX Runtime and through the script.

    Raises:
        ModelFileError: the network cannot be exported, or the script does not give the same answers.
        OutputError: something else is in the folder, or it cannot be written to.
    """
    images, source = (samples.images, samples.source) if samples else (None, "synthetic")
    reference = reference_of(model, images, source)
    with new_folder(folder, marks=(ABOUT, SCRIPT)) as made:
        difference = export_onnx(
            model, made / MODEL, samples=images, source=source, keras_sha256=keras_sha256
        )
        write_description(made, model.info)
        rows = golden_rows(len(reference.images), reference.images[0].nbytes)
        _write_golden(made / GOLDEN, reference.images, reference.probabilities, rows, samples)
        (made / SCRIPT).write_text(predict_script(model.info), encoding="utf-8")
        (made / CHECK).write_text(CHECK_SCRIPT, encoding="utf-8")
        (made / "README.md").write_text(_readme(model.info), encoding="utf-8")
        expected = reference.probabilities[rows]
        return max(difference, _check_script(made, expected, tolerance_of(model.info)))


@contextmanager
def new_folder(folder: Path, marks: Sequence[str]) -> Iterator[Path]:
    """A folder beside `folder` that takes its place when the block ends well.

    Args:
        marks: files by which an earlier export is known, which may be replaced.

    Raises:
        OutputError: something else is in the folder, or it cannot be written to.
    """
    # Nothing is replaced that we have not made.
    earlier = all((folder / mark).is_file() for mark in marks)
    if folder.exists() and not earlier and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            "The folder for the export is not empty",
            where=folder,
            expected="a new or empty folder, or an earlier export",
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name[:40]}-", dir=folder.parent) as above:
            made = Path(above) / "new"
            made.mkdir()
            yield made
            if folder.exists():
                # Two renames: the folder is missing for a moment, but it is never half of one.
                folder.rename(Path(above) / "old")
            made.rename(folder)
    except OSError as error:
        raise storage_error(error, folder) from error


def write_description(made: Path, info: ModelInfo, more: Mapping[str, Any] | None = None) -> None:
    """Write `model.json`, with `more` among its values, and `labels.txt`."""
    values = plain_values(exported_info(info), info.temperature) | dict(more or {})
    (made / ABOUT).write_text(json_text(values, indent=1) + "\n", encoding="utf-8")
    (made / LABELS).write_text(labels_text(info.classes), encoding="utf-8", errors="replace")


def _write_golden(
    folder: Path, images: np.ndarray, probabilities: Probabilities, rows: np.ndarray, samples: Samples | None
) -> None:
    """The files themselves where there are files, so that decoding is checked too; else PNG files of pixels."""
    folder.mkdir()
    answers: list[JsonObject] = []
    for place, row in enumerate(rows.tolist(), start=1):
        original = samples.files[row] if samples is not None and samples.files else None
        file = folder / f"{place}{original.suffix.lower() if original else '.png'}"
        if original is not None:
            shutil.copyfile(original, file)
        else:
            pixels = images[row]
            Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(file)
        item: JsonObject = {"file": file.name, "probabilities": probabilities[row].tolist()}
        answers.append(item | ({"class": samples.classes[row]} if samples is not None else {}))
    (folder / "golden.json").write_text(json_text(answers, indent=1) + "\n", encoding="utf-8")


def _check_script(made: Path, expected: Probabilities, tolerance: float) -> float:
    # The script itself is run, as whoever gets the folder will do.
    predict: Callable[[Path], Probabilities] = runpy.run_path(str(made / SCRIPT))["predict"]
    files = [next((made / GOLDEN).glob(f"{place}.*")) for place in range(1, len(expected) + 1)]
    received = np.stack([predict(file) for file in files])
    return largest_difference(expected, received, tolerance, _not_the_same)


def _not_the_same(expected: str, received: str) -> ModelFileError:
    return ModelFileError(
        "The exported script and the model give different probabilities, so no folder was written",
        expected=expected,
        received=received,
        hint="Check whether the images have changed since training. An export to onnx does not need them",
    )


def _readme(info: ModelInfo) -> str:
    names = ", ".join(info.classes[:20]) + (" …" if len(info.classes) > 20 else "")
    pixels = info.pixels
    colour = "grayscale" if pixels.channels == 1 else "color (RGB)"
    shape = f"(batch, {pixels.height}, {pixels.width}, {pixels.channels})"
    rule = ""
    if info.threshold is not None:
        positive = info.positive or info.classes[-1]
        rule = f"\n`{positive}` is predicted if its probability is {info.threshold:g} or higher.\n"
    unknown = ""
    if info.unknown is not None:
        unknown = (
            f"\nAn image with an `unknown_score` above {info.unknown.threshold:g} belongs to none of these "
            "classes.\n"
        )
    return f"""\
# An image classifier

It distinguishes {counted(len(info.classes), "class", "classes")}: {names}.
{rule}
{unknown}
    pip install onnxruntime pillow numpy
    python {SCRIPT} IMAGE ...

prints one JSON object for each image: the class, its probability, and the probabilities of all classes.
`python {CHECK}` checks whether the images in `{GOLDEN}/` still get the predictions recorded at export.

| file | contents |
|---|---|
| `{MODEL}` | the network: input `pixels`, float32 0..255, {shape}, {colour}; output `probabilities` |
| `{ABOUT}` | class names, how images are resized, threshold |
| `{LABELS}` | class names, one per line |
| `{SCRIPT}` | predicts; needs only ONNX Runtime, Pillow and NumPy |
| `{GOLDEN}/` | images with their probabilities |

Pixel scaling, temperature scaling and the conversion to probabilities are part of the network. `{SCRIPT}` reads
floating-point TIFF files differently from Convonet; all other images give the same pixels.
"""
