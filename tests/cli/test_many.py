"""Several data sets in one command, and a run done once more."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet

pytestmark = pytest.mark.slow


def test_a_table_of_several_sets_and_its_runs_verified(convonet: Convonet, tiny: Path) -> None:
    words = ["--hyper", tiny / "hyper.json", "--out", tiny / "runs", "--csv", tiny / "table.csv"]
    said = convonet("many", tiny / "data.json", tiny / "nowhere", tiny / "train", *words, "--json")
    first, lost, second = said.json()
    assert said.code == 1
    assert (first["images"], first["classes"], first["epochs"]) == (12, 2, 3)
    assert 0 <= first["test_accuracy"] <= 1
    assert second["test_accuracy"] is None
    assert "nowhere" in lost["error"]["where"]
    with (tiny / "table.csv").open() as file:
        assert [row["data"] for row in csv.DictReader(file)] == [row["data"] for row in said.json()]
    repeated = convonet("verify", first["run"], "--json")
    assert repeated.code == 0, repeated.err
    assert repeated.json()["equal"] is True
    history = Path(first["run"]) / "history.csv"
    history.write_text(history.read_text().replace("\n2,", "\n2,1"))
    changed = convonet("verify", first["run"])
    assert changed.code == 1
    assert changed.out.startswith("Different: loss of epoch 2 was ")
    assert convonet("verify", tiny / "nowhere").code == 2
