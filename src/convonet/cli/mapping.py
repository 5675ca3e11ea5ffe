"""`map`: the images of a folder laid out by similarity."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import options as opt
from convonet.cli.output import print_json, say
from convonet.cli.work import ask
from convonet.tasks import MapTask
from convonet.text import local_path


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(name="map")(image_map)


def image_map(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of images; its subfolders are the classes.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for map.csv and map.png.")] = Path(
        "map"
    ),
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same map.")] = 0,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Draw a map in which similar images lie together, and list outliers and likely wrong labels."""
    source, target = (Path(local_path(str(path))).resolve() for path in (folder, out))
    answer = ask(MapTask(folder=str(source), out=str(target), seed=seed), progress)
    if json:
        print_json(answer)
        return
    say(f"{answer['images']:,} of {answer['of']:,} images, {len(answer['classes'])} classes")
    if len(answer["classes"]) > 1:
        say(f"{answer['likely_wrong']:,} images are closer to another class; they come first in the table")
    say(f"Files: {target}")
