"""Exports through the job: checked with the run's own images, complete or not there at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet import api
from convonet.data.decode import read_image
from convonet.errors import InputError, ModelFileError, OutputError
from convonet.exporting.predict_script import predict_script
from convonet.inference.model_info import ModelInfo
from convonet.inference.net_input import NetInput
from convonet.inference.onnx_model import OnnxModel
from convonet.nets import NetModel, create_model, whole_network
from convonet.nets.backend import name
from convonet.params import HyperParams, PixelParams
from convonet.tasks import ExportTask, export_formats

pytestmark = pytest.mark.skipif(name() != "torch", reason="the exporters of the torch backend")
PIXELS = PixelParams(12, 10, 3, "crop", "lanczos", "white")


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Test images of two classes: PNG, JPEG, 16 bits, grey, palette, half transparent, turned by EXIF."""
    root = tmp_path_factory.mktemp("export") / "sets"
    draw = np.random.default_rng(3)
    for part in ("train", "test"):
        for label in ("猫 cat", "dog"):
            folder = root / part / label
            folder.mkdir(parents=True)
            colour = Image.fromarray(draw.integers(0, 256, (31, 24, 3), dtype=np.uint8))
            see_through = Image.fromarray(draw.integers(0, 256, (20, 20, 4), dtype=np.uint8), "RGBA")
            deep = Image.fromarray(draw.integers(0, 65536, (17, 19)).astype(np.uint16))
            turned = Image.Exif()
            turned[0x0112] = 6
            colour.save(folder / "plain.png")
            colour.save(folder / "photo.jpg", quality=80)
            colour.save(folder / "turned.jpg", exif=turned)
            colour.quantize(16).save(folder / "few.gif")
            colour.convert("L").save(folder / "grey.png")
            see_through.save(folder / "glass.png")
            deep.save(folder / "deep.png")
    return root


def model_file(folder: Path, pixels: PixelParams = PIXELS, **changes: Any) -> Path:
    model = create_model(
        HyperParams.of({"num_filters": 4, "num_units": 8, "seed": 4}), NetInput(pixels, ("dog", "猫 cat"))
    )
    model.info = model.info.changed(**changes)
    folder.mkdir(exist_ok=True, parents=True)
    model.save(folder / "model.keras")
    return folder / "model.keras"


def export(model: Path, format: str, sets: Path | None = None, **more: Any) -> dict[str, Any]:
    data = {"train_dir": str(sets)} if sets else None
    return api.export(model, format, data=data, **more)


def test_a_folder_predicts_by_itself(sets: Path, tmp_path: Path) -> None:
    made = export(model_file(tmp_path, threshold=0.45, positive="猫 cat", temperature=1.7), "folder", sets)
    folder = Path(made["path"])
    assert made == made | {"images": 14, "samples": "test"}
    assert made["largest_difference"] <= 1e-5
    files = sorted(path for path in (sets / "test").rglob("*.*"))
    script = [sys.executable, "-I", str(folder / "predict.py"), *map(str, files)]
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {"PYTHONUTF8": "1"}
    said = subprocess.run(script, capture_output=True, text=True, encoding="utf-8", env=plain, check=True)
    lines = [json.loads(line) for line in said.stdout.splitlines()]
    ours = api.predict(folder, files)
    for theirs, answer in zip(lines, ours, strict=True):
        assert theirs["predicted"] == answer["predicted"], theirs["path"]
        for item in answer["top"]:
            assert theirs["probabilities"][item["class"]] == pytest.approx(item["probability"], abs=1e-6)
    check = subprocess.run(
        [sys.executable, str(folder / "check.py")], capture_output=True, text=True, check=True
    )
    assert "largest difference over 8 images" in check.stdout
    assert (folder / "labels.txt").read_text("utf-8") == "dog\n猫 cat\n"
    about = json.loads((folder / "model.json").read_text("utf-8"))
    assert about["threshold"] == 0.45
    assert about["temperature"] == 1.7
    assert about["resize"] == "crop"
    assert len((folder / "predict.py").read_text("utf-8").splitlines()) < 40


