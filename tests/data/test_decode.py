"""Pillow defines a pixel: every way through the decoder is compared with Pillow, or with numbers made by hand."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from convonet.data.decode import MAX_PIXELS, decode, read_bytes, read_image
from convonet.data.headers import read_header
from convonet.errors import DataError
from convonet.params.data_params import PixelParams

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::RuntimeWarning:PIL")

HEIGHT, WIDTH = 9, 13
GREY = PixelParams(HEIGHT, WIDTH, 1)
COLOUR = PixelParams(HEIGHT, WIDTH, 3)
NOISE = np.random.default_rng(5).integers(0, 256, (HEIGHT, WIDTH, 4), dtype=np.uint8)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def colour_image() -> Image.Image:
    return Image.fromarray(NOISE[..., :3])


def by_formula(colour: np.ndarray) -> np.ndarray:
    red, green, blue = (colour[..., place].astype(np.int64) for place in range(3))
    return ((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16).astype(np.uint8)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *more: bytes) -> bytes:
    """A PNG written by hand; `more` are chunks before the pixels."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + b"".join(more)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM", "WEBP", "JPEG", "GIF"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_every_type_equals_pillow_in_grey_and_colour(kind: str, mode: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(colour_image().convert(mode), kind, **options)
    reference = Image.open(io.BytesIO(content)).convert("RGB")
    assert np.array_equal(decode(content, COLOUR).pixels, np.asarray(reference))
    grey = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert np.array_equal(decode(content, GREY).pixels[..., 0], by_formula(grey))


@pytest.mark.parametrize("resize", ["stretch", "pad", "pad_edge", "crop"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_the_fast_way_and_pillow_resize_alike(kind: str, resize: Any) -> None:
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 61, 3), dtype=np.uint8))
    for filter in ("bilinear", "bicubic", "lanczos", "area", "nearest"):
        wanted = PixelParams(16, 12, 3, resize, filter)  # type: ignore[arg-type]
        decoded = decode(saved(image, kind), wanted)
        assert (decoded.height, decoded.width) == (40, 61)
        assert np.array_equal(decoded.pixels, decode(saved(image, "BMP"), wanted).pixels)
    assert decoded.pixels.shape == (16, 12, 3)


@pytest.mark.parametrize(
    ("filter", "pillow"),
    [("bilinear", 2), ("bicubic", 3), ("lanczos", 1), ("area", 4), ("nearest", 0)],
)
def test_filters_are_pillows(filter: Any, pillow: int) -> None:
    image = colour_image()
    wanted = np.asarray(image.resize((5, 4), Image.Resampling(pillow)))
    assert np.array_equal(decode(saved(image, "PNG"), PixelParams(4, 5, 3, "stretch", filter)).pixels, wanted)


def test_padding_keeps_the_whole_image_in_the_middle() -> None:
    image = Image.new("L", (4, 2), 200)
    padded = decode(saved(image, "PNG"), PixelParams(8, 8, 1, "pad")).pixels[..., 0]
    assert padded[:2].max() == padded[6:].max() == 0
    assert padded[2:6].min() == 200
    edge = decode(saved(image, "PNG"), PixelParams(8, 8, 1, "pad_edge")).pixels
    assert edge.min() == edge.max() == 200


def test_cropping_keeps_the_middle() -> None:
    values = np.zeros((4, 12), np.uint8)
    values[:, 4:8] = 255
    cropped = decode(saved(Image.fromarray(values), "PNG"), PixelParams(4, 4, 1, "crop")).pixels
    assert cropped.min() == 255


def test_an_extreme_shape_is_padded_without_vanishing() -> None:
    assert decode(saved(Image.new("L", (500, 1), 9), "PNG"), PixelParams(8, 8, 1, "pad")).pixels.max() == 9


