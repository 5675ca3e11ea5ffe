"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.cli import completion

_IMAGES = "Images"


class ProgressStyle(StrEnum):
    """Bars in a terminal and lines elsewhere; only warnings; or the events, one JSON object per line."""

    AUTO = "auto"
    NONE = "none"
    JSONL = "jsonl"


class TrainRecipeName(StrEnum):
    """The recipes of a training run."""

    AUTO = "auto"
    FAST = "fast"
    BEST = "best"
    NONE = "none"


class RecipeName(StrEnum):
    """The recipes of a hyperparameter file."""

    FAST = "fast"
    BEST = "best"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Progress = Annotated[
    ProgressStyle,
    typer.Option(
        "--progress",
        help="How to show progress on standard error: auto (bars in a terminal, lines elsewhere), none (warnings "
        "only) or jsonl (one JSON object per event).",
    ),
]
DataFile = Annotated[
    Path | None, typer.Option("--data", help="Data parameters (JSON file).", rich_help_panel=_IMAGES)
]
HyperFile = Annotated[Path | None, typer.Option("--hyper", help="Hyperparameters (JSON file).")]


def _set(more: str = "") -> Any:
    return typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help=f"Set a parameter. Can be repeated.{more}",
        autocompletion=completion.settings,
    )


Set = Annotated[list[str] | None, _set()]
SetValues = Annotated[list[str] | None, _set(" Separate the values to try with commas: A,B.")]
Folder = Annotated[
    str | None,
    typer.Argument(
        metavar="DIR",
        help="Training images, the same as --train-dir: one folder per class, a folder that holds train, val and "
        "test, a CSV or TSV file, or an .npz file.",
    ),
]
TrainDir = Annotated[
    str | None,
    typer.Option(
        "--train-dir",
        help="Training images: a folder with one folder per class, or a CSV, TSV or .npz file.",
        rich_help_panel=_IMAGES,
    ),
]
TestDir = Annotated[str | None, typer.Option("--test-dir", help="Test images.", rich_help_panel=_IMAGES)]
ValDir = Annotated[str | None, typer.Option("--val-dir", help="Validation images.", rich_help_panel=_IMAGES)]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--image-size",
        metavar="auto|N|HxW",
        help="Size in pixels to which every image is resized. Default: chosen by the recipe; 28 × 28 without a recipe.",
        rich_help_panel=_IMAGES,
    ),
]
PreparedLimit = Annotated[
    float | None,
    typer.Option(
        "--prepared-limit",
        min=0,
        metavar="GB",
        help="Disk space in GB for the prepared images of a set. If a set needs more, its images are decoded each "
        "time they are used. Default: a fifth of the free disk space.",
        rich_help_panel=_IMAGES,
    ),
]
Channels = Annotated[
    str | None,
    typer.Option("--channels", help="1 for grayscale, 3 for color, or auto.", rich_help_panel=_IMAGES),
]
AcceptClassMap = Annotated[
    bool,
    typer.Option(
        "--accept-class-map",
        help="If class names of the test or validation images differ from those of the training images and each "
        "has one likely match, treat the matches as the same classes.",
        rich_help_panel=_IMAGES,
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Random seed.")]
Out = Annotated[Path | None, typer.Option("--out", help="Parent folder of the run.")]
Name = Annotated[str | None, typer.Option("--name", help="Name of the run's folder.")]
Track = Annotated[
    list[str] | None,
    typer.Option(
        "--track",
        metavar="TRACKER:TARGET",
        help="Also write parameters, metrics and figures to tensorboard:DIR or mlflow:URI. Can be repeated.",
    ),
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Number of threads. Default: one per core.")
]
Scaling = Annotated[
    str | None,
    typer.Option(
        "--scaling",
        help="Pixel scaling of a model made elsewhere, if its file does not specify it: unit, symmetric, imagenet or "
        "none.",
    ),
]
Root = Annotated[Path | None, typer.Option("--root", help="Also look for runs below this folder.")]
