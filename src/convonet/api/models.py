"""A model that stays open for many predictions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.api.array_sets import ArrayData
from convonet.api.evaluating import evaluate
from convonet.api.explaining import ImageExplanation, explain
from convonet.api.image_inputs import Images, in_batches, named_images
from convonet.api.inputs import Data, Model, model_path
from convonet.api.predicting import predict_images
from convonet.api.results import Errors, EvaluationResult, Predictions
from convonet.evaluation.models import open_predictor
from convonet.evaluation.net_evaluation import Predictor
from convonet.inference.model_info import ModelInfo
from convonet.text import counted


class LoadedModel:
    """An open model, as `load` returns it.

    Attributes:
        path: the run folder or model file.
        info: the metadata of the model: classes, image size, scaling …
    """

    def __init__(self, path: Path, predictor: Predictor, scaling: Any, classes: Sequence[str]) -> None:
        self.path = path
        self.info: ModelInfo = predictor.info
        self._predictor = predictor
        self._scaling, self._given_classes = scaling, classes

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the network's outputs."""
        return self.info.classes

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the network's input in pixels; images of other sizes are resized."""
        return self.info.pixels.height, self.info.pixels.width

    def predict(
        self,
        images: Images,
        *,
        top: int = 5,
        unsure_below: float | None = None,
        max_value: float | None = None,
        errors: Errors = "raise",
    ) -> Predictions:
        """Predict the classes of images; arguments as in `convonet.predict`."""
        return predict_images(
            self._predictor,
            images,
            top=top,
            unsure_below=unsure_below,
            max_value=max_value,
            errors=errors,
        )

    def predict_proba(self, images: Images, *, max_value: float | None = None) -> NDArray[np.float32]:
        """Probabilities of shape (N, classes), in the order of `classes`; arguments as in `convonet.predict`."""
        given = named_images(images, max_value=max_value)
        parts = [
            self._predictor.predict(np.stack([image.pixels(self.info.pixels) for image in batch]))
            for batch in in_batches(given, self.info.pixels)
        ]
        return np.concatenate(parts)

    def evaluate(self, data: Data | ArrayData | None = None, **options: Any) -> EvaluationResult:
        """Score the model on a set; arguments as in `convonet.evaluate`."""
        # The options stand last, so that they win over what the model was opened with.
        return evaluate(self, data, **({"scaling": self._scaling, "classes": self._given_classes} | options))

    def explain(self, images: Images, **options: Any) -> list[ImageExplanation]:
        """Explain predictions with heat maps; arguments as in `convonet.explain`."""
        return explain(self, images, **({"scaling": self._scaling} | options))

    def __repr__(self) -> str:
        names = ", ".join(self.classes[:3]) + (" …" if len(self.classes) > 3 else "")
        height, width = self.image_size
        classes = counted(len(self.classes), "class", "classes")
        return f"<Model {self.path.name}: {classes} ({names}), {height}×{width} px>"


def load(model: Model, *, scaling: Any = None, classes: Sequence[str] = ()) -> LoadedModel:
    """Open a model for many predictions.

    Args:
        model: a run folder, the id of a run, a model file, or the result of `train` or `load`.
        scaling: pixel scaling of a model made elsewhere, if its file does not contain it.
        classes: class names for a model that contains none, in the order of its outputs.

    Raises:
        ModelFileError: the model does not exist or cannot be opened safely.
    """
    path = model_path(model)
    predictor = open_predictor(path, scaling=scaling, classes=tuple(classes) or None)
    return LoadedModel(path, predictor, scaling, tuple(classes))