@pytest.mark.parametrize(("alpha", "ground"), [("black", 0), ("white", 255)])
@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_dropped_or_laid_on_a_ground(mode: str, alpha: Any, ground: int) -> None:
    image = Image.fromarray(NOISE, "RGBA").convert(mode)
    image.putalpha(
        Image.fromarray(np.where(np.arange(WIDTH) < 6, 0, 255).astype(np.uint8)[None].repeat(HEIGHT, 0))
    )
    content = saved(image, "PNG")
    opaque = np.asarray(image.convert("RGB"))
    dropped = decode(content, COLOUR).pixels
    assert np.array_equal(dropped, opaque)
    laid = decode(content, COLOUR._replace(alpha=alpha)).pixels
    assert (laid[:, :6] == ground).all()
    assert np.array_equal(laid[:, 6:], opaque[:, 6:])


def test_a_palette_with_transparency() -> None:
    image = Image.new("P", (WIDTH, HEIGHT), 1)
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.paste(0, (0, 0, 5, HEIGHT))
    content = saved(image, "PNG", transparency=0)
    assert decode(content, COLOUR).pixels[0, 0].tolist() == [10, 20, 30]
    white = decode(content, COLOUR._replace(alpha="white")).pixels
    assert white[0, 0].tolist() == [255, 255, 255]
    assert white[0, 12].tolist() == [200, 100, 50]


def test_a_transparent_colour_of_a_plain_png_is_seen() -> None:
    rows = b"".join(b"\0" + bytes([7, 200]) for _ in range(2))
    content = png(2, 2, 8, 0, rows, chunk(b"tRNS", struct.pack(">H", 7)))
    assert decode(content, PixelParams(2, 2, 1)).pixels[..., 0].tolist() == [[7, 200]] * 2
    assert decode(content, PixelParams(2, 2, 1, alpha="white")).pixels[..., 0].tolist() == [[255, 200]] * 2


def sixteen_bit() -> np.ndarray:
    return (np.arange(HEIGHT * WIDTH, dtype=np.uint32) * 555 % 65536).astype(np.uint16).reshape(HEIGHT, WIDTH)


def pgm_16() -> bytes:
    return b"P5 %d %d 65535\n" % (WIDTH, HEIGHT) + sixteen_bit().astype(">u2").tobytes()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PGM"])
def test_sixteen_bits_lose_their_low_byte(kind: str) -> None:
    content = pgm_16() if kind == "PGM" else saved(Image.fromarray(sixteen_bit()), kind)
    assert np.array_equal(decode(content, GREY).pixels[..., 0], (sixteen_bit() >> 8).astype(np.uint8))


