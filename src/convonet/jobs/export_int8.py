"""A network in 8 bits, beside the one in floating point: how large, how fast, and how much accuracy it costs."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray

from convonet.atomic import replacing
from convonet.data.data_prep import PreparedSet
from convonet.data.sources import has_set
from convonet.documents.evaluation import SPLIT_TITLES
from convonet.documents.exports import Int8Numbers, NetworkNumbers
from convonet.errors import DataError, InputError, ModelFileError
from convonet.events import FileSaved, StageStarted, Warned, Watch
from convonet.exporting.quantize import quantize
from convonet.exporting.samples import trained_on
from convonet.hints import Hint, option
from convonet.inference.decision import decide
from convonet.inference.golden import Golden, Images, golden_rows
from convonet.inference.onnx_model import OnnxModel
from convonet.jobs.evaluate_job import prepared_split
from convonet.metrics import PairedDifference, paired_difference, wilson
from convonet.nets.export import export_onnx, exported_info
from convonet.nets.net_model import NetModel
from convonet.nets.onnx_metadata import describe
from convonet.params import DataParams
from convonet.runs.environment import processor_name, versions
from convonet.scratch import Scratch
from convonet.tasks import EvaluateTask, ExportTask, Split

DEFAULT_MAX_LOSS = 0.01
TOLERANCE = 0.05
"""The largest difference of a probability when the file is opened elsewhere: a value that another processor rounds to
the neighbouring one of 256 moves all that follow."""

_CALIBRATION_IMAGES = 200
_CHECK_IMAGES = 200
_BATCHES = (1, 32)
_ROUNDS = 9
_SECONDS = 8.0


class _Judged(NamedTuple):
    """What both networks, that in floating point first, answer to the same images.

    Attributes:
        split: the set of the images.
        probabilities: of each network, (images, classes).
        labels, correct: what each predicts, and whether that is the image's class, (images,).
        loss: of accuracy, paired over the images.
    """

    split: str
    probabilities: list[NDArray[np.float32]]
    labels: list[NDArray[np.int64]]
    correct: list[NDArray[np.bool_]]
    loss: PairedDifference


def export_int8(model: NetModel, out: Path, task: ExportTask, watch: Watch) -> Int8Numbers:
    """Write the file and a JSON file of its numbers beside it, or nothing.

    Raises:
        InputError: there are no images to calibrate or compare with.
        ModelFileError: it cannot be quantized, or it loses more accuracy than `task.max_loss`.
    """
    model = _without_score(model, watch)
    data = task.data or trained_on(Path(task.model))
    if data is None:
        raise InputError(
            "An 8-bit export needs training images for calibration, but this model does not record its training images",
            where=task.model,
            hint=Hint.of(
                "Specify the data parameters with {}, or export the model's run",
                option("data"),
                window="On the Runs page, open the run that trained the model, then export it",
            ),
        )
    # Both networks see the same images, whether or not these have every class.
    data = data.changed(missing_classes="allow")
    calibration = _prepared(task, data, "train", model, watch)
    split, judged_on = _judged_images(task, data, model, watch)
    with Scratch() as folder:
        whole, small = folder / "float.onnx", folder / "int8.onnx"
        watch.tell(StageStarted(stage="export", title="Exporting to ONNX"))
        export_onnx(model, whole, samples=_some(judged_on.images, _CHECK_IMAGES), source=split)
        watch.tell(StageStarted(stage="quantize", title="Calibrating the 8-bit network"))
        images = _some(calibration.images, _CALIBRATION_IMAGES)
        bits = quantize(whole, small, images)
        _describe(small, model, None)
        watch.tell(StageStarted(stage="compare", title="Comparing with the floating-point network"))
        networks = [OnnxModel.load(path, threads=task.threads, check=False) for path in (whole, small)]
        judged = _judge(networks, judged_on, split, watch)
        speeds = _speeds(networks, judged_on.images, watch)
        document = Int8Numbers(
            split=split,
            images=len(judged_on.labels),
            accuracy_loss=judged.loss.value,
            accuracy_loss_interval=judged.loss.interval,
            only_float_correct=judged.loss.only_a,
            only_int8_correct=judged.loss.only_b,
            changed_predictions=int(np.count_nonzero(judged.labels[0] != judged.labels[1])),
            largest_difference=float(np.abs(judged.probabilities[0] - judged.probabilities[1]).max()),
            float_=_numbers(whole, judged.correct[0], speeds[0]),
            int8=_numbers(small, judged.correct[1], speeds[1]),
            max_loss=DEFAULT_MAX_LOSS if task.max_loss is None else task.max_loss,
            calibration_images=len(images),
            weight_bits=bits,
            threads=task.threads,
            processor=processor_name(),
            versions=versions(),
        )
        _check_loss(judged, document.max_loss)
        rows = golden_rows(len(judged_on.images), judged_on.images[0].nbytes)
        golden = Golden(np.asarray(judged_on.images[rows]), judged.probabilities[1][rows], split, TOLERANCE)
        _describe(small, model, golden)
        with replacing(out) as temporary:
            temporary.write_bytes(small.read_bytes())
    numbers = out.with_suffix(".json")
    document.write(numbers)
    watch.tell(FileSaved(path=str(out), title=f"8-bit ONNX export: {_sentence(document)}"))
    watch.tell(FileSaved(path=str(numbers), title="Size, speed and accuracy of the 8-bit network"))
    return document


def _numbers(path: Path, correct: NDArray[np.bool_], speeds: dict[str, float]) -> NetworkNumbers:
    count = int(correct.sum())
    return NetworkNumbers(
        accuracy=count / len(correct),
        accuracy_interval=wilson(count, len(correct)),
        bytes=path.stat().st_size,
        images_per_second=speeds,
    )


def _sentence(document: Int8Numbers) -> str:
    """What 8 bits bring and cost, for those who follow the job."""
    low, high = document.accuracy_loss_interval
    return (
        f"{document.int8.bytes / 2**20:.2f} MiB instead of {document.float_.bytes / 2**20:.2f} MiB, accuracy drop "
        f"{100 * document.accuracy_loss:.1f} percentage points (95% CI {100 * low:.1f} to {100 * high:.1f})"
    )


def _without_score(model: NetModel, watch: Watch) -> NetModel:
    """The same network without its score of unknown images, whose threshold was set on features in floating point."""
    if model.scorer is None:
        return model
    message = (
        "An 8-bit network cannot detect images that belong to none of the classes; if you need this, "
        "export it as onnx"
    )
    watch.tell(Warned(message=message, subject="unknown"))
    return NetModel(model.keras_model, model.info.changed(unknown=None))


def _prepared(task: ExportTask, data: DataParams, split: Split, model: NetModel, watch: Watch) -> PreparedSet:
    asked = EvaluateTask(model=task.model, data=data, split=split, accept_class_map=True)
    return prepared_split(asked, split, model.info, watch)


def _judged_images(
    task: ExportTask, data: DataParams, model: NetModel, watch: Watch
) -> tuple[Split, PreparedSet]:
    """The test images, else those of validation, which may be held out of the training images."""
    if has_set(data, "test"):
        return "test", _prepared(task, data, "test", model, watch)
    try:
        return "val", _prepared(task, data, "val", model, watch)
    except DataError as error:
        raise InputError(
            "There are no test or validation images, so the drop in accuracy cannot be measured",
            hint=Hint.of(
                "Use {} to specify data parameters with test images",
                option("data"),
                window="Use a model that was trained with test or validation images",
            ),
        ) from error


def _some(images: Images, most: int) -> Images:
    """At most so many images, spread over all of them and so over the classes."""
    rows = np.linspace(0, len(images) - 1, min(most, len(images))).round().astype(np.int64)
    return np.asarray(images[rows])


def _describe(path: Path, model: NetModel, golden: Golden | None) -> None:
    """Write the metadata. It names no `.keras` file: nobody should take the file for that network's equal."""
    graph = onnx.load(path)
    describe(graph, exported_info(model.info), golden, model.info.temperature)
    onnx.save(graph, path)


