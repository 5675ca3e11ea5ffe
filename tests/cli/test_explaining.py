"""`explain`, `layers` and `dream` from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Convonet


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Two untrained networks, one without a convolution; the first one's path."""
    from convonet.inference.net_input import NetInput
    from convonet.nets import create_model
    from convonet.params import HyperParams, PixelParams

    for family in ("logistic", "simple"):
        made = create_model(
            HyperParams.of({"family": family, "seed": 1}), NetInput(PixelParams(8, 8, 1), ("dark", "light"))
        )
        made.save(tmp_path / f"{family}.keras")
    return tmp_path / "simple.keras"


def test_an_explanation_as_a_document(convonet: Convonet, model: Path, tiny: Path) -> None:
    out = tiny / "out"
    said = convonet("explain", model, tiny / "test", "--class", "light", "--out", out, "--json")
    assert said.code == 0, said.err
    answer = said.json()
    assert [one["class"] for one in answer["explanations"]] == ["light"] * 12
    assert all((out / one["files"]["picture"]).is_file() for one in answer["explanations"])


@pytest.mark.slow
def test_explaining_in_a_terminal(convonet: Convonet, model: Path, tiny: Path) -> None:
    photo = tiny / "test" / "dark" / "0.png"
    said = convonet(
        "explain", model, photo, "--method", "occlusion", "--patch", "3", "--faithful", "--out", tiny / "out"
    )
    assert said.code == 0, said.err
    assert "Occlusion for" in said.out
    assert "of 10 reference maps" in said.out
    assert said.out.strip().endswith(str(tiny / "out"))
    for words, code, sentence in (
        (
            ["explain", model.with_name("logistic.keras"), photo],
            2,
            "Use saliency or occlusion, which work for every network",
        ),
        (["explain", model, photo, "--class", "lihgt"], 2, "Did you mean light"),
        (["explain", model, photo, "--layer", "conv_9"], 2, "no such layer"),
        (["explain", model, photo, "--method", "cam"], 2, "grad_cam, saliency, occlusion"),
        (["explain", model, tiny / "nowhere.png"], 2, "No such image or folder"),
        (["dream", model, "--layer", "conv_1", "--channel", "99"], 2, "no such channel"),
    ):
        refused = convonet(*words)
        assert (refused.code, refused.out) == (code, "")
        assert sentence in refused.err


@pytest.mark.slow
def test_layers_and_dreams(convonet: Convonet, model: Path, tiny: Path) -> None:
    photo = tiny / "test" / "dark" / "0.png"
    said = convonet("layers", model, photo, "--out", tiny / "layers", "--json")
    assert said.code == 0, said.err
    assert {row["kind"] for row in said.json()["layers"]} == {"filters", "maps"}
    dreams = []
    for name in ("one", "two"):
        words = [
            "--layer",
            "conv_1",
            "--channel",
            "3",
            "--steps",
            "20",
            "--seed",
            "5",
            "--test-dir",
            tiny / "test",
        ]
        said = convonet("dream", model, *words, "--out", tiny / f"{name}.png", "--json")
        assert said.code == 0, said.err
        dreams.append(said.json()["dreams"][0])
    assert dreams[0]["best_image"] == dreams[1]["best_image"] is not None
    assert dreams[0]["reached"] == dreams[1]["reached"] > dreams[0]["start"]
    pictures = [np.asarray(Image.open(dream["file"])) for dream in dreams]
    np.testing.assert_array_equal(*pictures)


@pytest.mark.slow
def test_another_backend_occludes_and_refuses_gradients_in_words(
    convonet: Convonet, model: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jax")
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    photo = tiny / "test" / "dark" / "0.png"
    refused = convonet("explain", model, photo)
    assert (refused.code, refused.out) == (1, "")
    assert (
        "only with the torch backend; expected KERAS_BACKEND=torch; received jax. Use occlusion"
        in refused.err
    )
    for words in (["explain", model, photo, "--method", "occlusion"], ["layers", model, photo]):
        said = convonet(*words, "--out", tiny / "out", "--json")
        assert said.code == 0, said.err
