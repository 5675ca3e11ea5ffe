"""Two runs on the same images, from their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as reference

from convonet.runs import Run
from convonet.runs.pairs import compare_pairs
from made_scores import write_scores


def _run(folder: Path, rows: list[tuple[str, str, str]]) -> Run:
    folder.mkdir()
    lines = ["path,true,predicted,confidence", *(",".join((*row, "0.9")) for row in rows)]
    (folder / "predictions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Run(folder)


def _rows(right: np.ndarray) -> list[tuple[str, str, str]]:
    return [(f"东/{i}.png", "东", "东" if ok else "西") for i, ok in enumerate(right)]


def test_the_test_of_two_runs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    first, second = rng.random(200) < 0.9, rng.random(200) < 0.75
    a = _run(tmp_path / "a", _rows(first))
    b = _run(tmp_path / "b", _rows(second)[::-1])
    (pair,) = compare_pairs([a, b])
    only_a, only_b = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    table = [[int(np.sum(first & second)), only_a], [only_b, int(np.sum(~first & ~second))]]
    assert (pair["only_a"], pair["only_b"]) == (only_a, only_b)
    assert pair["p_value"] == pytest.approx(reference(table, exact=True).pvalue)
    assert "a is better by more than chance would explain" in pair["sentence"]


def test_every_two_are_paired(tmp_path: Path) -> None:
    runs = [_run(tmp_path / name, _rows(np.ones(4, bool))) for name in "abc"]
    pairs = compare_pairs(runs)
    assert [(pair["a"], pair["b"]) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert all(pair["p_value"] == 1 for pair in pairs)


def test_only_images_that_both_were_tested_on_under_one_label_count(tmp_path: Path) -> None:
    base = _run(tmp_path / "a", [("1.png", "x", "x"), ("2.png", "y", "x"), ("4.png", "x", "y")])
    left_out = _run(tmp_path / "b", [("1.png", "x", "y"), ("4.png", "x", "x")])
    relabelled = _run(tmp_path / "c", [("1.png", "x", "x"), ("2.png", "x", "x"), ("4.png", "x", "x")])
    for run, only_a, only_b, counted in ((left_out, 1, 1, "1 is"), (relabelled, 0, 1, "0 are")):
        (pair,) = compare_pairs([base, run])
        assert (pair.same_images, pair.only_a, pair.only_b) == (False, only_a, only_b)
        assert pair.sentence.startswith(f"Of 2 images, {counted} predicted correctly only by a")
        assert pair.sentence.endswith(
            "1 image is not counted: not in both tests, or tested with different labels."
        )


def test_sets_that_name_their_files_alike_are_not_paired(tmp_path: Path) -> None:
    runs = []
    for name, matrix, root in (
        ("a", [[2, 0], [0, 1]], "one"),
        ("b", [[1, 1], [0, 2]], "one"),
        ("c", [[1, 1], [0, 2]], "two"),
    ):
        (tmp_path / name).mkdir()
        write_scores(tmp_path / name, "xy", matrix, root)
        runs.append(Run(tmp_path / name))
    pairs = compare_pairs(runs)
    assert [pair.only_a for pair in pairs] == [1, None, 0]
    assert "not tested on the same images" in pairs[1].sentence


@pytest.mark.parametrize("content", [None, b"", b"path,true\n1,2\n", b"\xff\xfe\x00"])
def test_runs_without_predictions_are_left_out(tmp_path: Path, content: bytes | None) -> None:
    base = _run(tmp_path / "a", [("1.png", "x", "x")])
    bare = tmp_path / "b"
    bare.mkdir()
    if content is not None:
        (bare / "predictions.csv").write_bytes(content)
    assert compare_pairs([base, Run(bare)]) == []
