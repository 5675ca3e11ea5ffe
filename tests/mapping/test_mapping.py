"""The map: near images stay near, the same seed gives the same map, and planted wrong labels are found."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

import convonet
from convonet.mapping import nearest, outlier_scores, tsne, wrong_label_scores
from convonet.sorting.suggest import reduced


@pytest.fixture(scope="module")
def digits_points() -> tuple[np.ndarray, np.ndarray]:
    """600 of scikit-learn's digits on their main axes, and their labels."""
    from sklearn.datasets import load_digits

    data, labels = load_digits(return_X_y=True)
    return np.asarray(reduced(data[:600])[:, :30], np.float64), labels[:600]


def test_nearest_are_those_of_scikit_learn(digits_points: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = digits_points
    found = nearest(points, 5)
    distances, _ = NearestNeighbors(n_neighbors=5).fit(points).kneighbors()
    np.testing.assert_allclose(found.distances, distances, atol=1e-6)


def test_near_images_stay_near_and_a_seed_gives_one_map(digits_points: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = digits_points
    place = tsne(points, seed=3, iterations=150)
    assert trustworthiness(points, place, n_neighbors=5) > 0.93
    np.testing.assert_array_equal(place, tsne(points, seed=3, iterations=150))
    assert not np.array_equal(place, tsne(points, seed=4, iterations=150))


def test_planted_wrong_labels_come_first(digits_points: tuple[np.ndarray, np.ndarray]) -> None:
    points, labels = digits_points
    rng = np.random.default_rng(0)
    planted = rng.choice(len(labels), len(labels) // 20, replace=False)
    changed = labels.copy()
    changed[planted] = (labels[planted] + rng.integers(1, 10, len(planted))) % 10
    scores, suggested = wrong_label_scores(nearest(points, 15), changed)
    first = np.argsort(-scores)[: len(labels) // 10]
    assert np.isin(planted, first).mean() >= 0.8
    assert (suggested[planted] == labels[planted]).mean() >= 0.8


def test_an_image_that_is_alone_has_the_highest_score(digits_points: tuple[np.ndarray, np.ndarray]) -> None:
    points, _ = digits_points
    with_outlier = np.concatenate([points, 10 + points[:1]])
    assert outlier_scores(nearest(with_outlier, 15)).argmax() == len(points)


@pytest.fixture
def three(digits: Path, tmp_path: Path) -> Path:
    """20 digits of each of three classes."""
    for name in ("0", "1", "7"):
        (tmp_path / "set" / name).mkdir(parents=True)
        for file in sorted((digits / "train" / name).iterdir())[:20]:
            shutil.copy(file, tmp_path / "set" / name)
    return tmp_path / "set"


@pytest.mark.slow
def test_a_map_is_a_table_and_a_picture(three: Path, tmp_path: Path) -> None:
    answer = convonet.image_map(three, tmp_path / "out")
    assert answer.classes == ("0", "1", "7")
    assert answer.images == answer.total == len(answer.x) == len(answer.neighbors) == 60
    rows = list(csv.DictReader((tmp_path / "out" / "map.csv").read_text().splitlines()))
    assert sorted(row["path"] for row in rows) == sorted(answer.paths)
    scores = [float(row["wrong_label_score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert answer.likely_wrong == sum(score > 0 for score in scores)
    assert (tmp_path / "out" / "map.png").stat().st_size > 10_000
    again = convonet.image_map({"train_dir": str(three)}, tmp_path / "again", split="train")
    assert dict(zip(again.paths, again.x, strict=True)) == dict(zip(answer.paths, answer.x, strict=True))


@pytest.mark.slow
def test_similar_images_are_of_the_same_class(three: Path, tmp_path: Path) -> None:
    given = sorted((three / "0").iterdir())[3]
    found = convonet.similar(given, three, top=5)
    assert [item.class_ for item in found.similar].count("0") >= 4
    assert f"0/{given.name}" not in [item.path for item in found.similar]
    values = [item.similarity for item in found.similar]
    assert values == sorted(values, reverse=True)
    copied = tmp_path / "elsewhere.png"
    shutil.copy(given, copied)
    first = convonet.similar(copied, three, top=1).similar[0]
    assert (first.path, round(first.similarity, 5)) == (f"0/{given.name}", 1)
