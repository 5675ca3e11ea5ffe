"""From a template and its values to one HTML file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from convonet._version import __version__
from convonet.atomic import write_text
from convonet.text import counted

TemplateValues = dict[str, object]
"""What a template of `templates/` is filled with, by the names that it uses."""

_TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, **values: Any) -> str:
    """The page; every value is escaped but those that are markup already."""
    style = Markup((_TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return _environment().get_template(template).render(style=style, version=__version__, **values)


def write_page(path: Path, template: str, **values: Any) -> Path:
    """Write the page, whole or not at all.

    Raises:
        OutputError: the folder cannot be written to.
        StorageError: the disk is full.
    """
    write_text(path, render(template, **values))
    return path


# One environment for all pages, since it keeps the compiled templates.
@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        # Names of classes and files may hold markup, which must not run in the page.
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        # A misspelled name in a template then raises an error instead of leaving an empty spot.
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {
        "percent": percent,
        "between": between,
        "number": number,
        "count": count,
        "counted": counted,
    }
    return environment


def percent(value: float | None, digits: int = 1) -> str:
    """A share as a person reads it; a dash where there is none."""
    return "–" if value is None else f"{100 * value:.{digits}f}%"


def between(interval: Sequence[float] | None, *, digits: int | None = None) -> str:
    """An interval, empty where there is none: of a share in percent, else with so many digits."""
    if interval is None:
        return ""
    low, high = interval
    if digits is None:
        return f"{100 * low:.1f}–{100 * high:.1f}%"
    return f"{low:.{digits}f}–{high:.{digits}f}"


def number(value: Any, digits: int = 4) -> str:
    """A number with a few digits; texts as they are, a dash for nothing."""
    if value is None or value == "":
        return "–"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def count(value: int | None) -> str:
    """A whole number with its thousands apart."""
    return "–" if value is None else f"{value:,}"