def test_floating_point_and_one_bit() -> None:
    unit = np.linspace(0, 1, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    assert np.array_equal(
        decode(saved(Image.fromarray(unit), "TIFF"), GREY).pixels[..., 0],
        np.rint(unit * 255).astype(np.uint8),
    )
    wide = saved(Image.fromarray(unit * 300 - 10), "TIFF")
    assert decode(wide, GREY).pixels.min() == 0
    assert decode(wide, GREY).pixels.max() == 255
    bits = colour_image().convert("1")
    assert set(np.unique(decode(saved(bits, "PNG"), GREY).pixels)) == {0, 255}


def test_cmyk_is_pillows() -> None:
    content = saved(colour_image().convert("CMYK"), "JPEG")
    assert np.array_equal(
        decode(content, COLOUR).pixels, np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    )


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_exif_turns_the_image(kind: str, orientation: int) -> None:
    image = Image.fromarray(
        np.kron(np.array([[10, 90, 160], [200, 40, 250]], np.uint8), np.ones((16, 16), np.uint8))
    )
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(saved(image, kind, exif=exif.tobytes()), PixelParams(2, 3, 1, filter="nearest"))
    turned = {1: [0, 1], 2: [0, 1], 3: [0, 1], 4: [0, 1]}.get(orientation)
    assert (decoded.height, decoded.width) == ((32, 48) if turned else (48, 32))
    corner = {1: 10, 2: 160, 3: 250, 4: 200, 5: 10, 6: 200, 7: 250, 8: 160}[orientation]
    assert abs(int(decoded.pixels[0, 0, 0]) - corner) < 6


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_the_first_frame_of_an_animation(kind: str) -> None:
    frames = [Image.new("RGB", (WIDTH, HEIGHT), colour) for colour in ("red", "blue")]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert decode(content, COLOUR).pixels.reshape(-1, 3).tolist() == [[255, 0, 0]] * (HEIGHT * WIDTH)


def test_content_decides_not_the_name(tmp_path: Path) -> None:
    file = tmp_path / "really_jpeg.png"
    file.write_bytes(saved(colour_image(), "JPEG"))
    assert read_image(file, COLOUR).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    "extra",
    [
        (),
        (chunk(b"gAMA", struct.pack(">I", 100000)),),
        (chunk(b"gAMA", struct.pack(">I", 22727)), chunk(b"sRGB", b"\0")),
        (chunk(b"bKGD", struct.pack(">H", 128)), chunk(b"tEXt", b"Software\0somebody")),
        (chunk(b"sBIT", b"\5"), chunk(b"pHYs", struct.pack(">IIB", 1, 2, 0))),
    ],
)
def test_neutral_chunks_of_a_png_change_nothing(extra: tuple[bytes, ...]) -> None:
    rows = b"".join(b"\0" + NOISE[row, :, 0].tobytes() for row in range(HEIGHT))
    content = png(WIDTH, HEIGHT, 8, 0, rows, *extra)
    header = read_header(content)
    assert header is not None
    assert header.plain
    assert np.array_equal(decode(content, GREY).pixels[..., 0], NOISE[..., 0])


@pytest.mark.parametrize(
    "content",
    [
        saved(colour_image(), "PNG", exif=Image.Exif().tobytes() + b"\0"),
        saved(colour_image().quantize(8), "PNG"),
        saved(Image.fromarray(NOISE, "RGBA"), "PNG"),
        saved(colour_image(), "PNG")[:-12],
        saved(colour_image(), "PNG") + b"more",
        saved(colour_image(), "JPEG", exif=Image.Exif().tobytes()),
        saved(colour_image().convert("CMYK"), "JPEG"),
        saved(colour_image(), "JPEG")[:-2],
        saved(colour_image(), "GIF"),
    ],
)
def test_what_is_not_plain_goes_to_pillow(content: bytes) -> None:
    header = read_header(content)
    assert header is None or not header.plain


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


def huge_bmp() -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 30000, 30000, 1, 24, *[0] * 6)


