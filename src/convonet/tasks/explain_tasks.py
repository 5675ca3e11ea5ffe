"""Questions to a model: why it says so, what its layers see, what excites a channel."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, InstanceOf

from convonet.params.data_params import DataParams, Scaling
from convonet.params.hyper_params import MAX_SEED
from convonet.tasks.task import Task

Method = Literal["grad_cam", "saliency", "occlusion"]


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
        seed: of the check's reference maps.
        out: the folder that gets the files; None: the job's own.
    """

    kind: ClassVar[str] = "explain"
    title: ClassVar[str] = "Explaining"
    step: ClassVar[str] = "explain"

    model: str
    paths: tuple[str, ...]
    method: Method = "grad_cam"
    label: str | None = None
    layer: str | None = None
    patch: int | None = Field(None, ge=1)
    stride: int | None = Field(None, ge=1)
    alpha: float = Field(0.6, ge=0, le=1)
    faithful: bool = False
    seed: int = Field(0, ge=0, le=MAX_SEED)
    scaling: Scaling | None = None
    classes: tuple[str, ...] = ()
    out: str | None = None


class LayersTask(Task):
    """Draw the filters of every convolution, and the feature maps of an image through the layers.

    Attributes:
        model: a run folder or a model file.
        image: an image file; None: filters only.
        layer: only this one; None: all.
        out: the folder that gets the files; None: the job's own.
    """

    kind: ClassVar[str] = "layers"
    title: ClassVar[str] = "Drawing the layers"
    step: ClassVar[str] = "explain"

    model: str
    image: str | None = None
    layer: str | None = None
    scaling: Scaling | None = None
    out: str | None = None


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

    kind: ClassVar[str] = "dream"
    title: ClassVar[str] = "Gradient ascent"
    step: ClassVar[str] = "explain"

    model: str
    layer: str
    channel: int | None = Field(None, ge=0)
    steps: int = Field(256, ge=1)
    seed: int = Field(0, ge=0, le=MAX_SEED)
    data: InstanceOf[DataParams] | None = None
    scaling: Scaling | None = None
    out: str | None = None
