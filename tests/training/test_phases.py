"""Two phases on a base: what is trained when, one history, exact resumption inside either phase."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from convonet.data.feature_cache import features_folder
from convonet.errors import Cancelled, ParamError
from convonet.events import (
    BatchEnded,
    EpochEnded,
    Event,
    Progressed,
    TrainingStarted,
    TrainingStopped,
    Warned,
    Watch,
)
from convonet.inference.fixed_network import FixedNetwork
from convonet.inference.net_input import NetInput
from convonet.nets import NetModel, create_model
from convonet.nets.backbones import release
from convonet.nets.backend import keras
from convonet.nets.fixed_graph import fixed_graph
from convonet.params import HyperParams, PixelParams
from convonet.training.checkpoint import CheckpointFile
from convonet.training.features import FrozenBackbone, split_at_backbone
from convonet.training.net_training import ImageRows, NetTraining, TrainingResult
from convonet.training.phases import PhasedTraining, fine_tuning, has_phases

SIDE = 8
HEAD = [
    {"type": "global_pool"},
    {"type": "dense", "units": 6},
    {"type": "norm"},
    {"type": "drop", "rate": 0.3},
]


@pytest.fixture(scope="module")
def base_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with batch normalisation, saved, to build on."""
    rng = np.random.default_rng(0)
    inputs = keras.Input((SIDE, SIDE, 3))
    x = keras.layers.Rescaling(1 / 255)(inputs)
    for block in (1, 2, 3):
        x = keras.layers.Conv2D(6, 3, padding="same", name=f"block{block}_conv")(x)
        x = keras.layers.BatchNormalization(name=f"block{block}_norm")(x)
        x = keras.layers.Activation("relu", name=f"block{block}_relu")(x)
    model = keras.Model(inputs, x)
    model.set_weights([np.abs(rng.normal(0.2, 0.2, w.shape)).astype("float32") for w in model.get_weights()])
    path = tmp_path_factory.mktemp("base") / "base.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def rows() -> tuple[ImageRows, ImageRows]:
    """Grey pictures of three brightnesses, 30 to train on and 12 to validate."""
    rng = np.random.default_rng(1)
    labels = np.arange(42) % 3
    images = rng.integers(0, 60, (42, SIDE, SIDE, 1)) + 70 * labels[:, None, None, None]
    images = images.astype(np.uint8)
    return ImageRows(images, labels, np.arange(30)), ImageRows(images, labels, np.arange(30, 42))


@pytest.fixture
def hyper(base_file: Path) -> Callable[..., HyperParams]:
    """`hyper(…)`: two epochs of each phase on the small base."""

    def make(**values: Any) -> HyperParams:
        own = {"base": str(base_file), "head": HEAD, "optimizer": "adam", "init_rate": 0.01, "batch_size": 8}
        return HyperParams.of(own | {"epochs": 2, "fine_tune_epochs": 2} | values)

    return make


def create(hyper: HyperParams) -> NetModel:
    pixels = PixelParams(SIDE, SIDE, 1)
    return create_model(hyper, NetInput(pixels, ("dark", "grey", "bright")))


def weights(model: NetModel) -> dict[str, np.ndarray]:
    return {w.path: np.array(keras.ops.convert_to_numpy(w)) for w in model.keras_model.weights}


def train(
    hyper: HyperParams, rows: tuple[ImageRows, ImageRows], watch: Watch | None = None
) -> tuple[NetModel, TrainingResult]:
    model = create(hyper)
    return model, PhasedTraining(model, hyper).train_val(*rows, watch)


def test_what_is_trained_in_which_phase(hyper, rows) -> None:
    values = hyper(release="block3")
    start = weights(create(values))
    head = weights(train(values.changed(fine_tune_epochs=0), rows)[0])
    both = weights(train(values, rows)[0])
    moved = [name for name in start if "seed" not in name and not np.array_equal(start[name], head[name])]
    assert moved
    assert not [name for name in moved if "block" in name]
    later = [name for name in start if "block" in name and not np.array_equal(start[name], both[name])]
    # A shift of all features is undone by the normalisation in the head, so the bias may stay.
    assert "block3_conv/kernel" in later
    assert set(later) <= {"block3_conv/kernel", "block3_conv/bias"}


@pytest.mark.parametrize("augmented", [False, True])
def test_statistics_of_the_base_are_used_and_never_learnt(hyper, rows, augmented: bool) -> None:
    values = hyper(release="all", flip_horizontal=augmented)
    start, end = weights(create(values)), weights(train(values, rows)[0])
    norms = [name for name in start if "block" in name and "norm" in name]
    assert len(norms) == 12
    assert all(np.array_equal(start[name], end[name]) for name in norms)
    model = create(values)
    pixels = rows[0].images[:8].astype("float32")
    release(model.keras_model.get_layer("base"), "all")
    inner = keras.Model(model.keras_model.inputs[0], split_at_backbone(model).fixed.outputs[0])
    modes = [np.array(keras.ops.convert_to_numpy(inner(pixels, training=mode))) for mode in (True, False)]
    np.testing.assert_array_equal(*modes)


