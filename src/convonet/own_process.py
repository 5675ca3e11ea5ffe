"""How processes of our own are set up: they import much, compute long with large maps, and then end."""

from __future__ import annotations

import atexit
import gc
import os
from collections.abc import Mapping

_TUNABLES = "GLIBC_TUNABLES"
_LARGE_PAGES = "glibc.malloc.hugetlb"
_PLUGINS = "PYDANTIC_DISABLE_PLUGINS"
_OBJECTS_BETWEEN_LOOKS = 100_000


def with_large_pages(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment whose processes ask Linux for memory in pages of 2 MiB where it has them.

    Feature maps of some megabytes are thousands of small pages, and finding these takes a fifth of a training step.
    Only glibc reads the variable, when a process starts; what the person has set there stays.
    """
    said = environment.get(_TUNABLES, "")
    if _LARGE_PAGES in said:
        return dict(environment)
    return dict(environment) | {_TUNABLES: ":".join(filter(None, (said, f"{_LARGE_PAGES}=1")))}


def import_quickly() -> None:
    """Let imports of this process take less time; called before them.

    Python looks for cycles after 100,000 new objects instead of 700: imports make many that stay. And pydantic does
    not read the description of every installed package in search of plugins, unless the person has said otherwise.
    """
    gc.set_threshold(_OBJECTS_BETWEEN_LOOKS)
    os.environ.setdefault(_PLUGINS, "__all__")


def end_at_once() -> None:
    """Let Python not look for cycles when it ends: the process goes, and what it holds with it."""
    atexit.register(gc.freeze)
