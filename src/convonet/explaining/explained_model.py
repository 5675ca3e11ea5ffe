"""The model that is questioned: its fastest way to predict, and its Keras network where gradients are wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from convonet.errors import ModelFileError, ParamError, nearest
from convonet.evaluation.models import model_files, open_predictor
from convonet.evaluation.net_evaluation import Predictor
from convonet.events import Watch
from convonet.explaining.passes import differentiable
from convonet.inference.model_info import ModelInfo
from convonet.nets.backend import ops
from convonet.nets.net_model import NetModel
from convonet.params.data_params import Scaling
from convonet.text import index_of

Images = NDArray[np.uint8]


class ExplainedModel:
    """A model to ask why.

    Args:
        predictor: what predicts: ONNX Runtime's model or Keras'.
        path: where its Keras network is, for gradients; not needed where the predictor is one.
        scaling: how pixels are scaled for a network made elsewhere whose file does not tell.
    """

    def __init__(
        self, predictor: Predictor, path: Path | None = None, scaling: Scaling | None = None
    ) -> None:
        self.predictor = predictor
        self._path = path
        self._scaling = scaling

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        scaling: Scaling | None = None,
        classes: Sequence[str] | None = None,
        threads: int | None = None,
        watch: Watch | None = None,
    ) -> ExplainedModel:
        """Open a run folder or a model file; arguments and errors as `evaluation.open_predictor`."""
        predictor = open_predictor(path, scaling=scaling, classes=classes, threads=threads, watch=watch)
        return cls(predictor, path, scaling)

    @property
    def info(self) -> ModelInfo:
        """What the model says of itself."""
        return self.predictor.info

    @cached_property
    def network(self) -> NetModel:
        """The Keras network.

        Raises:
            ModelFileError: the model is an ONNX file alone.
        """
        if isinstance(self.predictor, NetModel):
            return differentiable(self.predictor)
        file = None if self._path is None else model_files(self._path)[0]
        if file is None:
            raise ModelFileError(
                "An ONNX file alone has no gradients",
                where=self._path,
                expected="a run folder, or a .keras or .h5 file",
                hint="Use occlusion, which needs no gradients",
            )
        return differentiable(NetModel.load(file, scaling=self._scaling))

    @property
    def has_network(self) -> bool:
        """Whether there is a Keras network to open."""
        return isinstance(self.predictor, NetModel) or (
            self._path is not None and model_files(self._path)[0] is not None
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Class names; 0, 1, 2 … for a model that holds none."""
        if self.info.classes:
            return self.info.classes
        outputs = int(self.network.keras_model.output_shape[-1])
        # A network with a single sigmoid output still has two classes.
        return tuple(str(index) for index in range(max(outputs, 2)))

    def label(self, name: str) -> int:
        """The label of a class.

        Raises:
            ParamError: no class of that name.
        """
        label = index_of(name, self.names)
        if label is not None:
            return label
        near = nearest(name, self.names)
        raise ParamError(
            "The model has no such class",
            expected="one of " + ", ".join(self.names[:20]),
            received=name,
            hint=f"Did you mean {near}?" if near else None,
        )

    def predict(self, images: Images, watch: Watch | None = None) -> NDArray[np.float32]:
        """Probabilities, shape (N, classes)."""
        return self.predictor.predict(images, watch=watch)

    @contextmanager
    def shuffled(self, seed: int) -> Iterator[ExplainedModel]:
        """Inside the block, the same network with the numbers of each kernel in random order.

        What was learnt is gone, while size and spread of the weights stay. Kernels are restored at the end.
        """
        network = self.network
        before = network.keras_model.get_weights()
        try:
            for variable in network.keras_model.weights:
                # Kernels alone: shuffled statistics of a normalization would break the network instead of
                # emptying it.
                if len(variable.shape) > 1:
                    values = np.ravel(ops.convert_to_numpy(variable))
                    variable.assign(
                        _generator(seed, variable.path).permutation(values).reshape(variable.shape)
                    )
            yield ExplainedModel(network)
        finally:
            network.keras_model.set_weights(before)


def _generator(seed: int, path: str) -> np.random.Generator:
    # Not hash(), which differs from process to process for text.
    digest = hashlib.blake2b(path.encode(), digest_size=4).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "big")])
