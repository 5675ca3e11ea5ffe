"""The kernel explorer: a kernel slid over a picture of the server."""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from convonet.data.decode import open_image, read_bytes
from convonet.data.pixels import flat
from convonet.json_values import JsonObject
from convonet.kernels import KERNELS, Kernel, apply_kernel, kernel_of
from convonet.server.answers import Json
from convonet.server.pictures import check_pixels, encoded
from convonet.server.refusals import Refusal
from convonet.server.routes import REFUSED
from convonet.server.services import Parts

router = APIRouter(tags=["images"], responses=REFUSED)

_MOST_WEIGHTS = 2_000_000_000
_MOST_PIXELS = 4_000_000


class KernelRequest(BaseModel):
    """An image below the root, and a kernel given by name or as rows."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"path": "digits/train/7/0012.png", "kernel": "edge"}}
    )
    path: str = Field(max_length=4096)
    kernel: str = Field(max_length=2000, description="A name, or rows such as `-1 0 1 / -1 0 1 / -1 0 1`.")
    stride: int = Field(1, ge=1, le=64)
    padding: Literal["same", "valid"] = "same"
    grey: bool = Field(False, description="Convert the image to grayscale first.")
    relu: bool = Field(False, description="Negative values become 0.")


@router.get("/kernels")
def kernels() -> Json:
    """The named kernels."""
    return Json({"kernels": [_described(kernel) for kernel in KERNELS.values()]})


def _described(kernel: Kernel) -> JsonObject:
    return {"name": kernel.name, "rows": kernel.rows, "about": kernel.about, "detector": kernel.detector}


@router.post("/kernels")
def apply(wish: KernelRequest, parts: Parts) -> Json:
    """Apply a kernel to an image. Returns the result as a Base64-encoded PNG, with its shape and range."""
    file = parts.root.opened(wish.path)
    if not file.is_file:
        raise Refusal(404, "This is not an image file", where=ascii(wish.path)[1:-1][:200])
    chosen = kernel_of(wish.kernel)
    with open_image(read_bytes(file.path)) as image:
        check_pixels(image.height, image.width, min(parts.settings.limits.pixels, _MOST_PIXELS))
        pixels = _array(flat(image, "drop"))
    # A large kernel over a large picture would keep the server busy for minutes.
    if pixels.shape[0] * pixels.shape[1] * chosen.weights.size > _MOST_WEIGHTS:
        raise Refusal(
            413,
            "Applying this kernel to this image takes too many operations",
            hint="Choose a smaller kernel or a smaller image",
        )
    result = apply_kernel(
        pixels, chosen, stride=wish.stride, padding=wish.padding, grey=wish.grey, relu=wish.relu
    )
    picture = result.picture if result.picture.ndim == 3 else result.picture[:, :, None]
    document = _described(chosen) | {"input_shape": list(pixels.shape)} | result.to_dict()
    return Json(document | {"picture": base64.b64encode(encoded(picture)).decode()})


def _array(image: Any) -> Any:
    pixels = np.asarray(image)
    return pixels if pixels.ndim == 2 or pixels.shape[2] == 3 else pixels[:, :, :3]
