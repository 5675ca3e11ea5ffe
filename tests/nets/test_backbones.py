"""Bases: as declared, with their own scaling, and weights that are the right ones or a sentence."""

from __future__ import annotations

import hashlib
import io
import pickle
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from convonet.errors import ConvonetError, DataError, ModelFileError, ParamError
from convonet.inference.scaling import PixelScaling, scale_of
from convonet.nets import NetModel
from convonet.nets.backbones import block_names, freeze, release
from convonet.nets.backbones.applications import build_application, fill_application
from convonet.nets.backbones.efficientnet_lite import NAMES, efficientnet_lite, fill_from_torch
from convonet.nets.backbones.opening import open_backbone, without_output
from convonet.nets.backbones.weights import find_weights
from convonet.nets.backend import keras, ops
from convonet.params import HyperParams
from convonet.params.bases import BASES
from convonet.params.catalogue import family_document, models_document

L = keras.layers
POOL = [{"type": "global_pool"}]


def values(base: str, weights: str = "random", sha256: str | None = None) -> dict[str, Any]:
    return {"base": base, "base_weights": weights, "base_sha256": sha256}


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Any download fails the test, and Keras' own folder is empty."""

    def refuse(*args: object, **options: object) -> None:
        pytest.fail("something was downloaded")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[bytes | Exception], list[str]]:
    """`answers(content)`: what the network says from now on; gives the list of what was asked for."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def say(content: bytes | Exception) -> list[str]:
        asked: list[str] = []

        def answer(url: str, timeout: float) -> io.BytesIO:
            asked.append(url)
            if isinstance(content, Exception):
                raise content
            return io.BytesIO(content)

        monkeypatch.setattr(urllib.request, "urlopen", answer)
        return asked

    return say


@pytest.mark.parametrize("name", BASES)
def test_a_base_is_as_declared(name: str) -> None:
    info = BASES[name]
    base = open_backbone(values(name), (info.least, info.least + 3, 3), 0, None)
    assert base.network.name == name
    assert base.network.count_params() == info.parameters
    assert base.network.output_shape[-1] == info.maps
    assert base.scaling == PixelScaling(info.scaling, info.mean, info.deviation)
    assert len(block_names(base.network)) >= 5
    with pytest.raises(DataError, match=rf"at least {info.least}×{info.least}.*image size of {info.size}"):
        open_backbone(values(name), (info.least, info.least - 1, 3), 0, None)


def test_the_catalogue_lists_them() -> None:
    listed = models_document()["bases"]
    assert [base["name"] for base in listed] == list(BASES)
    assert all(base["licence"] and base["weights"] and base["description"] for base in listed)
    document = family_document("vgg16")
    assert {p["name"]: p["default"] for p in document["parameters"]}["base"] == "vgg16"
    assert {p["name"]: p["default"] for p in family_document("transfer")["parameters"]}["base"] != "vgg16"


def test_to_name_a_base_chooses_the_family() -> None:
    assert HyperParams.of({"base": "vgg16"}).family == "transfer"
    assert HyperParams.of({"base": "vgg16", "family": "simple"}).family == "simple"
    assert HyperParams.of({"base": None}).family == "convonet"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("vgg16", keras.applications.vgg16),
        ("resnet50", keras.applications.resnet),
        ("xception", keras.applications.xception),
        ("mobilenet_v2", keras.applications.mobilenet_v2),
    ],
)
def test_pixels_are_scaled_as_the_published_weights_want(name: str, module: Any) -> None:
    info = BASES[name]
    row = scale_of(info.scaling, 3, info.mean, info.deviation)
    assert row is not None
    pixels = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 3)).astype("float32")
    ours = pixels * np.array(row.factor) + np.array(row.offset)
    theirs = module.preprocess_input(pixels.copy())
    np.testing.assert_allclose(ours[..., ::-1] if info.blue_first else ours, theirs, atol=1e-4)


def test_colours_are_turned_in_the_first_kernel(tmp_path: Path) -> None:
    """Keras' network on blue, green, red and ours on red, green, blue give the same maps."""
    shape, info = (32, 32, 3), BASES["vgg16"]
    theirs = open_backbone(values("vgg16"), shape, 3, None).network
    theirs.save(tmp_path / "weights.h5")
    ours = build_application(info, shape)
    fill_application(ours, info, tmp_path / "weights.h5")
    x = np.random.default_rng(0).normal(0, 50, (1, *shape)).astype("float32")
    expected = theirs.predict(x[..., ::-1], verbose=0)
    np.testing.assert_allclose(ours.predict(x, verbose=0), expected, rtol=1e-3, atol=1e-3)


