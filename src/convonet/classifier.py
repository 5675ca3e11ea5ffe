"""An image classifier for scikit-learn: for `cross_val_score`, `GridSearchCV` and pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convonet.api.inputs import Hyper, PathLike
from convonet.api.models import LoadedModel, load
from convonet.api.training import train
from convonet.errors import InputError, OutputError
from convonet.scratch import Scratch
from convonet.text import local_path

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.exceptions import NotFittedError
    from sklearn.utils import Tags
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_array, check_X_y
except ImportError as error:
    raise InputError(
        "ConvonetClassifier needs scikit-learn, which is not installed", hint="Run pip install scikit-learn"
    ) from error


class ImageArrayError(InputError, ValueError):
    """X does not contain images. scikit-learn expects a ValueError."""


class ConvonetClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Trains a CNN on arrays of images, with the scikit-learn interface.

    Args:
        hyper: hyperparameters, as in `convonet.train`; None: the defaults.
        image_size: (height, width) to which images are resized; None: the size of the arrays.
        max_value: the value of white if X is floating-point: 1 for pixels 0..1, 255 for 0..255.
        validation: hold out a fraction of X to choose the best epoch.
        seed: seed of all random numbers.
        threads: number of threads, per job if `n_jobs` is above 1.
        out: parent folder of the run folders; None: runs are not kept.
        progress: whether to show progress.

    Attributes:
        classes_: the labels seen in `fit`, sorted.
        model_: the trained model, as `convonet.load` returns it.
        run_: path of the run folder; None if runs are not kept.
    """

    def __init__(
        self,
        hyper: Hyper = None,
        *,
        image_size: tuple[int, int] | None = None,
        max_value: float | None = None,
        validation: bool = False,
        seed: int = 0,
        threads: int = 1,
        out: PathLike | None = None,
        progress: bool = False,
    ) -> None:
        self.hyper = hyper
        self.image_size = image_size
        self.max_value = max_value
        self.validation = validation
        self.seed = seed
        self.threads = threads
        self.out = out
        self.progress = progress

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train on images.

        Args:
            X: images of shape N×H×W or N×H×W×C, uint8, or floating-point with `max_value`.
            y: one label for each image, a number or a string.

        Raises:
            ValueError: the arrays are invalid, as in every scikit-learn estimator.
            InputError: the hyperparameters are invalid.
        """
        X, labels = check_X_y(X, y, dtype=None, ensure_2d=False, allow_nd=True, estimator=self)
        check_classification_targets(labels)
        images = self._images(X)
        self.classes_ = np.unique(labels)
        height, width = self.image_size or images.shape[1:3]
        with Scratch() as folder:
            run = train(
                # Class names are texts everywhere else; classes_ keeps the labels as they were given.
                (images, labels.astype(str)),
                self.hyper,
                # Trained as given: a recipe would change the values that a grid search compares.
                recipe="none",
                validation=self.validation,
                seed=self.seed,
                # scikit-learn scores on folds of its own.
                test=False,
                image_size=(height, width),
                max_value=self.max_value,
                out=folder if self.out is None else self.out,
                threads=self.threads,
                progress=self.progress,
            )
            self.model_: LoadedModel = load(run)
            self.run_: Path | None = None if self.out is None else run.path
            # Kept in memory for save(), since the run folder may vanish with the scratch folder.
            self._file = run.model.read_bytes()
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float32]:
        """Probabilities of shape (N, classes), in the order of `classes_`."""
        self._check_fitted()
        probabilities = self.model_.predict_proba(self._images(X), max_value=self.max_value)
        # The model's order of classes need not be the sorted one that scikit-learn expects.
        index = {name: position for position, name in enumerate(self.model_.classes)}
        return probabilities[:, [index[str(label)] for label in self.classes_]]

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The most likely label of each image."""
        indices = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[indices]
        return labels

    def save(self, path: PathLike) -> Path:
        """Save the fitted model as a `.keras` file, which `load` and plain Keras can read.

        Raises:
            OutputError: the name does not end in .keras.
        """
        self._check_fitted()
        file = Path(local_path(path))
        if file.suffix != ".keras":
            raise OutputError("The name of the model file must end in .keras", received=file.name)
        file.write_bytes(self._file)
        return file

    @classmethod
    def load(cls, path: PathLike, **params: Any) -> Self:
        """Load a fitted classifier from a `.keras` file.

        Args:
            path: a file that `save` wrote, or the model file of a run.
            params: parameters of the classifier. Its labels are strings.
        """
        file = Path(local_path(path))
        loaded = cls(**params)
        loaded.model_, loaded.run_, loaded._file = load(file), None, file.read_bytes()
        loaded.classes_ = np.array(sorted(loaded.model_.classes))
        return loaded

    def __getstate__(self) -> dict[str, Any]:
        if hasattr(self, "model_"):
            raise TypeError(
                "A fitted ConvonetClassifier cannot be pickled: it holds an open model. "
                "Use save(path) and ConvonetClassifier.load(path)."
            )
        state: dict[str, Any] = super().__getstate__()
        return state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array, tags.input_tags.three_d_array = False, True
        tags.input_tags.positive_only = True
        return tags

    def _images(self, X: ArrayLike) -> NDArray[Any]:
        """A batch of images with a channel axis."""
        images: NDArray[Any] = check_array(X, dtype=None, ensure_2d=False, allow_nd=True, estimator=self)
        if images.ndim not in (3, 4):
            raise ImageArrayError(
                "X does not hold images",
                expected="shape N×H×W or N×H×W×C",
                received="×".join(map(str, images.shape)),
                hint="Reshape your data, for example with X.reshape(-1, height, width)",
            )
        return images if images.ndim == 4 else images[..., np.newaxis]

    def _check_fitted(self) -> None:
        if not hasattr(self, "model_"):
            raise NotFittedError("This ConvonetClassifier is not fitted yet. Call fit first.")
