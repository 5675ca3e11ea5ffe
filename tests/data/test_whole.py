"""Files that were cut off and closed again are refused; whole ones whose last rows look like it are not."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, features
from PIL import __version__ as pillow_version

from convonet.data.decode import decode
from convonet.errors import DataError
from convonet.params.data_params import PixelParams

HEIGHT, WIDTH = 96, 75
PIXELS = PixelParams(HEIGHT, WIDTH, 3)
JPEGS: dict[str, dict[str, Any]] = {
    "plain": {},
    "4:4:4": {"subsampling": 0},
    "4:2:2": {"subsampling": 1},
    "own tables": {"optimize": True},
    "restarts": {"restart_marker_blocks": 3},
    "restart rows": {"restart_marker_rows": 1},
    "coarse": {"quality": 5},
    "progressive": {"progressive": True},
    "turned": {"exif": b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0\0\0\0\0\0"},
}


def picture(mode: str = "RGB", bottom: int | None = None, rows: int = 40) -> Image.Image:
    """Soft noise; its last rows are of one value where `bottom` says so."""
    noise = np.random.default_rng(3).integers(0, 256, (HEIGHT // 6, WIDTH // 5, 3), dtype=np.uint8)
    values = np.array(Image.fromarray(noise).resize((WIDTH, HEIGHT)))
    if bottom is not None:
        values[-rows:] = bottom
    return Image.fromarray(values).convert(mode)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def cut_jpeg(content: bytes, share: float) -> bytes:
    start = content.index(b"\xff\xda")
    return content[: start + 14 + int((len(content) - start - 14) * share)] + b"\xff\xd9"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(mode: str, rows: int, bottom: int | None = None) -> bytes:
    """A PNG file with data of so many rows, in two pieces."""
    values = np.asarray(picture(mode, bottom))
    colour = {"L": 0, "RGB": 2, "LA": 4, "RGBA": 6}[mode]
    packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in values[:rows]))
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, colour, 0, 0, 0)
    pieces = chunk(b"IDAT", packed[:50]) + chunk(b"IDAT", packed[50:])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + pieces + chunk(b"IEND", b"")


def short_strip(content: bytes) -> bytes:
    """A TIFF file whose only or last strip says that it has half its bytes."""
    made = bytearray(content)
    base = struct.unpack_from("<I", content, 4)[0] + 2
    for at in range(base, base + 12 * struct.unpack_from("<H", content, base - 2)[0], 12):
        tag, kind, count, value = struct.unpack_from("<HHII", content, at)
        if tag == 279:
            size = 4 if kind == 4 else 2
            place = at + 8 if count * size <= 4 else value
            place += (count - 1) * size
            layout = "<I" if kind == 4 else "<H"
            struct.pack_into(layout, made, place, struct.unpack_from(layout, content, place)[0] // 2)
    return bytes(made)


def refused(content: bytes) -> str:
    with pytest.raises(DataError) as caught:
        decode(content, PIXELS)
    return caught.value.what


# Cut in its last scan, a progressive file lacks the last bits of some values and no rows.
@pytest.mark.parametrize(
    ("kind", "share"),
    [(kind, share) for kind in JPEGS for share in (0.1, 0.5, 0.9) if (kind, share) != ("progressive", 0.9)],
)
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_cut_and_closed(kind: str, mode: str, share: float) -> None:
    options = {"quality": 85} | JPEGS[kind]
    if mode != "RGB":
        options.pop("subsampling", None)
    content = saved(picture(mode), "JPEG", **options)
    assert "truncated" in refused(cut_jpeg(content, share))


@pytest.mark.parametrize("bottom", [None, 0, 127, 128, 129, 255])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("kind", JPEGS)
def test_a_whole_jpeg_with_any_bottom(kind: str, mode: str, bottom: int | None) -> None:
    options = {"quality": 85} | JPEGS[kind]
    if mode != "RGB":
        options.pop("subsampling", None)
    for rows in (3, 17, 40, HEIGHT):
        decode(saved(picture(mode, bottom, rows), "JPEG", **options), PIXELS)


@pytest.mark.parametrize("rows", [0, 1, 48, HEIGHT - 1])
@pytest.mark.parametrize("mode", ["L", "RGB", "LA", "RGBA"])
def test_a_png_with_too_few_rows(mode: str, rows: int) -> None:
    assert "truncated" in refused(png(mode, rows))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("bottom", [None, 0, 255])
def test_a_whole_png_with_any_bottom(mode: str, bottom: int | None) -> None:
    image = picture("RGB", bottom)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 256)
    else:
        image = image.convert(mode)
    decode(saved(image, "PNG"), PIXELS)


@pytest.mark.parametrize("height", [1, 3, 7, 20])
def test_whole_interlaced_png(height: int) -> None:
    """Interlaced by hand: each of the seven passes, packed after the others."""
    width = height + 2
    values = np.random.default_rng(height).integers(0, 256, (height, width), dtype=np.uint8)
    steps = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = [b"\0" + row.tobytes() for x, y, dx, dy in steps for row in values[y::dy, x::dx] if len(row)]
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1))

    def whole(count: int) -> bytes:
        data = chunk(b"IDAT", zlib.compress(b"".join(rows[:count])))
        return b"\x89PNG\r\n\x1a\n" + head + data + chunk(b"IEND", b"")

    wanted = PixelParams(height, width, 1)
    assert np.array_equal(decode(whole(len(rows)), wanted).pixels[..., 0], values)
    if len(rows) > 1:
        with pytest.raises(DataError):
            decode(whole(len(rows) - 1), wanted)


FAX = ("group3", "group4")
OTHERS = ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")


@pytest.mark.skipif(not features.check("libtiff"), reason="Pillow without libtiff")
@pytest.mark.parametrize("compression", [*FAX, *OTHERS])
def test_a_tiff_with_half_a_strip(compression: str) -> None:
    if compression in FAX and int(pillow_version.split(".")[0]) < 13:
        pytest.skip("older versions of Pillow often return whole pixels for half a strip of a fax")
    image = picture("1" if compression in FAX else "RGB")
    assert refused(short_strip(saved(image, "TIFF", compression=compression))).startswith(
        ("truncated", "damaged")
    )


@pytest.mark.skipif(not features.check("libtiff"), reason="Pillow without libtiff")
@pytest.mark.parametrize("bottom", [None, 0, 128, 255])
@pytest.mark.parametrize("compression", [*FAX, *OTHERS])
def test_a_whole_tiff_with_any_bottom(compression: str, bottom: int | None) -> None:
    image = picture("1" if compression in FAX else "RGB", bottom)
    for rows in (HEIGHT, 32):
        decode(saved(image, "TIFF", compression=compression, tiffinfo={278: rows}), PIXELS)


CUTS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("GIF", lambda content: content[: len(content) // 2] + b"\0;"),
    ("BMP", lambda content: content[: len(content) // 2]),
    ("PPM", lambda content: content[: len(content) // 2]),
    (
        "WEBP",
        lambda content: (
            content[:4] + struct.pack("<I", len(content) // 2 - 8) + content[8 : len(content) // 2]
        ),
    ),
]


@pytest.mark.parametrize(("kind", "cut"), CUTS)
def test_types_whose_decoders_say_so(kind: str, cut: Callable[[bytes], bytes]) -> None:
    refused(cut(saved(picture(), kind)))
