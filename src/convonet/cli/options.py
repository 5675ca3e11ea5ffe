"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import completion

_IMAGES = "Images"


class ProgressStyle(StrEnum):
    """Bars in a terminal and lines elsewhere; nothing but warnings; or the events, one JSON object a line."""

    AUTO = "auto"
    NONE = "none"
    JSONL = "jsonl"


class TrainRecipeName(StrEnum):
    """The recipes of a training."""

    AUTO = "auto"
    FAST = "fast"
    BEST = "best"
    NONE = "none"


class RecipeName(StrEnum):
    """The recipes of a file of hyper parameters."""

    FAST = "fast"
    BEST = "best"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Progress = Annotated[
    ProgressStyle, typer.Option("--progress", help="How progress is shown on standard error.")
]
DataFile = Annotated[
    Path | None, typer.Option("--data", help="Data parameters (JSON).", rich_help_panel=_IMAGES)
]
HyperFile = Annotated[Path | None, typer.Option("--hyper", help="Hyper parameters (JSON).")]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Set a parameter; may be repeated. Several values: A,B.",
        autocompletion=completion.settings,
    ),
]
Folder = Annotated[
    str | None,
    typer.Argument(
        metavar="DIR",
        help="Training images, the same as --train-dir: one folder per class, a folder that holds train, val and "
        "test, a CSV or TSV file, or a .npz file.",
    ),
]
TrainDir = Annotated[
    str | None,
    typer.Option(
        "--train-dir", help="Training images: class folders, a CSV or TSV, or .npz.", rich_help_panel=_IMAGES
    ),
]
TestDir = Annotated[str | None, typer.Option("--test-dir", help="Test images.", rich_help_panel=_IMAGES)]
ValDir = Annotated[str | None, typer.Option("--val-dir", help="Validation images.", rich_help_panel=_IMAGES)]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--image-size",
        metavar="auto|N|HxW",
        help="Size in pixels that every image is resized to. Default: auto.",
        rich_help_panel=_IMAGES,
    ),
]
PreparedLimit = Annotated[
    float | None,
    typer.Option(
        "--prepared-limit",
        min=0,
        metavar="GB",
        help="Disk that prepared images of a set may take; a larger set is decoded while it is used. Default: a "
        "fifth of the free disk.",
        rich_help_panel=_IMAGES,
    ),
]
Channels = Annotated[
    str | None, typer.Option("--channels", help="1 grey, 3 colour, auto.", rich_help_panel=_IMAGES)
]
AcceptClassMap = Annotated[
    bool,
    typer.Option(
        "--accept-class-map",
        help="Where class names of the test or validation images differ from those of the training images, and each "
        "has one likely match, take the matches as the same classes.",
        rich_help_panel=_IMAGES,
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Every draw follows from it.")]
Out = Annotated[Path | None, typer.Option("--out", help="Parent folder of the run.")]
Name = Annotated[str | None, typer.Option("--name", help="The run's folder name.")]
Track = Annotated[
    list[str] | None,
    typer.Option(
        "--track",
        metavar="TRACKER:PLACE",
        help="Also write parameters, metrics and figures to tensorboard:DIR or mlflow:URI. Can be given several times.",
    ),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Computing threads; default: one a core.")
]
Scaling = Annotated[
    str | None,
    typer.Option(
        "--scaling",
        help="How a model made elsewhere wants its pixels: unit, symmetric, imagenet, none. Asked for when its "
        "file does not tell.",
    ),
]
Root = Annotated[Path | None, typer.Option("--root", help="Look below this folder too.")]