def test_features_give_the_numbers_of_the_whole_network(hyper, rows) -> None:
    values = hyper()
    model = create(values)
    fixed, head = split_at_backbone(model)
    features = FrozenBackbone(fixed).features(rows[1], Watch()).rows
    assert features.images.shape == (12, 6)
    assert head.keras_model.output_shape == (None, 3)
    expected = model.predict(rows[1].images[30:])
    np.testing.assert_allclose(head.keras_model.predict(features.images, verbose=0), expected, atol=1e-6)
    assert features.labels.tolist() == rows[1].labels[30:].tolist()


def test_features_are_computed_once_and_kept_by_content(hyper, rows) -> None:
    fixed, _ = split_at_backbone(create(hyper()))
    told: list[Event] = []
    first = FrozenBackbone(fixed).features(rows[0], Watch(told.append))
    assert [event.done for event in told if isinstance(event, Progressed)][-1] == 30
    assert first.images_per_second > 0
    again = FrozenBackbone(fixed).features(rows[0], Watch(told.append))
    assert again.images_per_second == 0
    np.testing.assert_array_equal(first.rows.images, again.rows.images)
    part = ImageRows(rows[0].images, rows[0].labels, rows[0].rows[[3, 1]])
    np.testing.assert_array_equal(
        FrozenBackbone(fixed).features(part, Watch()).rows.images, first.rows.images[[3, 1]]
    )


def test_features_do_not_depend_on_threads_or_company(hyper, rows) -> None:
    graph = fixed_graph(split_at_backbone(create(hyper())).fixed)
    assert graph is not None
    images = rows[0].images[:6]
    whole = [list(FixedNetwork(graph, threads, "onnxruntime").features(iter(images))) for threads in (1, 3)]
    np.testing.assert_array_equal(*whole)
    alone = list(FixedNetwork(graph, 1, "onnxruntime").features(iter(images[4:5])))
    np.testing.assert_array_equal(alone[0], whole[0][4])


def test_a_stop_keeps_what_was_computed(hyper, rows) -> None:
    fixed, _ = split_at_backbone(create(hyper()))
    asked = iter([False] * 10 + [True] * 100)
    with pytest.raises(Cancelled):
        FrozenBackbone(fixed).features(rows[0], Watch(should_stop=lambda: next(asked)))
    assert len(list(features_folder().glob("*/*.npz"))) == 1


def test_a_head_fitted_to_convergence_is_the_history_of_one_epoch(hyper, rows) -> None:
    values = hyper(head_solver="lbfgs", head=HEAD[:1], fine_tune_epochs=0, flip_horizontal=True)
    model, result = train(values, rows)
    assert result.model_epoch == len(result.history) == 1
    assert set(result.history.rows[0]) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    probabilities = model.predict(rows[0].images[rows[0].rows])
    labels = rows[0].labels[rows[0].rows]
    assert (probabilities.argmax(1) == labels).mean() == pytest.approx(result.history.rows[0]["accuracy"])


def test_lbfgs_refuses_a_head_with_layers_of_its_own(hyper, rows) -> None:
    with pytest.raises(ParamError, match="only of pooling"):
        train(hyper(head_solver="lbfgs", head=({"type": "dense", "units": 4},)), rows)


@pytest.mark.parametrize("augmented", [False, True])
@pytest.mark.parametrize(
    "questions",
    [
        pytest.param(0, marks=pytest.mark.slow),
        3,
        6,
        pytest.param(9, marks=pytest.mark.slow),
        13,
        pytest.param(17, marks=pytest.mark.slow),
    ],
)
def test_a_run_stopped_in_either_phase_goes_on_with_the_same_numbers(
    hyper, rows, tmp_path: Path, questions: int, augmented: bool, stopping: Callable[[int], Watch]
) -> None:
    """Questions: two for the features, then before each of 4 batches and each validation batch, in 4 epochs."""
    values = hyper(flip_horizontal=augmented, save_best="val_loss")
    whole, expected = train(values, rows)
    sizes: list[int] = []
    lines: list[int] = []

    def write(history: Any) -> int:
        lines.append(len(history))
        return len(history)

    def first() -> PhasedTraining:
        file = CheckpointFile(tmp_path / "checkpoint.npz")
        return PhasedTraining(
            create(values), values, file, on_history=write, on_resume=lambda h, size: sizes.append(size)
        )

    with pytest.raises(Cancelled):
        first().train_val(*rows, stopping(questions))
    again = first()
    result = again.train_val(*rows)
    assert result.history.rows == expected.history.rows
    assert result.model_epoch == expected.model_epoch
    end, wanted = weights(again.model), weights(whole)
    assert all(np.array_equal(end[name], wanted[name]) for name in wanted if "seed" not in name)
    # The file of the history is cut back once, to what the resumed phase knows.
    assert len(sizes) <= 1
    assert lines[-1] == 4


