"""Questions to a model: why it says so, what its layers see, what excites a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from convonet.errors import ParamError
from convonet.params.data_params import DataParams, Scaling
from convonet.specs.tasks import Task

Method = Literal["grad_cam", "saliency", "occlusion"]


@dataclass(frozen=True, kw_only=True)
class ExplainTask(Task):
    """Explain a model's answers for images and folders of images.

    A face starts it as a worker's job and shows what lies in `out` when it has ended: `explanations.json` (the
    job's result too) names for each image its pictures, all relative to `out`.

    Attributes:
        model: a run folder or a model file.
        paths: images and folders of images.
        method: name of the explainer.
        label: the class to be explained; None: the one that the model answers.
        layer: Grad-CAM: the layer whose maps are weighed; None: that of the last convolution.
        patch, stride: occlusion: side of the hidden square and its steps, in pixels of the network's image; None:
            a fifth of the shorter side, a third of the patch.
        alpha: how much of the image the heat covers at most, 0..1.
        faithful: also check each map, some 230 predictions an image.
        seed: of the check's random orders.
        out: the folder that gets the files; None: the job's own.

    Raises:
        ParamError: all faults at once.
    """

    kind = "explain"
    model: str
    paths: tuple[str, ...]
    method: Method = "grad_cam"
    label: str | None = None
    layer: str | None = None
    patch: int | None = None
    stride: int | None = None
    alpha: float = 0.6
    faithful: bool = False
    seed: int = 0
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()
    out: str | None = None

    def __post_init__(self) -> None:
        faults = {}
        if self.method not in get_args(Method):
            known = ", ".join(get_args(Method))
            faults["method"] = f"method: expected one of {known}, received {self.method!r}"
        if not 0 <= self.alpha <= 1:
            faults["alpha"] = f"alpha: expected a number from 0 to 1, received {self.alpha:g}"
        for name, value in (("patch", self.patch), ("stride", self.stride)):
            if value is not None and value < 1:
                faults[name] = f"{name}: expected pixels ≥ 1, received {value}"
        if faults:
            raise ParamError.of(faults)


@dataclass(frozen=True, kw_only=True)
class LayersTask(Task):
    """Draw the filters of every convolution, and the feature maps of an image through the layers.

    Attributes:
        model: a run folder or a model file.
        image: an image file; None: filters only.
        layer: only this one; None: all.
        out: the folder that gets the files; None: the job's own.
    """

    kind = "layers"
    model: str
    image: str | None = None
    layer: str | None = None
    scaling: Scaling | None = None
    out: str | None = None


@dataclass(frozen=True, kw_only=True)
class DreamTask(Task):
    """Make the picture that excites a channel of a layer.

    Attributes:
        model: a run folder or a model file.
        layer: any layer; of the last one, channels are classes.
        channel: from 0; None: the first twelve, side by side.
        steps: of gradient ascent.
        seed: the first noise and every shift follow from it.
        data: test images that the activation is compared with; None: those of the model's own run, if any.
        out: the PNG file; None: the job's folder.
    """

    kind = "dream"
    model: str
    layer: str
    channel: int | None = None
    steps: int = 256
    seed: int = 0
    data: DataParams | None = None
    scaling: Scaling | None = None
    out: str | None = None
