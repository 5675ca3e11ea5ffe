"""`explain`, `layers`, `dream`: why a model says so, what its layers see, what excites a channel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.evaluating import checked_scaling, one_of
from convonet.cli.given import data_params, one_image, present
from convonet.cli.output import percent, print_json, print_table, say
from convonet.cli.work import ask
from convonet.documents.explanation import DreamDocument, ExplainDocument, ExplainedImage, LayersDocument
from convonet.documents.predictions import UnreadableImage
from convonet.inference.labels import read_labels
from convonet.runs.environment import available_cores
from convonet.session.models import model_path
from convonet.tasks import DreamTask, ExplainTask, LayersTask
from convonet.tasks.explain_tasks import Method
from convonet.text import counted

Model = Annotated[
    str,
    typer.Argument(
        help="A run's folder or id, or a .keras or .h5 file.",
        autocompletion=completion.models,
    ),
]
_Explained = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A run's folder or id, or a .keras or .h5 file; for occlusion, also an .onnx file.",
        autocompletion=completion.models,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(explain)
    app.command()(layers)
    app.command()(dream)


def explain(
    model: _Explained,
    paths: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Images and folders of images.")],
    method: Annotated[str, typer.Option("--method", help="grad_cam, saliency or occlusion.")] = "grad_cam",
    label: Annotated[
        str | None, typer.Option("--class", help="Class to explain. Default: the predicted one.")
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option("--layer", help="Grad-CAM: layer to use. Default: the last convolution."),
    ] = None,
    patch: Annotated[
        int | None,
        typer.Option("--patch", min=1, help="Occlusion: side length of the hidden square, in pixels."),
    ] = None,
    stride: Annotated[
        int | None,
        typer.Option(
            "--stride", min=1, help="Occlusion: distance between positions of the hidden square, in pixels."
        ),
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", min=0, max=1, help="Opacity of the heat map over the image (0–1).")
    ] = 0.6,
    faithful: Annotated[
        bool,
        typer.Option(
            "--faithful",
            help="Also check whether each map is faithful, by deleting the most important pixels first and by "
            "shuffling the weights.",
        ),
    ] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder for pictures and raw maps.")] = Path("explained"),
    seed: opt.Seed = None,
    labels: Annotated[
        Path | None,
        typer.Option("--labels", help="File with the class names (labels.txt), for a model that has none."),
    ] = None,
    scaling: opt.Scaling = None,
    threads: opt.Threads = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Explain predictions with heat maps over images, and check whether the maps are faithful."""
    task = ExplainTask(
        model=str(model_path(model)),
        paths=present(paths),
        method=one_of("--method", method, Method),
        label=label,
        layer=layer,
        patch=patch,
        stride=stride,
        alpha=alpha,
        faithful=faithful,
        seed=seed or 0,
        scaling=checked_scaling(scaling),
        classes=read_labels(labels) if labels else (),
        out=str(out.resolve()),
        threads=threads,
    )
    answer = ExplainDocument.of(ask(task, progress))
    if json:
        print_json(answer)
    else:
        _print_explanations(answer)
    explained = answer.explanations
    if explained and all(isinstance(one, UnreadableImage) for one in explained):
        raise typer.Exit(1)


def layers(
    model: Model,
    image: Annotated[Path | None, typer.Argument(help="Image to draw feature maps for.")] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="Draw only this layer.")] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the pictures.")] = Path("layers"),
    scaling: opt.Scaling = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Draw the filters of every convolution and, given an image, its feature maps in each layer."""
    task = LayersTask(
        model=str(model_path(model)),
        image=None if image is None else str(one_image(image)),
        layer=layer,
        scaling=checked_scaling(scaling),
        out=str(out.resolve()),
    )
    answer = LayersDocument.of(ask(task, progress))
    if json:
        print_json(answer)
        return
    rows = [
        [row.name, row.kind, "×".join(map(str, row.shape)), row.silent, row.file] for row in answer.layers
    ]
    print_table(("layer", "kind", "shape", "inactive", "picture"), rows)
    say(answer.folder)


def dream(
    model: Model,
    layer: Annotated[
        str, typer.Option("--layer", help="Layer to use. In the last one, channels are classes.")
    ],
    channel: Annotated[
        int | None,
        typer.Option(
            "--channel",
            min=0,
            help="Channel to use, counted from 0. Default: the first twelve, side by side.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="The PNG file to write.")] = Path("dream.png"),
    steps: Annotated[int, typer.Option("--steps", min=1, help="Steps of gradient ascent.")] = 256,
    seed: opt.Seed = None,
    data: opt.DataFile = None,
    train_dir: opt.TrainDir = None,
    test_dir: opt.TestDir = None,
    scaling: opt.Scaling = None,
    threads: opt.Threads = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Generate the image that activates a channel most strongly, by gradient ascent from noise."""
    named = data is not None or train_dir is not None or test_dir is not None
    task = DreamTask(
        model=str(model_path(model)),
        layer=layer,
        channel=channel,
        steps=steps,
        seed=seed or 0,
        data=data_params(data, train_dir=train_dir, test_dir=test_dir) if named else None,
        scaling=checked_scaling(scaling),
        out=str(out.resolve()),
        threads=threads or available_cores(),
    )
    answer = DreamDocument.of(ask(task, progress))
    if json:
        print_json(answer)
        return
    best = f"best of {counted(answer.compared, 'image')}" if answer.compared else "best image"
    rows = [[one.name, one.start, one.reached, one.best_image, one.file] for one in answer.dreams]
    print_table(("channel", "initial activation", "final activation", best, "picture"), rows)
    say(answer.path)


def _print_explanations(answer: ExplainDocument) -> None:
    print_table(
        ("image", "predicted", f"{answer.title} for", "picture"), [_cells(one) for one in answer.explanations]
    )
    for one in answer.explanations:
        if isinstance(one, ExplainedImage) and one.faithful is not None:
            say(f"{one.path}: {one.faithful.sentence}")
    say(answer.folder)


def _cells(one: ExplainedImage | UnreadableImage) -> list[str | None]:
    if isinstance(one, UnreadableImage):
        return [one.path, one.error, None, None]
    predicted, explained = percent(one.confidence), percent(one.probability)
    return [
        one.path,
        f"{one.predicted} ({predicted})",
        f"{one.class_} ({explained})",
        one.files.picture,
    ]