def test_layers_of_one_name_in_base_and_head_learn_by_their_own_gradients(rows, tmp_path: Path) -> None:
    """A network of ours as a base has a dense_1, and so has the head. Without momentum a step is its gradient."""
    pixels = PixelParams(SIDE, SIDE, 1)
    first = HyperParams.of({"num_filters": 2, "num_units": 4, "drop_out": 0.0})
    made = create_model(first.changed(seed=1), NetInput(pixels, ("a", "b")))
    made.save(tmp_path / "base.keras")
    head = [{"type": "dense", "units": 4, "activation": "tanh"}]
    own = {"optimizer": "sgd", "momentum": 0.0, "schedule": "constant", "init_rate": 0.5, "nan_guard": False}
    hyper = HyperParams.of({"base": str(tmp_path / "base.keras"), "head": head, "batch_size": 30} | own)
    model = create(hyper)
    release(model.keras_model.get_layer("base"), "all")
    plain = create(hyper).keras_model
    release(plain.get_layer("base"), "all")
    NetTraining(model, hyper.changed(epochs=3)).train(rows[0])
    images, labels = rows[0].take(slice(None))
    loss = keras.losses.SparseCategoricalCrossentropy()
    for _ in range(3):
        values = [variable.value for variable in plain.trainable_variables]
        said = loss(torch.from_numpy(labels), plain(images.astype("float32"), training=True))
        with torch.no_grad():
            for value, gradient in zip(values, torch.autograd.grad(said, values), strict=True):
                value -= 0.5 * gradient
    for ours, theirs in zip(model.keras_model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=2e-5)


def test_one_history_and_one_count_of_epochs(hyper, rows) -> None:
    told: list[Event] = []
    _, result = train(hyper(stop_patience=9), rows, Watch(told.append))
    assert len(result.history) == 4
    assert [event.epoch for event in told if isinstance(event, EpochEnded)] == [1, 2, 3, 4]
    assert {event.epochs for event in told if isinstance(event, EpochEnded | BatchEnded)} == {4}
    assert [event.first_epoch for event in told if isinstance(event, TrainingStarted)] == [1, 3]
    assert result.history.column("learning_rate") == pytest.approx([0.01, 0.01, 0.0001, 0.0001])


def test_each_phase_has_its_own_patience(hyper, rows) -> None:
    """No score improves by 50, so each phase ends by its patience."""
    values = hyper(epochs=9, fine_tune_epochs=9, stop_patience=2, fine_tune_patience=3, stop_min_delta=50.0)
    told: list[Event] = []
    _, result = train(values, rows, Watch(told.append))
    assert len(result.history) == 3 + 4
    assert [event.epoch for event in told if isinstance(event, TrainingStopped)] == [7]
    second = fine_tuning(hyper(fine_tune_rate=0.5, plateau_patience=4))
    assert (second.epochs, second.rate, second.plateau_patience) == (2, 0.5, 4)
    assert fine_tuning(hyper()).rate == pytest.approx(1e-4)


def test_the_best_epoch_of_both_phases_is_kept(hyper, rows) -> None:
    """A rate that spoils the second phase: the model is that of the first, unless the last was asked for."""
    values = hyper(fine_tune_rate=50.0, nan_guard=False)
    assert train(values.changed(save_best="none"), rows)[1].model_epoch == 4
    model, result = train(values, rows)
    scores = result.history.column("val_loss")
    assert result.model_epoch == int(np.nanargmin(scores)) + 1 <= 2
    images, labels = rows[1].take(slice(None))
    right = model.predict(images)[np.arange(12), labels]
    assert -np.log(right).mean() == pytest.approx(min(scores), rel=1e-4)


def test_a_caller_may_end_a_collapsed_first_phase(hyper, rows) -> None:
    """No second phase follows; without a caller both are trained."""
    values = hyper(epochs=8, optimizer="sgd", init_rate=100.0, nan_guard=False, schedule="constant")
    told: list[Event] = []
    training = PhasedTraining(create(values), values, on_collapse=lambda collapse: True)
    result = training.train_val(*rows, Watch(told.append))
    assert result.collapse is not None
    assert result.stopped == result.collapse.reason()
    assert len(result.history) == result.collapse.epoch < 8
    assert [event.subject for event in told if isinstance(event, Warned)][:1] == ["collapse"]
    assert len(PhasedTraining(create(values), values).train_val(*rows).history) == 10


def test_a_target_reached_on_the_head_ends_training(hyper, rows) -> None:
    _, result = train(hyper(target=0.01, target_metric="accuracy"), rows)
    assert len(result.history) == 1
    assert "target" in result.stopped


def test_training_without_validation(hyper, rows) -> None:
    values = hyper()
    result = PhasedTraining(create(values), values).train(rows[0])
    assert len(result.history) == 4
    assert "val_loss" not in result.history.rows[0]


def test_an_unknown_block_is_named(hyper, rows) -> None:
    with pytest.raises(ParamError, match=r"block1, block2, block3.*did you mean block3"):
        train(hyper(release="blok3"), rows)


def test_phases_are_for_networks_on_a_base(hyper) -> None:
    values = hyper()
    model = create(values)
    assert has_phases(model, values)
    assert not has_phases(model, HyperParams())
    assert not has_phases(NetModel(model.keras_model, model.info.changed(base=None)), values)
