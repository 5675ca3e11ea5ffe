"""Images that end before their last row, although the decoders take them: a file cut off and closed again.

libjpeg fills what is missing with the middle of its scale, libpng and Pillow leave it zero, libtiff's fax decoders
leave it blank; none raises an error, and their warnings go to standard error, where threads cannot tell whose they are.
So the end of the data is read here, for those images alone whose last pixels look like that.

Sources: JPEG: T.81, annexes B, F and G; PNG: third edition, sections 7 and 8; fax: T.4 and T.6.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, TiffImagePlugin

from convonet.data.pixels import Pixels

_MIDDLE = 128
_BRIGHTNESS, _NEAR = (0.299, 0.587, 0.114), 1.5
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_MOST_UNITS = 256
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_OFFSETS, _COUNTS, _COMPRESSION, _FILL_ORDER, _TABLES = 273, 279, 259, 266, 347
_GROUP3, _GROUP4, _TIFF_JPEG = 3, 4, 7
_END_OF_BLOCK, _END_OF_LINE = "000000000001" * 2, "000000000001"


def is_cut(content: bytes, pixels: Pixels, image: Image.Image | None = None) -> bool:
    """Whether the last rows of an image were not in its file.

    Args:
        content: the file, a JPEG, PNG or TIFF file; others raise errors when they are cut.
        pixels: what a decoder gave, (height, width) or (height, width, channels) uint8, not turned nor converted.
        image: as Pillow opened it, for a TIFF file.
    """
    if content.startswith(b"\xff\xd8"):
        return _is_cut_jpeg(content, pixels)
    if content.startswith(b"\x89PNG"):
        return _is_short_png(content, pixels)
    return isinstance(image, TiffImagePlugin.TiffImageFile) and _is_cut_tiff(content, pixels, image)


class _Scan(NamedTuple):
    """A scan of a JPEG file: (component, DC table, AC table) each, its part of the spectrum, and where data begin."""

    components: list[tuple[int, int, int]]
    first: int
    last: int
    low_bit: int
    data: int


class _Jpeg:
    """The segments of a JPEG file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.frame = 0
        self.sampling: dict[int, tuple[int, int]] = {}
        self.tables: dict[tuple[int, int], dict[int, str]] = {}
        self.interval = 0
        self.scans: list[_Scan] = []
        for marker, start, end in _segments(content):
            body = content[start:end]
            if marker in _FRAMES and not self.frame:
                self.frame = marker
                parts = [body[6 + 3 * i : 9 + 3 * i] for i in range(body[5])]
                self.sampling = {part[0]: (part[1] >> 4, part[1] & 15) for part in parts}
            elif marker == 0xC4:
                self._read_tables(body)
            elif marker == 0xDD:
                self.interval = int.from_bytes(body[:2], "big")
            elif marker == 0xDA:
                self.scans.append(_scan(body, end))

    def _read_tables(self, body: bytes) -> None:
        while len(body) >= 17:
            counts, at, code = body[1:17], 17, 0
            codes: dict[int, str] = {}
            for length, count in enumerate(counts, 1):
                for symbol in body[at : at + count]:
                    codes[symbol] = f"{code:0{length}b}"
                    code += 1
                at, code = at + count, code << 1
            self.tables[body[0] >> 4, body[0] & 15] = codes
            body = body[at:]


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment; the coded data between them are passed over."""
    at = 2
    while at + 4 <= len(content):
        if content[at] != 0xFF or content[at + 1] in (0, 0xFF) or 0xD0 <= content[at + 1] <= 0xD7:
            at = content.find(b"\xff", at + 1)
            if at < 0:
                return
            continue
        if content[at + 1] == 0xD9:
            return
        end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
        yield content[at + 1], at + 4, end
        at = end


def _scan(body: bytes, end: int) -> _Scan:
    count = body[0]
    parts = [(body[1 + 2 * i], body[2 + 2 * i] >> 4, body[2 + 2 * i] & 15) for i in range(count)]
    first, last, bits = body[1 + 2 * count : 4 + 2 * count]
    return _Scan(parts, first, last, bits & 15, end)


def _is_cut_jpeg(content: bytes, pixels: Pixels) -> bool:
    # Only few images end in exactly this grey: all others need not be parsed.
    middle = _is_middle(pixels[-1:, -1:]).all()
    if not middle and content.find(b"\xff\xc2") < 0:
        return False
    try:
        file = _Jpeg(content)
        if file.frame == _PROGRESSIVE:
            return _lacks_scans(file)
        return (
            bool(middle) and file.frame in _SEQUENTIAL and len(file.scans) == 1 and _lacks_units(file, pixels)
        )
    except (IndexError, KeyError, ValueError, struct.error):
        return False  # so odd that nothing can be told


def _lacks_scans(file: _Jpeg) -> bool:
    """Whether a progressive file lacks scans: those of the last bits of brightness, and of each mean."""
    exact: dict[int, set[int]] = {component: set() for component in file.sampling}
    for scan in file.scans:
        if scan.low_bit == 0:
            for component, _, _ in scan.components:
                exact[component].update(range(scan.first, scan.last + 1))
    means = all(0 in found for found in exact.values())
    return not means or len(exact[next(iter(exact))]) < 64


def _is_middle(pixels: Pixels) -> Any:
    """Where all channels have the value that libjpeg gives to what is missing; Adobe's four are inverted."""
    found = pixels == _MIDDLE if pixels.shape[2:] != (4,) else np.isin(pixels, (_MIDDLE, 255 - _MIDDLE))
    return found if found.ndim == 2 else found.all(axis=2)


