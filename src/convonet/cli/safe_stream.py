"""Standard output and error whose text a terminal shows and does not obey: names of files come from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TextIO

from convonet.text import terminal


class SafeStream:
    """A text stream that writes control characters as escapes; line ends, tabs and colors stay.

    Colors stay only in a terminal: elsewhere, only a name can contain them.
    """

    def __init__(self, stream: TextIO) -> None:
        self.raw = stream

    def write(self, text: str) -> int:
        """Write text."""
        self.raw.write(terminal(text, colours=self.raw.isatty()))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    # Callers ask for isatty, encoding and buffer, which are the stream's own.
    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


def raw(stream: Any) -> Any:
    """The stream beneath, for code that moves the cursor itself and escapes the text that it receives."""
    return stream.raw if isinstance(stream, SafeStream) else stream
