"""Fonts that have the letters of class names, and names made fit for a figure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
from matplotlib.font_manager import FontProperties, findfont, fontManager
from matplotlib.ft2font import FT2Font

# A file matplotlibrc in the current folder, or the person's own, is not meant for our figures.
matplotlib.rcdefaults()

# Sans-serif faces with Chinese, Japanese and Korean, in the order of preference.
CJK_FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "PingFang SC",
    "Hiragino Sans",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Yu Gothic",
    "Malgun Gothic",
    "SimHei",
    "Arial Unicode MS",
    "Droid Sans Fallback",
)
# Places of the same fonts: one that was installed later is not in matplotlib's list until that is made anew.
CJK_FILES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/simhei.ttf",
)
OWN_FAMILY = "DejaVu Sans"
BREAKS = ("Cc", "Cs", "Zl", "Zp", "Zs")
MAX_WIDTH = 24


class Fonts(NamedTuple):
    """What to draw names with.

    Attributes:
        families: names that matplotlib knows; the first that has a letter draws it.
        missing: letters that none of them has.
    """

    families: tuple[str, ...]
    missing: frozenset[str]

    def text(self, size: float) -> dict[str, Any]:
        """Keywords for a text that holds names, `size` points high: a `$` in a name is no formula."""
        return {"fontfamily": list(self.families), "fontsize": size, "parse_math": False}

    def label(self, name: str, index: int, width: int = MAX_WIDTH) -> str:
        """`name` as it can be drawn: in one line, and without letters that no font has (then with its index).

        Args:
            name: the class name.
            index: its place, which tells it apart when letters are missing.
            width: columns; a Chinese letter takes two. A longer name loses its middle.
        """
        line = _one_line(name)
        drawable = "".join(letter for letter in line if letter not in self.missing).strip()
        if self.missing.intersection(line) or not drawable:
            drawable = f"{drawable} #{index}".strip()
        return shortened(drawable, width)

    def labels(self, names: Sequence[str], width: int = MAX_WIDTH) -> list[str]:
        """`label` of every name; names that shortening made equal are told apart by their index."""
        labels = [self.label(name, index, width) for index, name in enumerate(names)]
        count = Counter(labels)
        return [f"{text} #{index}" if count[text] > 1 else text for index, text in enumerate(labels)]


def find_fonts(names: Iterable[str], files: Sequence[str] | None = None) -> Fonts:
    """Few fonts that together have every letter of `names`.

    Matplotlib's own font comes first; others are looked at only when it lacks a letter.

    Args:
        names: texts to be drawn.
        files: font files to look at instead of this machine's.
    """
    letters = frozenset("".join(_one_line(name) for name in names)) - {" "}
    return _find_fonts(letters, None if files is None else tuple(files))


@lru_cache(maxsize=32)
def _find_fonts(letters: frozenset[str], files: tuple[str, ...] | None) -> Fonts:
    families = [OWN_FAMILY]
    missing = letters - _letters_of(findfont(FontProperties(family=OWN_FAMILY)))
    for file in _installed() if files is None else files:
        if not missing:
            break
        if missing & _letters_of(file):
            missing -= _letters_of(file)
            families.append(_family(file))
    return Fonts(tuple(families), missing)


def _installed() -> Iterator[str]:
    """Font files: known CJK fonts first, then whatever else is installed."""
    known: dict[str, str] = {}
    for entry in fontManager.ttflist:
        # Of Matplotlib's own files, all but DejaVu are for formulas, and one draws a box for every letter.
        if entry.style == "normal" and not entry.fname.startswith(matplotlib.get_data_path()):
            known.setdefault(entry.name, str(entry.fname))
    yield from (known[family] for family in CJK_FAMILIES if family in known)
    yield from (file for file in CJK_FILES if Path(file).is_file())
    yield from known.values()


# A font may have tens of thousands of characters, and each new set of names asks again.
@lru_cache(maxsize=64)
def _letters_of(file: str) -> frozenset[str]:
    try:
        return frozenset(map(chr, FT2Font(file).get_charmap()))
    except (OSError, RuntimeError):
        # Matplotlib's list may name a font that was removed since: it has no letters.
        return frozenset()


def _family(file: str) -> str:
    """The name under which matplotlib knows the file; it is made known when it is not."""
    name = str(FT2Font(file).family_name)
    if all(entry.name != name for entry in fontManager.ttflist):
        fontManager.addfont(file)
    return name


def shortened(text: str, width: int = MAX_WIDTH) -> str:
    """The two ends with `…` between them: long names often differ at the end only."""
    if columns_of(text) <= width:
        return text
    head, tail = text[: len(text) // 2], text[len(text) // 2 :]
    while columns_of(head) + columns_of(tail) + 1 > width:
        head, tail = (head[:-1], tail) if columns_of(head) >= columns_of(tail) else (head, tail[1:])
    return f"{head}…{tail}"


def wrapped(text: str, width: int = MAX_WIDTH) -> str:
    """Lines of at most `width` columns, broken at spaces; a longer word loses its middle."""
    lines = [""]
    for word in (shortened(word, width) for word in text.split()):
        longer = f"{lines[-1]} {word}".strip()
        if columns_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return "\n".join(lines)


def columns_of(text: str) -> int:
    """The width of a text in letters of the Latin script; Chinese, Japanese and Korean ones take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _one_line(name: str) -> str:
    """Line breaks and other control characters become spaces, invisible ones go."""
    kinds = ((letter, unicodedata.category(letter)) for letter in name)
    return "".join(" " if kind in BREAKS else letter for letter, kind in kinds if kind != "Cf")
