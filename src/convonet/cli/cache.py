"""`cache show|clean`."""

from __future__ import annotations

from typing import Annotated

import typer

from convonet.cli import options as opt
from convonet.cli.output import print_json, print_table, say
from convonet.cli.paths import PathTyper
from convonet.data.cache import ImageCache


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = PathTyper(help="Show and clear the cache of prepared images.", no_args_is_help=True)
    group.command()(show)
    group.command()(clean)
    app.add_typer(group, name="cache")


def show(json: opt.Json = False) -> None:
    """Show what the cache holds and how much space it takes."""
    cache = ImageCache()
    entries = cache.show()
    total = sum(entry.bytes for entry in entries)
    if json:
        rows = [entry.to_dict() for entry in entries]
        print_json({"folder": str(cache.folder), "bytes": total, "entries": rows})
        return
    print_table(
        ("images", "bytes", "last used", "of"),
        [[entry.images, entry.bytes, entry.used, entry.root] for entry in entries],
    )
    say(f"{total / 2**20:,.1f} MiB in {cache.folder}")


def clean(
    keep_bytes: Annotated[
        int | None,
        typer.Option("--keep-bytes", min=0, help="Keep the most recently used images up to this size."),
    ] = None,
    json: opt.Json = False,
) -> None:
    """Remove prepared images. They are prepared again when needed."""
    freed = ImageCache().clean(keep_bytes=keep_bytes)
    if json:
        print_json({"freed_bytes": freed})
    else:
        say(f"{freed / 2**20:,.1f} MiB freed")