def _lacks_units(file: _Jpeg, pixels: Pixels) -> bool:
    """Whether the grey units at the end of an image are not coded in its file.

    A unit without detail and of the same mean as the one before has one code only. If the file holds the grey end, its
    data end with that code over and over.
    """
    scan = file.scans[0]
    alone = len(scan.components) == 1
    sampling = [(1, 1) if alone else file.sampling[component] for component, _, _ in scan.components]
    wide, high = 8 * max(h for h, _ in sampling), 8 * max(v for _, v in sampling)
    grey, units = _grey_units(pixels, wide, high)
    coded = _coded(file.content, scan.data)
    if file.interval:
        parts = re.split(rb"\xff[\xd0-\xd7]", coded)
        due = -(-units // file.interval)
        # A whole restart interval is missing.
        if len(parts) < due:
            return True
        coded, grey = parts[-1], min(grey, units - (due - 1) * file.interval)
    repeated = min(grey - 1, _MOST_UNITS)  # the first may differ in its mean
    if repeated < 1:
        return False
    pairs = zip(scan.components, sampling, strict=True)
    blocks = [(file.tables[0, dc].get(0), file.tables[1, ac].get(0), h * v) for (_, dc, ac), (h, v) in pairs]
    if any(dc is None or ac is None for dc, ac, _ in blocks):
        return True
    unit = "".join(f"{dc}{ac}" * count for dc, ac, count in blocks)
    # In coded data a byte of ones is followed by a zero that does not count.
    tail = coded.replace(b"\xff\x00", b"\xff")[-(len(unit) * repeated // 8 + 2) :]
    bits = "".join(f"{byte:08b}" for byte in tail)
    ends = (
        # The last byte is filled up; encoders use ones, some zeros.
        bits[: len(bits) - pad]
        for pad in range(8)
        if bits.endswith("1" * pad) or bits.endswith("0" * pad)
    )
    return not any(end.endswith(unit * repeated) for end in ends)


def _coded(content: bytes, start: int) -> bytes:
    """The coded data from `start` to the next marker that does not belong to them."""
    end = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]").search(content, start)
    return content[start : end.start() if end else len(content)]


def _grey_units(pixels: Pixels, wide: int, high: int) -> tuple[int, int]:
    """How many coded units at the end of an image are grey, and how many there are.

    Colour is smoothed over the border of a unit, brightness is not.
    """
    height, width = pixels.shape[:2]
    rows, columns = -(-height // high), -(-width // wide)
    inner, near = _is_middle(pixels), _is_middle(pixels)
    if pixels.shape[2:] == (3,):
        near = np.abs(pixels @ np.array(_BRIGHTNESS) - _MIDDLE) <= _NEAR

    def units(mask: Any) -> Any:
        around = ((0, rows * high - height), (0, columns * wide - width))
        return np.pad(mask, around, constant_values=True).reshape(rows, high, columns, wide)

    whole = units(near).all(axis=(1, 3)) & units(inner)[:, 2:-2, :, 2:-2].all(axis=(1, 3))
    other = np.flatnonzero(~whole.ravel())
    return int(whole.size - (other[-1] + 1 if len(other) else 0)), int(whole.size)


def _is_short_png(content: bytes, pixels: Pixels) -> bool:
    """Whether the data unpack to fewer rows than the image has; looked at where the last row is zero."""
    if len(content) < 33:
        return True
    width, height, depth, colour, _, _, interlace = struct.unpack_from(">IIBBBBB", content, 16)
    # The rows that are missing stay zero, so a last row with anything in it was there.
    if not interlace and pixels[-1:].any():
        return False
    bits = depth * _PNG_CHANNELS.get(colour, 1)
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    sizes = [(max(-(-(width - x) // dx), 0), max(-(-(height - y) // dy), 0)) for x, y, dx, dy in passes]
    due = sum(rows * (1 + -(-columns * bits // 8)) for columns, rows in sizes if columns)
    return bool(_unpacked_size(content, due) < due)


def _unpacked_size(content: bytes, most: int) -> int:
    """How many bytes the data of a PNG file unpack to; not counted beyond `most`."""
    unpacker, size, at = zlib.decompressobj(), 0, 8
    while at + 12 <= len(content) and size < most:
        length, name = struct.unpack_from(">I4s", content, at)
        if name == b"IDAT":
            data = content[at + 8 : at + 8 + length]
            while data and size < most:
                try:
                    size += len(unpacker.decompress(data, 2**20))
                except zlib.error:
                    return size
                # A megabyte at a time, so that a bomb fills no memory.
                data = unpacker.unconsumed_tail
        at += 12 + length
    return size


def _is_cut_tiff(content: bytes, pixels: Pixels, image: TiffImagePlugin.TiffImageFile) -> bool:
    tags = image.tag_v2
    kind = tags.get(_COMPRESSION)
    if kind not in (_GROUP3, _GROUP4, _TIFF_JPEG) or _OFFSETS not in tags or _COUNTS not in tags:
        return False
    strips = [content[at : at + size] for at, size in zip(tags[_OFFSETS], tags[_COUNTS], strict=False)]
    rows = -(-len(pixels) // len(strips))
    for number, strip in enumerate(strips):
        part = pixels[number * rows : (number + 1) * rows]
        if not len(part):
            continue
        if kind == _TIFF_JPEG:
            tables = tags.get(_TABLES) or b"\xff\xd8\xff\xd9"
            if _is_cut_jpeg(tables[:-2] + strip[2:], part):
                return True
        elif _is_cut_fax(strip, part, kind, tags.get(_FILL_ORDER) == 2):
            return True
    return False


def _is_cut_fax(strip: bytes, pixels: Pixels, kind: int, reversed_bits: bool) -> bool:
    """Whether a strip in which the last row is blank lacks its end."""
    if np.any(pixels[-1:] != pixels[-1, -1]):
        return False
    if reversed_bits:
        strip = bytes(int(f"{byte:08b}"[::-1], 2) for byte in strip)
    if kind == _GROUP4:
        tail = strip.rstrip(b"\0")[-4:]
        return _END_OF_BLOCK not in "".join(f"{byte:08b}" for byte in tail)
    bits = "".join(f"{byte:08b}" for byte in strip)
    lines = bits.count(_END_OF_LINE)
    # Without ends of lines (as TIFF's own fax coding), nothing can be counted.
    return 0 < lines < len(pixels)
