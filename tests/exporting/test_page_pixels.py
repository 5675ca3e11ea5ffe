"""The page's JavaScript makes the pixels that Convonet makes, value by value."""

from __future__ import annotations

import base64
import io
import itertools
import random
import shutil
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convonet.data.decode import decode
from convonet.exporting import web
from convonet.inference.model_info import ModelInfo
from convonet.nets.onnx_metadata import plain_values
from convonet.params import PixelParams

PAGE = Path(web.__file__).with_name("page")
RESIZES = ("stretch", "crop", "pad", "pad_edge")
FILTERS = ("bilinear", "bicubic", "lanczos", "area", "nearest")
SIZES = ((28, 28), (13, 40), (96, 64))
_PIXELS = """
async ([files, all]) => {
  const {decode} = await import("/js/decode.js");
  const {toPixels} = await import("/js/pixels.js");
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const text = (data) => btoa(Array.from(data, (value) => String.fromCharCode(value)).join(""));
  const results = [];
  for (const file of files) {
    for (const about of all) {
      results.push(text(toPixels(await decode(new Blob([bytes(file)])), about)));
    }
  }
  return results;
}
"""


def png_files() -> Iterator[tuple[str, bytes]]:
    """Every kind of PNG file that Pillow writes: modes, bits, palettes, transparency, orientation."""
    draw = np.random.default_rng(5)
    photo = Image.fromarray(smooth(draw, 61, 47))
    clear = Image.fromarray(draw.integers(0, 256, (33, 50, 4), dtype=np.uint8), "RGBA")
    deep = Image.fromarray(draw.integers(0, 65536, (29, 31)).astype(np.uint16))
    images: dict[str, tuple[Image.Image, dict[str, Any]]] = {
        "colour": (photo, {}),
        "large": (Image.fromarray(smooth(draw, 300, 420)), {}),
        "small": (photo.resize((9, 11)), {}),
        "grey": (photo.convert("L"), {}),
        "black and white": (photo.convert("1"), {}),
        "16 bits": (deep, {}),
        "palette": (photo.quantize(200), {}),
        "palette of 4 bits": (photo.quantize(9), {"bits": 4}),
        "palette of 2 bits": (photo.quantize(4), {"bits": 2}),
        "transparent": (clear, {}),
        "transparent grey": (clear.convert("LA"), {}),
        "transparent palette": (photo.quantize(16), {"transparency": bytes(range(0, 256, 16))}),
        "one transparent colour": (photo, {"transparency": photo.getpixel((3, 3))}),
        "one transparent grey": (photo.convert("L"), {"transparency": 120}),
    }
    for name, (image, options) in images.items():
        yield name, saved(image, **options)
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        yield f"orientation {orientation}", saved(photo, exif=exif)


def smooth(draw: np.random.Generator, height: int, width: int) -> np.ndarray:
    """An image with edges and slopes, (height, width, 3)."""
    small = Image.fromarray(draw.integers(0, 256, (7, 9, 3), dtype=np.uint8))
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))


def saved(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


@pytest.fixture
def by_page(visit: Callable[..., Any], tmp_path: Path) -> Callable[..., list[np.ndarray]]:
    """`by_page(files, wanted)`: what the page makes of each file for each description, in that order."""
    folder = Path(shutil.copytree(PAGE, tmp_path / "page"))
    (folder / "empty.html").write_text("<!doctype html><title>Empty</title>")

    def pixels(files: list[bytes], wanted: list[PixelParams]) -> list[np.ndarray]:
        page = visit(folder, "empty.html")
        given = [base64.b64encode(file).decode() for file in files]
        order = {"resize_tall_first": web.tall_first()}
        all_about = [plain_values(ModelInfo(("a", "b"), params)) | order for params in wanted]
        found = page.evaluate(_PIXELS, [given, all_about])
        shapes = [each.shape for _ in files for each in wanted]
        rows = [np.frombuffer(base64.b64decode(text), np.uint8) for text in found]
        return [row.reshape(shape) for row, shape in zip(rows, shapes, strict=True)]

    return pixels


@pytest.mark.parametrize("ways", [10, pytest.param(120, marks=pytest.mark.slow)])
def test_every_kind_of_png_in_every_size_and_filter(
    by_page: Callable[..., list[np.ndarray]], ways: int
) -> None:
    names, files = zip(*png_files(), strict=True)
    alphas = itertools.cycle(("drop", "black", "white"))
    wanted = [
        PixelParams(*size, channels, resize, filter, next(alphas))  # type: ignore[arg-type]
        for size, channels, resize, filter in itertools.product(SIZES, (1, 3), RESIZES, FILTERS)
    ]
    chosen = random.Random(3).sample(wanted, ways)
    made = iter(by_page(list(files), chosen))
    for name, file in zip(names, files, strict=True):
        for params in chosen:
            expected = decode(file, params).pixels
            np.testing.assert_array_equal(next(made), expected, err_msg=f"{name}, {params}")


def test_interlaced_files(by_page: Callable[..., list[np.ndarray]]) -> None:
    """Pillow writes none, so OpenCV's decoder is not the judge either: the file is made by hand."""
    pixels = np.random.default_rng(2).integers(0, 256, (11, 13, 3), dtype=np.uint8)
    file = interlaced(pixels)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(file))), pixels)
    (made,) = by_page([file], [PixelParams(11, 13, 3)])
    np.testing.assert_array_equal(made, pixels)


def interlaced(pixels: np.ndarray) -> bytes:
    """An interlaced PNG file of (height, width, 3) pixels, without filters."""
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = b"".join(
        b"\0" + row.tobytes()
        for left, top, across, down in passes
        for row in pixels[top::down, left::across]
        if row.size
    )
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 2, 0, 0, 1)

    def chunk(kind: bytes, content: bytes) -> bytes:
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def test_jpeg_files_differ_little(by_page: Callable[..., list[np.ndarray]]) -> None:
    """The browser decodes JPEG by its own means."""
    draw = np.random.default_rng(8)
    exif = Image.Exif()
    exif[0x0112] = 6
    wanted = [PixelParams(48, 48, 3, "crop", "bicubic"), PixelParams(28, 28, 1)]
    files = []
    for quality in (60, 90):
        file = io.BytesIO()
        Image.fromarray(smooth(draw, 240, 310)).save(file, "JPEG", quality=quality, exif=exif)
        files.append(file.getvalue())
    expected = [decode(file, params).pixels for file in files for params in wanted]
    for one, other in zip(by_page(files, wanted), expected, strict=True):
        apart = np.abs(one.astype(int) - other)
        assert apart.max() <= 4
        assert apart.mean() <= 0.5
