"""The script of an exported folder: written for one model, so that it holds only the lines this model needs.

It needs ONNX Runtime, Pillow and NumPy, and makes the same pixels as `data.decode` does.
"""

from __future__ import annotations

from convonet.inference.model_info import ModelInfo
from convonet.params import PixelParams

SCRIPT = "predict.py"
CHECK = "check.py"

_HEAD = '''\
"""Predict the class of images: python predict.py IMAGE ..."""
import json, pathlib, sys

import numpy as np, onnxruntime
from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).resolve().parent
CLASSES = json.loads((HERE / "model.json").read_text("utf-8"))["class_names"]
session = onnxruntime.InferenceSession((HERE / "model.onnx").read_bytes())


def pixels_of(path):
    with Image.open(path) as file:
        image = ImageOps.exif_transpose(file)
    if image.mode.startswith("I"):  # 16 bits
        image = Image.fromarray((np.asarray(image).clip(0, 65535) >> 8).astype(np.uint8))
'''
_TAIL = """\
    return np.asarray(image, np.float32).reshape(1, %(height)d, %(width)d, %(channels)d)


def predict(path):
    return session.run(["probabilities"], {"pixels": pixels_of(path)})[0][0]
%(unknown)s

if __name__ == "__main__":
    for path in sys.argv[1:]:
        shares = predict(path)
        best = %(best)s
        answer = {"path": path, "predicted": CLASSES[best], "confidence": float(shares[best])}
%(tell)s        print(json.dumps(answer | {"probabilities": dict(zip(CLASSES, shares.tolist()))}, ensure_ascii=False))
"""
_UNKNOWN = """

def is_unknown(path):
    return bool(session.run(["unknown_score"], {"pixels": pixels_of(path)})[0][0] > %r)
"""
_TELL = """\
        answer["unknown"] = is_unknown(path)
"""
_FILTERS = {
    "bilinear": "BILINEAR",
    "bicubic": "BICUBIC",
    "lanczos": "LANCZOS",
    "area": "BOX",
    "nearest": "NEAREST",
}
_GREY = '"L" if image.mode in ("1", "L", "LA", "La") else "RGB"'

CHECK_SCRIPT = '''\
"""Check that this folder still gives the predictions recorded at export: python check.py"""
import json

import numpy as np

from predict import HERE, predict

samples = json.loads((HERE / "golden" / "golden.json").read_text("utf-8"))
worst = max(np.abs(predict(HERE / "golden" / s["file"]) - s["probabilities"]).max() for s in samples)
print(f"largest difference over {len(samples)} image{'s' * (len(samples) != 1)}: {worst:.1e}")
raise SystemExit(0 if worst <= 1e-4 else "The predictions differ from those recorded at export")
'''


def predict_script(info: ModelInfo) -> str:
    """The text of `predict.py` for a model."""
    pixels = info.pixels
    best = "int(shares.argmax())"
    if info.threshold is not None and len(info.classes) == 2:
        positive = info.classes.index(info.positive) if info.positive in info.classes else 1
        best = f"{positive} if shares[{positive}] >= {info.threshold!r} else {1 - positive}"
    tail = _TAIL % {
        "height": pixels.height,
        "width": pixels.width,
        "channels": pixels.channels,
        "best": best,
        "unknown": "" if info.unknown is None else _UNKNOWN % info.unknown.threshold,
        "tell": "" if info.unknown is None else _TELL,
    }
    return _HEAD + _indented(_flat(pixels) + _fitted(pixels)) + tail


def _indented(lines: list[str]) -> str:
    return "".join(f"    {line}\n" for line in lines)


def _flat(pixels: PixelParams) -> list[str]:
    """Without transparency, in the wanted channels."""
    mode = "L" if pixels.channels == 1 else "RGB"
    lines = []
    if pixels.alpha != "drop":
        lines = [
            "if image.has_transparency_data:",
            '    whole = image.convert("LA" if image.mode in ("1", "L", "LA", "La") else "RGBA")',
            f'    image = Image.new("L" if whole.mode == "LA" else "RGB", whole.size, "{pixels.alpha}")',
            '    image.paste(whole.convert(image.mode), mask=whole.getchannel("A"))',
        ]
    return [*lines, f'image = image.convert({_GREY}).convert("{mode}")']


def _fitted(pixels: PixelParams) -> list[str]:
    """In the wanted size."""
    size, method = f"({pixels.width}, {pixels.height})", f"Image.Resampling.{_FILTERS[pixels.filter]}"
    if pixels.resize == "stretch":
        return [f"image = image.resize({size}, {method})"]
    if pixels.resize == "crop":
        return [
            f"(w, h), scale = image.size, min(image.width / {pixels.width}, image.height / {pixels.height})",
            f"left, top = (w - {pixels.width} * scale) / 2, (h - {pixels.height} * scale) / 2",
            f"box = (max(left, 0), max(top, 0), min(left + {pixels.width} * scale, w), "
            f"min(top + {pixels.height} * scale, h))",
            f"image = image.resize({size}, {method}, box=box)",
        ]
    mode = "constant" if pixels.resize == "pad" else "edge"
    return [
        f"scale = min({pixels.width} / image.width, {pixels.height} / image.height)",
        f"w, h = (min(max(round(side * scale), 1), most) for side, most in zip(image.size, {size}))",
        f"left, top = ({pixels.width} - w) // 2, ({pixels.height} - h) // 2",
        f"inner = np.asarray(image.resize((w, h), {method})).reshape(h, w, {pixels.channels})",
        f"around = ((top, {pixels.height} - h - top), (left, {pixels.width} - w - left), (0, 0))",
        f'image = np.pad(inner, around, mode="{mode}")',
    ]
