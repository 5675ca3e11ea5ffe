from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from convonet.errors import Cancelled, ClassMismatchError, DataError, ModelFileError, ParamError
from convonet.evaluation.net_evaluation import evaluate
from convonet.events import EvaluationEnded, Event, Progressed, Warned, Watch
from convonet.params.data_params import PixelParams

Make = Callable[..., Any]
THREE = ("a", "b", "c")
TABLE = [[0.8, 0.1, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.2, 0.5, 0.3]]


def test_every_row_keeps_its_path_and_answer(predictor: Make, prepared: Make) -> None:
    got = evaluate(predictor(THREE, TABLE), prepared(THREE, [0, 1, 2, 1]), batch_size=3)

    assert got.paths == ("a/0.png", "b/1.png", "c/2.png", "b/3.png")
    assert got.y_pred.tolist() == [0, 0, 2, 1]
    assert got.probabilities.tolist() == np.array(TABLE, dtype=np.float32).tolist()
    assert got.accuracy == 0.75
    assert got.images_per_second > 0


def test_the_set_is_walked_in_batches(predictor: Make, prepared: Make) -> None:
    model = predictor(THREE, [[0.2, 0.3, 0.5]] * 10)
    evaluate(model, prepared(THREE, [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]), batch_size=4)
    assert model.batches == [1, 4, 4, 2]


def test_one_image(predictor: Make, prepared: Make) -> None:
    got = evaluate(predictor(THREE, TABLE), prepared(THREE, [0]))
    assert (len(got), got.accuracy, got.auc, got.baseline_accuracy) == (1, 1.0, None, 1.0)


def test_skipped_files_are_told(predictor: Make, prepared: Make) -> None:
    data = prepared(THREE, [0, 1, 2], skipped=[("a/bad.png", "the file is empty")])
    value = evaluate(predictor(THREE, TABLE), data).to_dict()
    assert value["skipped"] == [{"path": "a/bad.png", "reason": "the file is empty"}]
    assert value["images"] == 3


def test_progress_and_scores_are_told(predictor: Make, prepared: Make) -> None:
    told: list[Event] = []
    got = evaluate(
        predictor(THREE, TABLE), prepared(THREE, [0, 1, 2, 1]), split="val", watch=Watch(told.append)
    )

    progress = [event for event in told if isinstance(event, Progressed)]
    assert (progress[-1].done, progress[-1].total, progress[-1].seconds_left) == (4, 4, 0.0)
    assert told[-1] == EvaluationEnded(
        split="val", images=4, accuracy=0.75, accuracy_interval=tuple(got.accuracy_interval)
    )


def test_the_model_may_carry_its_threshold(predictor: Make, prepared: Make) -> None:
    table = [[0.6, 0.4], [0.8, 0.2]]
    data = prepared(("no", "yes"), [1, 0])
    plain = evaluate(predictor(("no", "yes"), table), data)
    kept = evaluate(predictor(("no", "yes"), table, threshold=0.4, positive="yes"), data)
    other = evaluate(predictor(("no", "yes"), table), data, positive="no", threshold=0.7)

    assert (plain.accuracy, plain.threshold, plain.positive) == (0.5, None, "yes")
    assert (kept.accuracy, kept.threshold, kept.positive) == (1.0, 0.4, "yes")
    assert (other.accuracy, other.threshold, other.positive) == (1.0, 0.7, "no")


def test_a_model_without_names_takes_those_of_the_folders_and_says_so(
    predictor: Make, prepared: Make
) -> None:
    told: list[Event] = []
    got = evaluate(predictor((), TABLE), prepared(THREE, [0, 1, 2]), watch=Watch(told.append))

    assert got.classes == THREE
    (warning,) = [event for event in told if isinstance(event, Warned)]
    assert "a, b, c" in warning.message


@pytest.mark.parametrize(
    ("classes", "parts", "missing", "extra"),
    [
        (("a", "b"), ["a, b, c", "a, b"], ("c",), ()),
        (("a", "b", "c", "d"), ["class_map"], (), ("d",)),
        (("a", "B", "c"), ["class_map"], ("b",), ("B",)),
        (("b", "a", "c"), ["different order"], (), ()),
    ],
)
def test_other_classes_are_refused(
    predictor: Make,
    prepared: Make,
    classes: tuple[str, ...],
    parts: list[str],
    missing: tuple[str, ...],
    extra: tuple[str, ...],
) -> None:
    with pytest.raises(ClassMismatchError) as caught:
        evaluate(predictor(THREE, TABLE), prepared(classes, [0, 1]))
    assert (caught.value.missing, caught.value.extra) == (missing, extra)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ([[np.nan, 0.5, 0.5]] * 2, "NaN or infinite values for 1 of 1 image"),
        ([[0.5, 0.5]] * 2, "expected 3 (a, b, c); received 2"),
        ([[0.9, 0.9, 0.9]] * 2, "are not probabilities"),
        ([[1.5, -0.5, 0.0]] * 2, "are not probabilities"),
    ],
)
def test_output_that_is_no_probabilities_is_refused(
    predictor: Make, prepared: Make, table: list[list[float]], part: str
) -> None:
    with pytest.raises(ModelFileError) as caught:
        evaluate(predictor(THREE, table), prepared(THREE, [0, 1]))
    assert part in str(caught.value)


def test_no_image_or_another_shape_is_refused(predictor: Make, prepared: Make) -> None:
    with pytest.raises(DataError, match="None of the images of the test set") as caught:
        evaluate(predictor(THREE, TABLE), prepared(THREE, [], skipped=[("a/0.png", "empty")]))
    assert "1 skipped" in str(caught.value)
    with pytest.raises(DataError, match="expected 8 × 8 × 3; received 4 × 5 × 1"):
        evaluate(predictor(THREE, TABLE, pixels=PixelParams(8, 8, 3)), prepared(THREE, [0]))


def test_wrong_options_are_refused(predictor: Make, prepared: Make) -> None:
    with pytest.raises(ParamError, match="two classes"):
        evaluate(predictor(THREE, TABLE), prepared(THREE, [0]), threshold=0.5)
    with pytest.raises(ParamError, match="top_k: expected 1 or more"):
        evaluate(predictor(THREE, TABLE), prepared(THREE, [0]), top_k=0)


def test_a_wish_to_stop_ends_the_work(predictor: Make, prepared: Make) -> None:
    with pytest.raises(Cancelled):
        evaluate(predictor(THREE, TABLE), prepared(THREE, [0]), watch=Watch(should_stop=lambda: True))
