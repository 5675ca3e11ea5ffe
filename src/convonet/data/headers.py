"""What the first bytes of PNG and JPEG files say, read without a decoder.

Two questions are asked: has the image colour, and is the file so plain that OpenCV decodes it exactly as
Pillow does. Sources: the PNG specification (W3C, third edition, sections 5 and 11); JPEG: T.81, annex B.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"
_PNG_HEAD = struct.Struct(">IIBBBBB")
_CHUNK_HEAD = struct.Struct(">I4s")
_CHECKSUM = struct.Struct(">I")
_PNG_CHANNELS = {0: 1, 2: 3, 4: 1, 6: 3}
_NEUTRAL_CHUNKS = frozenset({b"IDAT", b"pHYs", b"tIME", b"sRGB", b"gAMA", b"cHRM", b"bKGD", b"sBIT", b"tEXt"})
_EXACT_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class Header(NamedTuple):
    """Size and channels (1 grey, 3 colour); `plain`: OpenCV and Pillow agree on every pixel of the image."""

    height: int
    width: int
    channels: int
    plain: bool


def read_header(content: bytes) -> Header | None:
    """The header of a PNG or JPEG file, or None: another type, a palette, cut off, or damaged.

    Args:
        content: the file, or its first kilobytes; then `plain` is False.
    """
    if content.startswith(_PNG):
        return _png(content)
    return _jpeg(content) if content.startswith(_JPEG) else None


def is_cut_png(content: bytes) -> bool:
    """Whether a PNG file lacks its end. Pillow takes such a file when all pixels happen to be there."""
    return content.startswith(_PNG) and b"IEND" not in content


def _png(content: bytes) -> Header | None:
    if len(content) < 33 or content[12:16] != b"IHDR":
        return None
    width, height, depth, colour, _, _, interlace = _PNG_HEAD.unpack_from(content, 16)
    if colour not in _PNG_CHANNELS or not width or not height:
        return None
    # Transparency, palettes and 16 bits ask for decisions, and those are Pillow's.
    plain = depth == 8 and colour in (0, 2) and not interlace and _is_neutral_png(content)
    return Header(height, width, _PNG_CHANNELS[colour], plain)


def _is_neutral_png(content: bytes) -> bool:
    """Whether every chunk is whole, its checksum right, and none changes what is seen."""
    if not content.endswith(_PNG_END):
        return False
    position, end = 8, len(content) - len(_PNG_END)
    while position < end:
        length, name = _CHUNK_HEAD.unpack_from(content, position)
        stop = position + 8 + length
        if stop > end or _CHECKSUM.unpack_from(content, stop)[0] != zlib.crc32(content[position + 4 : stop]):
            return False
        if name not in _NEUTRAL_CHUNKS and position > 8:
            return False
        if name == b"tEXt" and content.startswith(b"Raw profile", position + 8):  # it may hold an orientation
            return False
        position = stop + 4
    return position == end


def _jpeg(content: bytes) -> Header | None:
    """The first frame header. Segments that may turn or recolour the image make the file not plain."""
    # Bytes behind the end may be a second picture, as cameras append them.
    neutral = content.endswith(b"\xff\xd9")
    position, end = 2, len(content)
    while position + 4 <= end and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
            continue
        # The length counts itself, so it is at least 2.
        length = int.from_bytes(content[position + 2 : position + 4], "big")
        if marker in _FRAMES:
            return _frame(content[position + 4 : position + 10], neutral and marker in _EXACT_FRAMES)
        if marker == 0xDA or length < 2:
            return None
        if 0xE1 <= marker <= 0xEF and content[position + 4 : position + 15] != b"ICC_PROFILE":
            neutral = False
        position += 2 + length
    return None


def _frame(body: bytes, neutral: bool) -> Header | None:
    if len(body) < 6:
        return None
    depth, height, width, components = struct.unpack(">BHHB", body)
    if not height or not width:
        return None
    # Four components are CMYK, which each decoder turns into RGB in its own way.
    plain = neutral and depth == 8 and components in (1, 3)
    return Header(height, width, 1 if components == 1 else 3, plain)
