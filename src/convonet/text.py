"""What people write: normalised in one place before it is compared, escaped in one place before it goes anywhere.

A name that looks the same is the same: Unicode has two forms of `é`, file systems and spreadsheets use both, and
neither control characters nor blanks at the ends can be seen.
"""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from urllib.parse import quote

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_COLOUR = re.compile("\x1b\\[[0-9;]*m")
# Leading apostrophes count too, so that csv_text can tell an added one from one of the text's own.
_FORMULA = re.compile("'*[=+\\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NO_FILE_NAME = re.compile('[/\\\\:*?"<>|\x00-\x1f\x7f]')
# Windows takes these names for devices, whatever ending they have.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_QUOTES = "\"'"
_LONGEST_NAME = 200


def name(text: str) -> str:
    """A class, group or column as it is compared: composed (NFC), control characters as blanks, none at the ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _CONTROL.sub(" ", unicodedata.normalize("NFC", text)).strip()


def index_of(text: str, names: Iterable[str]) -> int | None:
    """The index of the name that a written one means; None where there is none."""
    wanted = name(text)
    return next((index for index, each in enumerate(names) if name(each) == wanted), None)


def word(text: str) -> str:
    """A keyword as it is compared: `name` without letter case."""
    return name(text).casefold()


def has_controls(text: str) -> bool:
    """Whether control characters or line ends stand in a text."""
    return _CONTROL.search(text) is not None


def relative_path(text: str) -> str:
    """The path of an image in a set, as a table or a mark writes it, with forward slashes and without `./`."""
    text = text.strip().replace("\\", "/")
    return posixpath.normpath(text) if text else text


def path_key(path: str) -> str:
    """What two spellings of one path share: its Unicode form does not count."""
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def local_path(given: str | os.PathLike[str]) -> str:
    """A path on this machine as a person gives it: `~` is the home folder, `~ANNA` hers.

    Blanks and quotation marks around it, which copying adds, count only where such a file is there.
    """
    text = os.fspath(given)
    bare = text.strip()
    if len(bare) > 2 and bare[0] == bare[-1] and bare[0] in _QUOTES:
        bare = bare[1:-1]
    if bare != text and not _is_there(text) and _is_there(os.path.expanduser(bare)):
        text = bare
    return os.path.expanduser(text)


def _is_there(path: str) -> bool:
    try:
        return os.path.exists(path)
    except ValueError:  # a null character
        return False


def absolute(given: str | os.PathLike[str]) -> str:
    """`local_path` from the root of the file system; links stay links."""
    return os.path.abspath(local_path(given))


def file_name(text: str, taken: Collection[str] = ()) -> str:
    """A name for a file or folder, never a path: what no system takes becomes `_`.

    Args:
        taken: names that are given already, regardless of case; a number is added to be different from them.
    """
    # Windows drops dots and blanks at the end of a name, which could make two names the same.
    bare = _NO_FILE_NAME.sub("_", name(text)).rstrip(". ")[:_LONGEST_NAME] or "_"
    if set(bare) == {"."} or _DEVICES.match(bare):
        bare = f"_{bare}"
    known, number, made = {word(other) for other in taken}, 1, bare
    while word(made) in known:
        number += 1
        made = f"{bare}_{number}"
    return made


def file_names(texts: Collection[str]) -> dict[str, str]:
    """A file name for each text, all different."""
    made: dict[str, str] = {}
    for text in texts:
        made[text] = file_name(text, made.values())
    return made


def terminal(text: str, *, colours: bool = False) -> str:
    """Text that a terminal shows and does not obey: control characters are written as escapes.

    Args:
        colours: keep the sequences that colour text.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = _COLOUR.findall(text) if colours else []
    parts = _COLOUR.split(text) if colours else [text]
    safe = [_UNSEEN.sub(_escape, part.replace("\r\n", "\n")) for part in parts]
    return "".join(part + colour for part, colour in zip(safe, [*kept, ""], strict=True))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def csv_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe stands before what begins like one."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def csv_text(cell: str) -> str:
    """The text that `csv_cell` wrote."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def alternatives(parts: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    *first, last = parts
    return f"{', '.join(first)} or {last}" if first else last


def url_part(text: str) -> str:
    """One part of an address, for an HTTP header: percent-encoded, so that no line can end in it."""
    return quote(text, safe="", errors="surrogateescape")


def counted(count: int, one: str, many: str | None = None) -> str:
    """`1 image looks` or `2,000 images look`: the count with the words that suit it.

    Args:
        count: how many there are.
        one: the words after 1.
        many: the words after every other count; `one` with an s if not given.
    """
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"