def _judge(networks: list[OnnxModel], prepared: PreparedSet, split: str, watch: Watch) -> _Judged:
    """The accuracy of both on the same images, by the model's own rule."""
    targets = np.asarray(prepared.labels)
    info = networks[0].info
    rule = decide(info.classes, info)
    probabilities = [network.predict(prepared.images, watch=watch) for network in networks]
    labels = [rule.labels(rows) for rows in probabilities]
    correct = [each == targets for each in labels]
    return _Judged(split, probabilities, labels, correct, paired_difference(*correct))


def _check_loss(judged: _Judged, allowed: float) -> None:
    loss = judged.loss
    # A loss of exactly what is allowed is allowed, whatever the last digit of a difference of fractions.
    if loss.value <= allowed + 1e-9:
        return
    low, high = loss.interval
    images = f"{SPLIT_TITLES[judged.split]} images"
    raise ModelFileError(
        "The 8-bit network loses too much accuracy, so no file was written",
        expected=f"an accuracy drop of at most {100 * allowed:.1f} percentage points on the {images}",
        received=f"{100 * loss.value:.1f} (95% CI {100 * low:.1f} to {100 * high:.1f})",
        hint=Hint.of(
            "Allow a larger drop with {}, or use the floating-point network",
            option("max_loss"),
            window="Export the model as ONNX, which is the floating-point network",
        ),
    )


def _speeds(networks: list[OnnxModel], images: Images, watch: Watch) -> list[dict[str, float]]:
    """Images per second of each network for each batch size: medians of rounds in which they take turns."""
    found: list[dict[str, float]] = [{} for _ in networks]
    for size in _BATCHES:
        batch = np.asarray(images[np.arange(size) % len(images)])
        seconds: list[list[float]] = [[] for _ in networks]
        for network in networks:
            network.predict(batch)
        until = time.monotonic() + _SECONDS
        while len(seconds[0]) < _ROUNDS and (time.monotonic() < until or not seconds[0]):
            watch.check()
            for network, times in zip(networks, seconds, strict=True):
                times.append(_seconds_of(network, batch))
        for speeds, times in zip(found, seconds, strict=True):
            speeds[str(size)] = size / statistics.median(times)
    return found


def _seconds_of(network: OnnxModel, batch: Images) -> float:
    """The time of one call; small batches are called several times, since a clock's step must not matter."""
    calls = max(1, 16 // len(batch))
    started = time.perf_counter()
    for _ in range(calls):
        network.predict(batch)
    return (time.perf_counter() - started) / calls