def test_an_earlier_export_is_replaced_and_nothing_else(sets: Path, tmp_path: Path) -> None:
    model = model_file(tmp_path)
    first = Path(export(model, "folder", sets)["path"])
    (first / "golden" / "golden.json").write_text("[]")
    assert Path(export(model, "folder", sets)["path"]) == first
    assert len(json.loads((first / "golden" / "golden.json").read_text("utf-8"))) == 8
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(OutputError, match="is not empty"):
        export(model, "folder", sets, out=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("resize", ["stretch", "pad", "pad_edge", "crop"])
@pytest.mark.parametrize(("channels", "alpha", "filter"), [(1, "drop", "bilinear"), (3, "black", "area")])
def test_the_script_makes_the_same_pixels(
    sets: Path, resize: Any, channels: int, alpha: Any, filter: Any
) -> None:
    """The script's own lines, with a network that gives the pixels back."""
    pixels = PixelParams(13, 11, channels, resize, filter, alpha)
    text = predict_script(ModelInfo(("a", "b"), pixels))
    body = text[text.index("def pixels_of") : text.index("\n\nif __name__")]
    space: dict[str, Any] = {}
    exec("import numpy as np\nfrom PIL import Image, ImageOps\n" + body, space)
    space["session"] = type("Same", (), {"run": lambda self, _, fed: [fed["pixels"]]})()
    for file in sorted((sets / "test").rglob("*.*")):
        np.testing.assert_array_equal(space["predict"](file), read_image(file, pixels), err_msg=str(file))


def test_a_script_that_differs_leaves_no_folder(sets: Path, tmp_path: Path, monkeypatch) -> None:
    from convonet.exporting import folder as export_folder

    other = PixelParams(12, 10, 3, "stretch")
    monkeypatch.setattr(
        export_folder, "predict_script", lambda info: predict_script(info.changed(pixels=other))
    )
    with pytest.raises(ModelFileError, match="no folder was written"):
        export(model_file(tmp_path), "folder", sets)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_the_file_says_all_in_plain_words_too(sets: Path, tmp_path: Path) -> None:
    import onnx

    made = export(model_file(tmp_path, threshold=0.3, temperature=2.0), "onnx", sets)
    said = {item.key: item.value for item in onnx.load(made["path"]).metadata_props}
    assert json.loads(said["class_names"]) == ["dog", "猫 cat"]
    assert (said["resize"], said["resize_filter"], said["transparency"]) == ("crop", "lanczos", "white")
    assert (said["scaling"], said["threshold"], said["temperature"]) == ("unit", "0.3", "2.0")
    golden = OnnxModel.load(made["path"]).golden
    assert golden is not None
    assert golden.source == "test"
    assert golden.images.shape == (8, 12, 10, 3)


def skip_without(format: str) -> None:
    needed = export_formats.EXPORT_FORMATS[format]
    if not needed.installed:
        pytest.skip(f"{needed.title} needs {needed.package}")


@pytest.mark.parametrize("format", ["openvino", "litert", "torch"])
def test_keras_own_formats(sets: Path, tmp_path: Path, format: str) -> None:
    skip_without(format)
    made = export(model_file(tmp_path), format, sets, out=tmp_path / "out" / "net")
    assert made["largest_difference"] <= 1e-5
    names = {"openvino": {"net.bin", "net.xml"}, "litert": {"net.tflite"}, "torch": {"net.pt2"}}[format]
    assert {path.name for path in (tmp_path / "out").iterdir()} == names | {"net.json"}
    about = json.loads((tmp_path / "out" / "net.json").read_text("utf-8"))
    assert about["class_names"] == ["dog", "猫 cat"]
    assert about["golden"]["source"] == "test"


@pytest.mark.parametrize("format", ["onnx", "openvino", "litert", "torch", "folder"])
def test_no_equality_no_file(sets: Path, tmp_path: Path, monkeypatch, format: str) -> None:
    skip_without(format)
    model = model_file(tmp_path)
    other = NetModel.load(model_file(tmp_path / "other"))
    other.keras_model.set_weights([w + 0.3 for w in other.keras_model.get_weights()])
    whole = whole_network._with_all_inside
    monkeypatch.setattr(whole_network, "_with_all_inside", lambda _, info: whole(other.keras_model, info))
    with pytest.raises(ModelFileError, match="no file was written"):
        export(model, format, sets, out=tmp_path / "out" / "net")
    assert not any((tmp_path / "out").glob("**/*"))


def test_what_is_not_installed_is_named(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(export_formats.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match="litert-torch, which is not installed") as caught:
        export(model_file(tmp_path), "litert")
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Run pip install litert-torch, or choose")
    assert caught.value.hint.endswith(": onnx, onnx-int8, folder, web, torch")
    with pytest.raises(InputError, match="did you mean onnx"):
        export(tmp_path / "model.keras", "onxx")


def test_without_images_noise_checks_it(tmp_path: Path) -> None:
    made = export(model_file(tmp_path), "folder")
    assert (made["images"], made["samples"]) == (0, "synthetic")
    assert len(list((Path(made["path"]) / "golden").glob("*.png"))) == 8


@pytest.fixture
def damaged(sets: Path, tmp_path: Path) -> Callable[[Callable[[Any], None]], Path]:
    """`damaged(change)`: an exported file whose graph was changed afterwards."""
    import onnx

    def make(change: Callable[[Any], None]) -> Path:
        path = Path(export(model_file(tmp_path), "onnx", sets)["path"])
        graph = onnx.load(path)
        change(graph)
        onnx.save(graph, path)
        return path

    return make


def test_a_file_that_answers_otherwise_is_not_opened(damaged) -> None:
    def change(model: Any) -> None:
        kernel = max(model.graph.initializer, key=lambda item: len(item.raw_data))
        kernel.raw_data = bytes(len(kernel.raw_data))

    with pytest.raises(ModelFileError, match="no longer gives the predictions"):
        OnnxModel.load(damaged(change))


@pytest.mark.parametrize("text", ["{", "[]", '{"format_version": 99}'])
def test_golden_samples_that_cannot_be_read(damaged, text: str) -> None:
    def change(model: Any) -> None:
        next(item for item in model.metadata_props if item.key == "convonet_golden").value = text

    with pytest.raises(ModelFileError, match="golden samples cannot be read"):
        OnnxModel.load(damaged(change))


def test_an_allowed_loss_of_zero_is_an_option() -> None:
    assert ExportTask(model="m", format="onnx-int8", max_loss=0.0).options == {"max_loss": 0.0}
    assert ExportTask(model="m", format="onnx").options == {}
