"""Functions for teaching material that build and train a small network in a few lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from convonet.errors import InputError
from convonet.nets.backend import keras
from convonet.plots.curves import combined_figure, curves_of
from convonet.text import counted


class StopAtAccuracy(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Stops training after the first epoch whose training accuracy reaches a threshold.

    Args:
        acc_threshold: training accuracy, 0..1.
        print_msg: whether to print why training stops.

    Attributes:
        reached: the epoch, from 1, in which the accuracy was reached; None until then.
    """

    def __init__(self, acc_threshold: float = 0.9, print_msg: bool = True) -> None:
        super().__init__()
        self.acc_threshold = acc_threshold
        self.print_msg = print_msg
        self.reached: int | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Compare the accuracy of the epoch with the threshold."""
        accuracy = (logs or {}).get("accuracy")
        if accuracy is None or accuracy < self.acc_threshold or self.reached is not None:
            return
        self.reached = epoch + 1
        self.model.stop_training = True
        if self.print_msg:
            message = (
                f"Reached {100 * self.acc_threshold:g}% accuracy after epoch {self.reached}: training stops."
            )
            print(message)  # noqa: T201  The person who passed print_msg asked for it.


def build_model(
    num_layers: int = 1,
    architecture: Sequence[int] = (32,),
    act_func: str = "relu",
    input_shape: tuple[int, ...] = (28, 28),
    output_class: int = 10,
) -> Any:
    """Build a fully connected network for small images.

    Args:
        num_layers: number of hidden layers, 0 or more.
        architecture: number of units of each hidden layer.
        act_func: activation function of the hidden layers, by its name in Keras.
        input_shape: (height, width) or (height, width, channels) of an image.
        output_class: number of classes, 2 or more.

    Returns:
        A `keras.Sequential` that is not compiled yet and ends in a softmax.

    Raises:
        InputError: the sizes do not match.
    """
    if len(architecture) != num_layers:
        raise InputError(
            "architecture must list the units of each hidden layer",
            expected=f"{counted(num_layers, 'number')}, because num_layers is {num_layers}",
            received=list(architecture),
        )
    if output_class < 2:
        raise InputError(
            "A classifier needs two or more classes", where="output_class", received=output_class
        )
    layers = [keras.layers.Input(tuple(input_shape)), keras.layers.Flatten()]
    layers += [keras.layers.Dense(units, activation=act_func) for units in architecture]
    return keras.Sequential([*layers, keras.layers.Dense(output_class, activation="softmax")])


def compile_train_model(
    model: Any,
    x_train: ArrayLike,
    y_train: ArrayLike,
    callbacks: Any = None,
    learning_rate: float = 0.001,
    batch_size: int = 1,
    epochs: int = 10,
    verbose: int = 0,
) -> Any:
    """Compile a Keras model with Adam and train it.

    Args:
        model: a model such as `build_model` returns.
        x_train: images of shape (N, height, width) or (N, height, width, channels), already scaled.
        y_train: class indices of shape (N,), or one-hot rows of shape (N, classes).
        callbacks: one `keras.callbacks.Callback` or a list of them.
        learning_rate: learning rate, above 0.
        batch_size: number of images per step, 1 or more.
        epochs: number of epochs, 1 or more.
        verbose: as in Keras' `fit`; 0 prints nothing.

    Returns:
        The same model, trained. `model.history` holds the loss and accuracy of each epoch.
    """
    labels = np.asarray(y_train)
    # A single column holds class indices, not one-hot rows.
    kind = "categorical" if labels.ndim == 2 and labels.shape[1] > 1 else "sparse_categorical"
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss=f"{kind}_crossentropy",
        metrics=["accuracy"],
    )
    listed = [callbacks] if isinstance(callbacks, keras.callbacks.Callback) else callbacks
    model.fit(
        np.asarray(x_train),
        labels,
        batch_size=batch_size,
        epochs=epochs,
        callbacks=listed,
        verbose=verbose,
    )
    return model


def plot_loss_acc(model: Any, target_acc: float | None = 0.9, title: str | None = None) -> Figure:
    """Draw loss and accuracy over the epochs.

    Args:
        model: a trained Keras model, the `History` that `fit` returns, or a `convonet.TrainedRun`.
        target_acc: an accuracy, 0..1, drawn as a dashed line; None: no line.
        title: title of the figure; None: "Accuracy and loss".

    Raises:
        InputError: the model has not been trained in this process.
    """
    history = getattr(model, "history", None)
    # A trained model has a History object, which in turn has the table of scores.
    history = getattr(history, "history", history)
    if not history:
        raise InputError("There is no history to plot", hint="Train the model first")
    return combined_figure(curves_of(history), target_acc, title or "Accuracy and loss")
