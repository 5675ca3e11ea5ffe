"""A network and what it says of itself, in one ordinary `.keras` file."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from convonet.atomic import replacing
from convonet.errors import OutputError
from convonet.events import Watch
from convonet.inference.batches import check_images, predict_in_batches
from convonet.inference.model_info import MEMBER, ModelInfo
from convonet.inference.probabilities import to_probabilities
from convonet.inference.scaling import scale_of, scaled
from convonet.inference.unknown import MEMBER as UNKNOWN_MEMBER
from convonet.inference.unknown import Scored, UnknownScorer
from convonet.nets.backend import keras
from convonet.nets.last_layer import last_layer
from convonet.params.data_params import Scaling

if TYPE_CHECKING:
    from convonet.documents.network import NetworkSummary


class NetModel:
    """A network with its class names, pixels, scaling and kind of output.

    Attributes:
        keras_model: the network itself; takes float32 pixels of shape (N, height, width, channels).
        info: what is needed to use it rightly.
        scorer: tells images of none of the classes, where `info.unknown` says so.
    """

    def __init__(
        self, keras_model: keras.Model, info: ModelInfo, scorer: UnknownScorer | None = None
    ) -> None:
        self.keras_model = keras_model
        self.info = info
        self.scorer = scorer
        self._with_features: keras.Model | None = None

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        *,
        scaling: Scaling | Literal["auto"] | None = None,
        classes: Sequence[str] | None = None,
    ) -> NetModel:
        """Open a `.keras` or `.h5` file, made here or elsewhere. No code in it is run.

        Args:
            path: the file.
            scaling: for a file made elsewhere: how pixels were scaled before they reached the network. Where
                the file tells (None or `auto`), it need not be given.
            classes: for a file made elsewhere: names in the order of its outputs.

        Raises:
            ModelFileError: no such file, damaged, not safe, no image classifier, or its scaling is not known.
        """
        # Loading makes a NetModel, so each of the two modules needs the other.
        from convonet.nets.loading import load_model

        keras_model, info, scorer = load_model(Path(path), None if scaling == "auto" else scaling, classes)
        return cls(keras_model, info, scorer)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an ordinary `.keras` file that also holds `info`, whole or not at all.

        Raises:
            OutputError: not a `.keras` name, or a place that cannot be written to.
            StorageError: the disk is full.
        """
        path = Path(path)
        if path.suffix != ".keras":
            raise OutputError("A model's name must end in .keras", received=path.name)
        with replacing(path) as temporary:
            # The name is fresh, but the file is there already: `replacing` has made it.
            self.keras_model.save(temporary, overwrite=True)
            with zipfile.ZipFile(temporary, "a", zipfile.ZIP_DEFLATED) as archive:
                # Keras ignores members that it does not know, so the file stays one of plain Keras.
                archive.writestr(MEMBER, self.info.to_json())
                if self.scorer is not None:
                    archive.writestr(UNKNOWN_MEMBER, self.scorer.to_bytes())

    def predict(
        self, images: NDArray[np.uint8], *, batch_size: int | None = None, watch: Watch | None = None
    ) -> NDArray[np.float32]:
        """Probabilities of shape (N, classes), computed by keras.

        Args:
            images: (N, height, width, channels), 0..255, as `info.pixels` says.
            batch_size: images computed at once; None: as many as suit their size.
            watch: asked between batches.

        Raises:
            DataError: images of another shape or type.
            Cancelled: the person asked to stop.
        """
        check_images(images, self.info.pixels.shape)
        return predict_in_batches(images, self._probabilities, batch_size, watch or Watch())

    def _probabilities(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        raw: NDArray[Any] = self.keras_model.predict_on_batch(self._fed(images))
        return to_probabilities(np.asarray(raw), self.info.output, self.info.temperature)

    def predict_scored(
        self, images: NDArray[np.uint8], *, batch_size: int | None = None, watch: Watch | None = None
    ) -> Scored:
        """Probabilities, and the score of images of no known class where the model has one; as `predict`."""
        if self.scorer is None:
            return Scored(self.predict(images, batch_size=batch_size, watch=watch), None)
        check_images(images, self.info.pixels.shape)
        rows = predict_in_batches(images, self._scored_rows, batch_size, watch or Watch())
        return Scored.of_rows(rows, True)

    def _scored_rows(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        assert self.scorer is not None
        last = last_layer(self.keras_model)
        assert last is not None
        if self._with_features is None:
            ends = [last.features, self.keras_model.outputs[0]]
            self._with_features = keras.Model(self.keras_model.inputs[0], ends)
        features, raw = map(np.asarray, self._with_features.predict_on_batch(self._fed(images)))
        probabilities = to_probabilities(raw, self.info.output, self.info.temperature)
        return np.column_stack([probabilities, self.scorer.scores(features, last.logits(features))])

    def _fed(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """What goes into the network: raw pixels where a row of it scales, else scaled ones."""
        info = self.info
        if info.inside:
            return images.astype(np.float32)
        return scaled(images, scale_of(info.scaling, info.pixels.channels, info.mean, info.deviation))

    def summary(self) -> NetworkSummary:
        """The layer table, with totals."""
        # The table reads a NetModel, so each of the two modules needs the other.
        from convonet.nets.summary import summarize

        return summarize(self.keras_model)
