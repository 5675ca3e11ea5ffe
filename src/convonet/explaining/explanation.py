"""Explain answers: predict images, ask one explainer for their maps, and check the maps where that is wanted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ParamError, nearest
from convonet.events import Watch
from convonet.explaining.base import BATCH_SIZE, EXPLAINERS, Explainer, ExplainSettings, Maps
from convonet.explaining.explained_model import ExplainedModel, Images
from convonet.explaining.faithful import Faithfulness, delete, judged, rank_correlation
from convonet.explaining.heat import heat_of
from convonet.inference.decide import confidences
from convonet.inference.decision import decide


@dataclass(frozen=True)
class Explanation:
    """Why one image got its answer.

    Attributes:
        image: what the network sees, (height, width, channels) uint8.
        predicted: the model's answer; `confidence` is its probability, 0..1.
        label: the class that is explained; `probability` is its probability, 0..1.
        method: name of the explainer; `layer` where it looked at one.
        values: the raw map, (height, width); what they are, `EXPLAINERS[method].meaning` tells.
        heat: the map as 0..1, (height, width).
        faithful: the check, where it was asked for.
    """

    path: str
    image: Images
    predicted: str
    confidence: float
    label: str
    probability: float
    method: str
    layer: str | None
    values: NDArray[np.float32]
    heat: NDArray[np.float32]
    faithful: Faithfulness | None = None


def explain_images(
    model: ExplainedModel,
    images: Images,
    paths: Sequence[str],
    *,
    method: str = "grad_cam",
    label: str | None = None,
    settings: ExplainSettings | None = None,
    faithful: bool = False,
    seed: int = 0,
    watch: Watch | None = None,
) -> Iterator[Explanation]:
    """Explain images one after the other.

    Args:
        images: (N, height, width, channels) uint8, of the model's size.
        paths: what each is called.
        method: name of an explainer.
        label: the class to be explained; None: the one that the model answers, image by image.
        settings: see `ExplainSettings`.
        faithful: also check each map; some 230 predictions an image.
        seed: of the check's reference maps.
        watch: asked between images.

    Raises:
        ParamError: no such method or class, or settings that do not fit.
        InputError: the method cannot explain this network.
        Cancelled: the watch says so.
    """
    watch = watch or Watch()
    explainer = find_explainer(method)
    given = None if label is None else model.label(label)
    for start in range(0, len(images), BATCH_SIZE):
        part = slice(start, start + BATCH_SIZE)
        batch = _Batch(model, explainer, images[part], given, settings or ExplainSettings(), watch)
        shuffled = batch.shuffled(seed) if faithful else None
        for row in range(len(batch.images)):
            watch.check()
            checked = batch.check(row, shuffled, seed) if faithful else None
            yield batch.explanation(row, paths[start + row], checked)


def find_explainer(method: str) -> Explainer:
    """The explainer of that name.

    Raises:
        ParamError: there is none.
    """
    if method in EXPLAINERS:
        return EXPLAINERS[method]
    near = nearest(method, EXPLAINERS)
    raise ParamError(
        "Unknown explanation method",
        expected="one of " + ", ".join(EXPLAINERS),
        received=method,
        hint=f"Did you mean {near}?" if near else None,
    )


class _Batch:
    """Some images with their answers and maps."""

    def __init__(
        self,
        model: ExplainedModel,
        explainer: Explainer,
        images: Images,
        label: int | None,
        settings: ExplainSettings,
        watch: Watch,
    ) -> None:
        self.images = images
        self._model, self._explainer = model, explainer
        self._settings, self._watch = settings, watch
        self._probabilities = model.predict(images, watch)
        self._predicted = decide(model.names, model.info).labels(self._probabilities)
        self._labels = self._predicted if label is None else np.full(len(images), label, np.int64)
        self._maps = explainer.explain(model, images, self._labels, settings, watch)

    def shuffled(self, seed: int) -> Maps | None:
        """The maps of the same network with shuffled kernels; None where only an ONNX file is there."""
        if not self._model.has_network:
            return None
        with self._model.shuffled(seed) as other:
            return self._explainer.explain(other, self.images, self._labels, self._settings, self._watch)

    def check(self, row: int, shuffled: Maps | None, seed: int) -> Faithfulness:
        """Whether the map of one image is faithful."""
        values, label = self._maps.values[row], int(self._labels[row])
        deletion = delete(self._model, self.images[row], label, values, seed=seed, watch=self._watch)
        likeness = None if shuffled is None else rank_correlation(values, shuffled.values[row])
        return judged(deletion, likeness)

    def explanation(self, row: int, path: str, faithful: Faithfulness | None) -> Explanation:
        """The result for one image."""
        names, label = self._model.names, int(self._labels[row])
        confidence = confidences(self._probabilities, self._predicted)[row]
        return Explanation(
            path=path,
            image=self.images[row],
            predicted=names[self._predicted[row]],
            confidence=float(confidence),
            label=names[label],
            probability=float(self._probabilities[row, label]),
            method=self._explainer.name,
            layer=self._maps.layer,
            values=self._maps.values[row],
            heat=heat_of(self._maps.values[row]),
            faithful=faithful,
        )
