"""Advice that names options: each reader gets it in the words of the interface in use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

Interface: TypeAlias = Literal["python", "command", "http", "window"]
"""Those who read a hint; `window` is also the web page, whose pages and buttons have the same names."""


class Spelling(NamedTuple):
    """The same thing as Python, the command line and a JSON request spell it."""

    python: str
    command: str
    http: str


def option(name: str, value: Any = None) -> Spelling:
    """An option of a call.

    Args:
        name: as Python spells it, such as `accept_class_map`.
        value: a JSON value, True for a switch; None: the option alone is named.
    """
    flag, key = "--" + name.replace("_", "-"), f'"{name}"'
    if value is None:
        return Spelling(f"`{name}`", flag, key)
    given = flag if value is True else f"{flag} {value}"
    return Spelling(f"{name}={value!r}", given, f"{key}: {json.dumps(value)}")


def data_value(name: str, value: Any) -> Spelling:
    """A data parameter with its value."""
    entry = f'"{name}": {json.dumps(value, ensure_ascii=False)}'
    return Spelling(f"{entry} in the data parameters", f"--set {name}={value}", f'{entry} in "data"')


def call(python: str, command: str) -> Spelling:
    """A function of the package, without `convonet.`, and the command that does the same, without `convonet`."""
    written = f"`convonet.{python}`"
    return Spelling(written, f"`convonet {command}`", written)


class Hint(str):
    """What to do next. As a text it is Python's version; `hint_for` gives each interface its own.

    An error travels from a worker through files to whoever shows it, so the versions travel with it.
    """

    versions: Mapping[str, str]

    @classmethod
    def of(cls, text: str, *parts: Spelling, window: str = "") -> Hint:
        """A sentence with `{}` for each of the parts.

        Args:
            window: what to do in the window and on the web page, with the names of their pages, buttons and fields;
                empty: nothing can be done there, so they show no hint rather than code.
        """
        versions = {
            interface: text.format(*(getattr(part, interface) for part in parts))
            for interface in Spelling._fields
        }
        return cls.read(versions["python"], versions | {"window": window})

    @classmethod
    def read(cls, text: str, versions: Mapping[str, str]) -> Hint:
        """The hint that was written as its text and `versions`."""
        hint = cls(text)
        hint.versions = dict(versions)
        return hint


def hint_for(interface: Interface, hint: str | None) -> str | None:
    """A hint in the words of an interface; None where it has none."""
    if not isinstance(hint, Hint):
        return hint
    # Hints in the runs of earlier versions have no words for the window, and its user cannot type code.
    return hint.versions.get(interface, None if interface == "window" else str(hint)) or None
