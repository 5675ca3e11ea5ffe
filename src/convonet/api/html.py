"""Tables and thumbnails as self-contained HTML, for notebooks."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

from PIL import Image

from convonet.data.decode import read_whole
from convonet.errors import DataError

_PICTURE_WIDTH = 640
_THUMBNAIL = 72
_COLORS = 64
"""Of a picture: a notebook keeps each one in its file."""


def html_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A plain table, all text escaped; None is an empty cell."""
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    cells = ["".join(f"<td>{_text(value)}</td>" for value in row) for row in rows]
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def picture_html(file: Path) -> str:
    """A picture file as a thumbnail; empty if the file does not exist."""
    if not file.is_file():
        return ""
    with Image.open(file) as image:
        return f"<br>{_img(image.convert('RGB'), (_PICTURE_WIDTH, 4 * _PICTURE_WIDTH))}"


def thumbnail_html(file: Path) -> str:
    """An image of a set as a thumbnail; empty if it cannot be read."""
    try:
        image = Image.fromarray(read_whole(file)).convert("RGB")
    except DataError:
        return ""
    # Image.thumbnail only makes images smaller, so small ones are enlarged here.
    if max(image.size) < _THUMBNAIL:
        image = image.resize((_THUMBNAIL, _THUMBNAIL * image.height // image.width), Image.Resampling.NEAREST)
    return _img(image, (_THUMBNAIL, _THUMBNAIL))


def _img(image: Image.Image, size: tuple[int, int]) -> str:
    image.thumbnail(size)
    content = io.BytesIO()
    image.quantize(_COLORS).save(content, "PNG", optimize=True)
    return f'<img src="data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}">'


def _text(value: object) -> str:
    return "" if value is None else escape(str(value))