BIG_PNG = png(20_000, 20_000, 8, 0, b"")
NOISY_PNG = saved(
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)), "PNG"
)
NOISY_JPEG = saved(Image.open(io.BytesIO(NOISY_PNG)), "JPEG")
BAD: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty.png", lambda: b"", "the file is empty"),
    ("text.png", lambda: b"this is no image\n" * 9, "not an image"),
    ("cut.png", lambda: NOISY_PNG[: len(NOISY_PNG) // 2], "truncated"),
    ("no_end.png", lambda: NOISY_PNG[:-12], "truncated"),
    ("no_end.jpg", lambda: NOISY_JPEG[:-2], "truncated"),
    ("cut.jpg", lambda: NOISY_JPEG[: len(NOISY_JPEG) // 2], "truncated"),
    ("cut.gif", lambda: saved(Image.open(io.BytesIO(NOISY_PNG)), "GIF")[:900], "truncated|damaged"),
    ("cut.bmp", lambda: saved(Image.open(io.BytesIO(NOISY_PNG)), "BMP")[:900], "truncated|damaged"),
    (
        "cut.tif",
        lambda: saved(Image.open(io.BytesIO(NOISY_PNG)), "TIFF")[:900],
        "truncated|damaged|not an image",
    ),
    (
        "cut.webp",
        lambda: saved(Image.open(io.BytesIO(NOISY_PNG)), "WEBP")[:900],
        "truncated|damaged|not an image",
    ),
    ("cut.ppm", lambda: saved(Image.open(io.BytesIO(NOISY_PNG)), "PPM")[:900], "truncated|damaged"),
    ("head.png", lambda: NOISY_PNG[:20], "truncated|damaged|not an image"),
    ("checksum.png", lambda: flipped(NOISY_PNG, 60), "damaged"),
    ("huge.png", lambda: BIG_PNG, "too large: 20,000 × 20,000 pixels"),
    ("huge.bmp", lambda: huge_bmp(), "too large"),
    ("postscript.png", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
]


@pytest.mark.parametrize(("name", "content", "reason"), BAD, ids=[case[0] for case in BAD])
def test_a_bad_file_has_a_plain_reason(
    tmp_path: Path, name: str, content: Callable[[], bytes], reason: str
) -> None:
    (tmp_path / name).write_bytes(content())
    with pytest.raises(DataError, match=reason) as caught:
        read_image(tmp_path / name, GREY)
    assert caught.value.where == str(tmp_path / name)


def test_other_things_than_files_have_a_reason_too(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_bytes(tmp_path / "gone.png")
    with pytest.raises(DataError, match="a folder, not an image file"):
        read_bytes(tmp_path)
    with pytest.raises(DataError, match="cannot be read: embedded null byte"):
        read_bytes("a\0b.png")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(DataError, match="empty"):
            read_bytes(tmp_path / "pipe.png")


def test_a_file_of_more_than_the_bound_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "sparse.png"
    with file.open("wb") as stream:
        stream.truncate(513 * 2**20)
    with pytest.raises(DataError, match="too large: 513 MiB; the limit is 512 MiB"):
        read_bytes(file)


def test_a_side_beyond_opencvs_own_bound_is_pillows() -> None:
    content = png(2**20 + 1, 1, 8, 0, b"\0" + b"\x07" * (2**20 + 1))
    assert decode(content, PixelParams(1, 8, 1)).pixels.ravel().tolist() == [7] * 8


def test_the_bound_of_pixels_is_exact() -> None:
    side = int(MAX_PIXELS**0.5)
    with pytest.raises(DataError, match=r"truncated|damaged"):
        decode(png(side, side, 8, 0, b""), GREY)
    with pytest.raises(DataError, match="too large"):
        decode(png(side, side + 1, 8, 0, b""), GREY)


SEEDS = [
    NOISY_PNG,
    NOISY_JPEG,
    pgm_16(),
    *(saved(colour_image(), kind) for kind in ("GIF", "TIFF", "BMP", "WEBP")),
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_damage_gives_pixels_or_a_reason_and_nothing_else(content: bytes, data: st.DataObject) -> None:
    changes = data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=6)
    )
    damaged = bytearray(content)
    for place, value in changes:
        damaged[place] = value
    damaged = damaged[: data.draw(st.integers(1, len(damaged)))]
    try:
        decoded = decode(bytes(damaged), GREY)
    except DataError:
        return
    assert decoded.pixels.shape == GREY.shape
    assert decoded.pixels.dtype == np.uint8


@pytest.mark.data
@pytest.mark.parametrize("name", ["mnist_png", "cifar10_small", "chest_xray_28", "hanzi"])
def test_real_images_equal_pillow(real_data: Callable[[str], Path], name: str) -> None:
    files = sorted(path for path in real_data(name).rglob("*") if path.is_file())[::11]
    for file in files:
        content = file.read_bytes()
        with Image.open(file) as image:
            height, width = image.height, image.width
            colour = np.asarray(image.convert("RGB"))
            grey = np.asarray(image.convert("L"))
        assert np.array_equal(decode(content, PixelParams(height, width, 3)).pixels, colour)
        assert np.array_equal(decode(content, PixelParams(height, width, 1)).pixels[..., 0], grey)