def test_the_scaling_inside_of_efficientnet_b0(tmp_path: Path) -> None:
    """Its published mean and variance, and the row that Keras adds only to what it fetches itself."""
    info, shape = BASES["efficientnet_b0"], (32, 32, 3)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    published = build_application(info, shape)
    row = next(layer for layer in published.layers if isinstance(layer, L.Normalization))
    row.adapt_mean.assign(mean.astype("float32"))
    row.adapt_variance.assign(deviation.astype("float32"))
    row.finalize_state()
    published.save(tmp_path / "weights.h5")
    ours = build_application(info, shape)
    fill_application(ours, info, tmp_path / "weights.h5")
    after = next(layer for layer in ours.layers if isinstance(layer, L.Normalization)).output
    pixels = np.random.default_rng(0).integers(0, 256, (1, *shape)).astype("float32")
    made = ops.convert_to_numpy(keras.Model(ours.inputs[0], after)(pixels))
    expected = (pixels / 255 - mean) / np.sqrt(deviation) / np.sqrt(deviation)
    np.testing.assert_allclose(made, expected, atol=1e-4)


def test_grey_images_are_repeated_inside(make_model, images) -> None:
    hyper = {"base": "mobilenet_v2", "base_weights": "random", "head": POOL}
    grey, colour = (make_model((32, 32, channels), **hyper) for channels in (1, 3))
    pixels = images((32, 32, 1), 3)
    np.testing.assert_allclose(grey.predict(pixels), colour.predict(np.repeat(pixels, 3, axis=3)), atol=1e-6)
    assert (grey.info.scaling, grey.info.inside, grey.info.base) == ("symmetric", True, "mobilenet_v2")


