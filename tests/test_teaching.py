"""The functions of teaching texts."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

import convonet


@pytest.mark.parametrize(
    ("accuracies", "sizes"),
    [([0.85], [16, 64]), pytest.param([0.85, 0.9, 0.95], [16, 32, 64, 128], marks=pytest.mark.slow)],
)
def test_the_loop_of_the_teaching_texts(
    accuracies: list[float], sizes: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Epochs to each accuracy for each size of a hidden layer."""
    digits = load_digits()
    images, labels = digits.images[:200] / 16, digits.target[:200]
    epochs = {}
    for accuracy, units in product(accuracies, sizes):
        model = convonet.build_model(1, [units], input_shape=(8, 8))
        stop = convonet.StopAtAccuracy(accuracy, print_msg=units == 64)
        convonet.compile_train_model(model, images, labels, stop, 0.01, batch_size=20, epochs=10)
        history = model.history.history["accuracy"]
        reached = [epoch for epoch, value in enumerate(history, start=1) if value >= accuracy]
        assert stop.reached == (reached[0] if reached else None)
        epochs[accuracy, units] = stop.reached
    assert epochs[0.85, 64] is not None
    assert "85% accuracy after epoch" in capsys.readouterr().out
    figure = convonet.plot_loss_acc(model, target_acc=0.9, title="Largest")
    assert isinstance(figure, Figure)
    line = next(line for line in figure.axes[0].lines if str(line.get_label()).startswith("target"))
    assert np.allclose(line.get_ydata(), 0.9)


def test_layers_and_activation_are_as_asked() -> None:
    model = convonet.build_model(2, [5, 7], "tanh", (4, 6, 3), 3)
    dense = model.layers[1:]
    assert [layer.units for layer in dense] == [5, 7, 3]
    assert [layer.activation.__name__ for layer in dense] == ["tanh", "tanh", "softmax"]
    assert model.input_shape == (None, 4, 6, 3)


def test_sizes_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(convonet.InputError, match="2 numbers"):
        convonet.build_model(2, [5])
    with pytest.raises(convonet.InputError, match="Train the model first"):
        convonet.plot_loss_acc(convonet.build_model())
