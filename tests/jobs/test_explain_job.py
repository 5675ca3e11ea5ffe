"""Explanations, layers and dreams as jobs: files in a folder and a document that names them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convonet
from convonet.errors import DataError, InputError
from convonet.events import Event, FileSaved, Progressed, StageStarted, Watch
from convonet.inference.net_input import NetInput
from convonet.jobs import job_for
from convonet.nets import create_model
from convonet.params import DataParams, HyperParams, PixelParams
from convonet.runs import Run
from convonet.runs.documents import read_result
from convonet.tasks import DreamTask, ExplainTask, LayersTask, Task

SHAPE = (20, 16, 1)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of small images with names in Chinese, untrained."""
    made = create_model(
        HyperParams.of({"num_filters": 4, "num_units": 8, "seed": 1}),
        NetInput(PixelParams(*SHAPE), ("东", "west")),
    )
    path = tmp_path_factory.mktemp("model") / "model.keras"
    made.save(path)
    return path


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A class folder for each of two classes; among the images a broken one."""
    rng = np.random.default_rng(1)
    for name in ("东", "west"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(2):
            pixels = rng.integers(0, 256, (30, 24), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"a photo $ {number}.png")
    (tmp_path / "photos" / "west" / "broken.png").write_bytes(b"\x89PNG no more")
    return tmp_path / "photos"


def _do(task: Task, tmp_path: Path, events: list[Event] | None = None) -> dict[str, Any]:
    run = Run.create(tmp_path, task)
    job_for(run.task())(run, Watch(None if events is None else events.append))
    return read_result(run)


def _size(path: Path | str) -> tuple[int, int]:
    """(width, height)."""
    with Image.open(path) as image:
        return image.size


def test_each_image_has_its_pictures_and_raw_values(model: Path, photos: Path, tmp_path: Path) -> None:
    events: list[Event] = []
    out = tmp_path / "out"
    task = ExplainTask(model=str(model), paths=(str(photos),), faithful=True, out=str(out))
    answer = _do(task, tmp_path, events)
    assert answer == json.loads((out / "explanations.json").read_text(encoding="utf-8"))
    assert (answer["folder"], answer["method"]) == (str(out), "grad_cam")
    *good, bad = sorted(answer["explanations"], key=lambda one: "error" in one)
    assert (len(good), "broken.png" in bad["path"], bool(bad["error"])) == (4, True, True)
    for one in good:
        assert one["class"] == one["predicted"] in ("东", "west")
        assert one["layer"] == "conv_2"
        assert 0 <= one["faithful"]["deletion"]["area"] <= 1
        assert np.load(out / one["files"]["values"]).shape == SHAPE[:2]
        sizes = {kind: _size(out / file) for kind, file in one["files"].items() if kind != "values"}
        assert sizes["heat"] == sizes["image"] == (16, 20)
        assert sizes["overlay"] == (256, 320)
        assert sizes["picture"][0] > 600
    assert len({name for one in good for name in one["files"].values()}) == 20
    assert [event.done for event in events if isinstance(event, Progressed)][-1] == 5
    assert [event.stage for event in events if isinstance(event, StageStarted)] == ["model", "explain"]
    assert any(isinstance(event, FileSaved) for event in events)


def test_filters_and_maps(model: Path, photos: Path, tmp_path: Path) -> None:
    photo = str(next((photos / "west").glob("a*")))
    answer = _do(LayersTask(model=str(model), image=photo), tmp_path)
    assert [(row["name"], row["kind"]) for row in answer["layers"]] == [
        ("conv_1", "filters"),
        ("conv_2", "filters"),
        ("conv_1", "maps"),
        ("pool_1", "maps"),
        ("conv_2", "maps"),
        ("pool_2", "maps"),
    ]
    for row in answer["layers"]:
        assert (Path(answer["folder"]) / row["file"]).stat().st_size > 1000
    only = _do(LayersTask(model=str(model), layer="conv_2"), tmp_path)
    assert [(row["name"], row["shape"]) for row in only["layers"]] == [("conv_2", [3, 3, 4, 4])]
    with pytest.raises(InputError, match=r"nothing to draw.*no image"):
        _do(LayersTask(model=str(model), layer="pool_1"), tmp_path)
    with pytest.raises(DataError):
        _do(LayersTask(model=str(model), image=str(photos / "west" / "broken.png")), tmp_path)


@pytest.mark.usefixtures("chinese_font")
def test_a_dream_beside_the_best_image(model: Path, photos: Path, tmp_path: Path) -> None:
    (photos / "west" / "broken.png").unlink()
    data = DataParams.of({"train_dir": str(photos), "channels": 1})
    out = str(tmp_path / "dream.png")
    task = DreamTask(model=str(model), layer="conv_2", data=data, steps=8, out=out)
    answer = _do(task, tmp_path)
    assert (answer["channels"], answer["compared"], len(answer["dreams"])) == (4, 4, 4)
    assert [one["name"] for one in answer["dreams"]] == [f"channel {number}" for number in range(4)]
    assert _size(out)[0] > 600
    assert _size(answer["dreams"][3]["file"]) == (16, 20)
    again = _do(
        DreamTask(model=str(model), layer="conv_2", steps=8, out=str(tmp_path / "again.png")), tmp_path
    )
    assert (again["compared"], again["dreams"][0]["best_image"]) == (0, None)
    for one, two in zip(answer["dreams"], again["dreams"], strict=True):
        assert Path(one["file"]).read_bytes() == Path(two["file"]).read_bytes()
    classes = _do(DreamTask(model=str(model), layer="output", channel=0, steps=8), tmp_path)
    assert classes["dreams"][0]["name"] == "东"


def test_in_python_results_show_themselves(model: Path, photos: Path, tmp_path: Path) -> None:
    photo = next((photos / "west").glob("a*"))
    (by_path,) = convonet.explain(model, photo, method="saliency")
    assert by_path._repr_png_().startswith(b"\x89PNG")
    assert by_path.heat.shape == by_path.values.shape == SHAPE[:2]
    with Image.open(photo) as image:
        pixels = np.asarray(image.resize((16, 20), Image.Resampling.BILINEAR))
    for given in (pixels, pixels[..., None], pixels[None, ..., None]):
        (by_array,) = convonet.explain(model, given, method="saliency")
        np.testing.assert_allclose(by_array.values, by_path.values, rtol=1e-5)
    with pytest.raises(DataError):
        convonet.explain(model, photos / "west" / "broken.png")
    assert len(convonet.explain(model, np.stack([pixels] * 2), method="saliency")) == 2
    with pytest.raises(DataError):
        convonet.explain(model, np.zeros((2, 3), np.int64))
    dreamt = convonet.dream(model, "conv_1", channel=2, steps=4)
    assert (dreamt.pictures.shape, dreamt.channels) == ((1, *SHAPE), (2,))
    assert dreamt._repr_png_().startswith(b"\x89PNG")
    assert len(convonet.layers(model, out=tmp_path / "layers")["layers"]) == 2