def test_random_weights_follow_from_the_seed() -> None:
    one, two, other = (
        open_backbone(values("mobilenet_v3_small"), (32, 32, 3), seed, None).network.get_weights()
        for seed in (1, 1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_efficientnet_lite_knows_what_is_in_two_pictures(name: str) -> None:
    from sklearn.datasets import load_sample_images

    info = BASES[name]
    network = efficientnet_lite(name, (info.size, info.size, 3), 1000)
    assert efficientnet_lite(name, (64, 64, 3)).count_params() == info.parameters
    fill_from_torch(network, find_weights(info, "local"))
    said = []
    for picture in load_sample_images().images:
        side = min(picture.shape[:2])
        top, left = ((have - side) // 2 for have in picture.shape[:2])
        square = Image.fromarray(picture).crop((left, top, left + side, top + side))
        pixels = np.asarray(square.resize((info.size, info.size), Image.Resampling.BICUBIC), dtype="float32")
        logits = network.predict((pixels[None] - 127) / 128, verbose=0)[0]
        said.append(int(logits.argmax()))
    palace, church, bell_cote, daisy = 698, 497, 442, 985
    assert said[0] in (palace, church, bell_cote)
    # It is a dahlia, which ImageNet does not know: the two smaller networks take it for a daisy.
    assert name == "efficientnet_lite2" or said[1] == daisy


def test_lite0_and_its_package_are_the_same_numbers() -> None:
    network = open_backbone(values("efficientnet_lite0", "local"), (32, 32, 3), 0, None).network
    tensors = torch.load(find_weights(BASES["efficientnet_lite0"], "local"), weights_only=True)
    stem = network.get_layer("stem_conv").get_weights()[0]
    np.testing.assert_array_equal(stem, tensors["_conv_stem.weight"].permute(2, 3, 1, 0).numpy())
    depth = network.get_layer("block1a_dwconv").get_weights()[0]
    np.testing.assert_array_equal(
        depth[..., 0], tensors["_blocks.0._depthwise_conv.weight"][:, 0].permute(1, 2, 0)
    )
    top = network.get_layer("top_bn").get_weights()
    for array, kind in zip(top, ("weight", "bias", "running_mean", "running_var"), strict=True):
        np.testing.assert_array_equal(array, tensors[f"_bn1.{kind}"])


@pytest.mark.usefixtures("no_network")
def test_weights_that_are_not_here_are_a_sentence_and_no_download() -> None:
    for name in ("vgg16", "mobilenet_v2"):
        with pytest.raises(
            ModelFileError, match=r"not on this machine.*base_weights \(Backbone weights\) to fetch"
        ):
            open_backbone(values(name, "local"), (32, 32, 3), 0, None)
    with pytest.raises(ModelFileError, match=r"weights file .* does not exist"):
        open_backbone(values("vgg16", "nowhere.h5"), (32, 32, 3), 0, None)
    with pytest.raises(ModelFileError, match="model file for the backbone does not exist"):
        open_backbone(values("nowhere.keras"), (32, 32, 3), 0, None)


@pytest.mark.usefixtures("no_network")
def test_a_wrong_hash_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "weights.h5"
    file.write_bytes(b"something else")
    with pytest.raises(ModelFileError, match=r"not the expected one.*expected.*aaaa"):
        open_backbone(values("vgg16", str(file), "a" * 64), (32, 32, 3), 0, None)
    place = tmp_path / "keras" / "models" / BASES["vgg16"].file
    place.parent.mkdir(parents=True)
    place.write_bytes(b"half of it")
    with pytest.raises(ModelFileError, match="download it again"):
        open_backbone(values("vgg16", "local"), (32, 32, 3), 0, None)


def test_a_file_of_another_network_is_a_sentence(tmp_path: Path) -> None:
    open_backbone(values("mobilenet_v2"), (32, 32, 3), 0, None).network.save(tmp_path / "weights.h5")
    with pytest.raises(ModelFileError, match=r"not contain the weights of the backbone mobilenet_v3_small"):
        open_backbone(values("mobilenet_v3_small", str(tmp_path / "weights.h5")), (32, 32, 3), 0, None)
    (tmp_path / "torn.h5").write_bytes(b"\x89HDF\r\n\x1a\n torn")
    with pytest.raises(ModelFileError, match="not contain the weights"):
        open_backbone(values("mobilenet_v3_small", str(tmp_path / "torn.h5")), (32, 32, 3), 0, None)


class Evil:
    """What a stranger would put into a pickle."""

    def __reduce__(self) -> Any:
        return pytest.fail, ("code of the file was run",)


def test_files_of_torch_are_read_without_their_code(tmp_path: Path) -> None:
    network = efficientnet_lite("efficientnet_lite0", (32, 32, 3))
    cases: dict[str, Any] = {
        "cannot be read": pickle.dumps({"a": Evil()}, protocol=2),
        "belong to a different network": {"a.weight": torch.zeros(3, 3)},
        "cannot be": b"PK\x03\x04 torn",
    }
    for sentence, content in cases.items():
        path = tmp_path / "weights.pth"
        path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
        with pytest.raises(ModelFileError, match=sentence):
            fill_from_torch(network, path)
    torch.save([torch.zeros(1)], tmp_path / "list.pth")
    with pytest.raises(ModelFileError, match="belong to a different network"):
        fill_from_torch(network, tmp_path / "list.pth")


def test_fetched_once_checked_and_kept(answers, own_home: Path, tmp_path: Path) -> None:
    network = open_backbone(values("mobilenet_v2"), (32, 32, 3), 4, None).network
    network.save(tmp_path / "published.h5")
    content = (tmp_path / "published.h5").read_bytes()
    asked = answers(content)
    first = open_backbone(values("mobilenet_v2", "fetch"), (32, 32, 3), 0, None).network
    again = open_backbone(values("mobilenet_v2", "local"), (32, 32, 3), 0, None).network
    assert asked == [BASES["mobilenet_v2"].url]
    for made in (first, again):
        assert all(
            np.array_equal(a, b) for a, b in zip(made.get_weights(), network.get_weights(), strict=True)
        )
    kept = own_home / "bases" / BASES["mobilenet_v2"].file
    open_backbone(
        values("mobilenet_v2", str(kept), hashlib.sha256(content).hexdigest()), (32, 32, 3), 0, None
    )


def test_a_wrong_or_failed_download_leaves_nothing(answers, own_home: Path) -> None:
    answers(b"a page that says sorry")
    with pytest.raises(ModelFileError, match="not the expected one"):
        open_backbone(values("vgg16", "fetch"), (32, 32, 3), 0, None)
    answers(urllib.error.URLError("no route to host"))
    with pytest.raises(ConvonetError, match=r"could not be downloaded.*no route to host.*set base_weights"):
        open_backbone(values("vgg16", "fetch"), (32, 32, 3), 0, None)
    assert not list((own_home / "bases").iterdir())


def test_an_unknown_base_gets_the_near_name(make_model) -> None:
    with pytest.raises(ParamError, match="did you mean vgg16"):
        make_model((32, 32, 3), base="vgg_16")


def test_a_head_that_finds_nothing_is_said(make_model) -> None:
    head = [{"type": "conv", "kernel": 9, "padding": "valid"}]
    with pytest.raises(DataError, match=r"too small for layer conv_1 of the head"):
        make_model((32, 32, 3), base="mobilenet_v2", base_weights="random", head=head)
    with pytest.raises(ParamError, match=r"layer 2: conv needs feature maps"):
        make_model((32, 32, 3), base="mobilenet_v2", head=[{"type": "flatten"}, {"type": "conv"}])


def released(base: keras.Model, what: str) -> list[str]:
    release(base, what)
    names = [layer.name for layer in base.layers if layer.trainable_weights]
    freeze(base)
    assert not base.trainable_weights
    return names


def test_a_base_drops_nothing_in_training(make_model) -> None:
    model = make_model((32, 32, 3), base="efficientnet_b0", base_weights="random", head=POOL).keras_model
    base = model.get_layer("efficientnet_b0")
    drops = [layer for layer in base.layers if isinstance(layer, L.Dropout)]
    assert drops
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype("float32")
    modes = [ops.convert_to_numpy(model(pixels, training=mode)) for mode in (True, False)]
    np.testing.assert_array_equal(*modes)


def test_what_is_released_by_name_and_by_count() -> None:
    vgg = open_backbone(values("vgg16"), (32, 32, 3), 0, None).network
    last = ["block5_conv1", "block5_conv2", "block5_conv3"]
    assert released(vgg, "block5") == released(vgg, "1") == last
    assert released(vgg, "block5_conv3") == last[2:]
    assert len(released(vgg, "all")) == 13
    assert released(vgg, "block1") == released(vgg, "all")
    for wrong in ("6", "0", "block6", ""):
        with pytest.raises(ParamError, match="Unfrozen blocks"):
            release(vgg, wrong)


@pytest.mark.parametrize(
    ("name", "block"),
    [("efficientnet_lite0", "block7a"), ("resnet50", "conv5_block3"), ("mobilenet_v2", "block_16")],
)
def test_blocks_of_other_bases(name: str, block: str) -> None:
    network = open_backbone(values(name), (32, 32, 3), 0, None).network
    assert block_names(network)[-1] == block
    names = released(network, "1")
    assert names
    assert not [n for n in names if "bn" in n.lower()]
    assert names == released(network, block)


def test_a_saved_classifier_as_a_base(make_model, images, tmp_path: Path) -> None:
    first = make_model((12, 10, 1), 4, scaling="symmetric", num_units=8)
    first.save(tmp_path / "first.keras")
    digest = hashlib.sha256((tmp_path / "first.keras").read_bytes()).hexdigest()
    model = make_model(
        (12, 10, 1), 3, base=str(tmp_path / "first.keras"), base_sha256=digest, head=[{"type": "norm"}]
    )
    base = model.keras_model.get_layer("base")
    assert base.output_shape == (None, 8)
    assert model.info.scaling == "symmetric"
    pixels = images().astype("float32")
    whole = first.keras_model
    inner = keras.Model(whole.inputs[0], whole.get_layer("output")._inbound_nodes[0].input_tensors[0])
    np.testing.assert_allclose(base.predict(pixels, verbose=0), inner.predict(pixels, verbose=0), atol=1e-6)
    model.save(tmp_path / "second.keras")
    opened = NetModel.load(tmp_path / "second.keras")
    np.testing.assert_array_equal(opened.predict(images()), model.predict(images()))
    with pytest.raises(ModelFileError, match="not the expected one"):
        make_model((12, 10, 1), base=str(tmp_path / "first.keras"), base_sha256="b" * 64)
    with pytest.raises(DataError, match=r"expected images of \(12, 10, 1\)"):
        make_model((14, 10, 1), base=str(tmp_path / "first.keras"))


def test_a_base_made_elsewhere_nested_as_teachable_machine_does(make_model, images, tmp_path: Path) -> None:
    """Networks in networks, softmax at the end, no word of the scaling."""
    inner = keras.Sequential([keras.Input((12, 10, 3)), L.Conv2D(4, 3, name="conv")])
    front = keras.Sequential([keras.Input((12, 10, 3)), inner, L.GlobalAveragePooling2D()])
    back = keras.Sequential([keras.Input((4,)), L.Dense(7, activation="relu"), L.Dense(2), L.Softmax()])
    whole = keras.Sequential([keras.Input((12, 10, 3)), front, back])
    whole.save(tmp_path / "keras_model.h5")
    (tmp_path / "labels.txt").write_text("0 cat\n1 dog\n")
    file = str(tmp_path / "keras_model.h5")
    with pytest.raises(ModelFileError, match=r"not record how pixels are scaled.*data parameter `scaling`"):
        make_model((12, 10, 3), base=file, scaling=None)
    model = make_model((12, 10, 3), base=file, scaling="symmetric", head=[{"type": "drop"}])
    assert model.info.scaling == "symmetric"
    assert model.info.classes == ("class 0", "class 1", "class 2")
    base = model.keras_model.get_layer("base")
    assert base.output_shape == (None, 7)
    assert block_names(base) == ["conv", back.layers[0].name]
    pixels = images((12, 10, 3)).astype("float32") / 127.5 - 1
    expected = back.layers[0](front(pixels))
    np.testing.assert_allclose(base.predict(pixels, verbose=0), ops.convert_to_numpy(expected), atol=1e-6)


def test_maps_are_a_base_as_they_are(tmp_path: Path) -> None:
    network = open_backbone(values("mobilenet_v2"), (32, 32, 3), 0, None).network
    whole = without_output(network, tmp_path)
    assert whole.output_shape == network.output_shape
    two = keras.Model(network.inputs[0], [network.outputs[0], network.layers[5].output])
    with pytest.raises(ModelFileError, match="one input and one output"):
        without_output(two, tmp_path)
