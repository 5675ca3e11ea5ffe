"""`explain`, `layers`, `dream`: why a model says so, what its layers see, what excites a channel."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.cli import options as opt

Model = Annotated[str, typer.Argument(help="A run's folder or id, or a .keras or .h5 file.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(explain)


def explain(
    model: Model,
    paths: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Images and folders of images.")],
    method: Annotated[str, typer.Option("--method", help="grad_cam, saliency or occlusion.")] = "grad_cam",
    label: Annotated[
        str | None, typer.Option("--class", help="The class to be explained; default: the predicted one.")
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option("--layer", help="Grad-CAM: the layer to look at; default: the last convolution."),
    ] = None,
    patch: Annotated[
        int | None, typer.Option("--patch", min=1, help="Occlusion: side of the hidden square, in pixels.")
    ] = None,
    stride: Annotated[
        int | None, typer.Option("--stride", min=1, help="Occlusion: its steps, in pixels.")
    ] = None,
    alpha: Annotated[
        float, typer.Option("--alpha", min=0, max=1, help="How much of the image the heat covers.")
    ] = 0.6,
    faithful: Annotated[
        bool, typer.Option("--faithful", help="Also check each map: deletion, and shuffled weights.")
    ] = False,
    out: Annotated[Path, typer.Option("--out", help="The folder for pictures and raw maps.")] = Path(
        "explained"
    ),
    seed: opt.Seed = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="A labels.txt for a model without class names.")
    ] = None,
    scaling: opt.Scaling = None,
    threads: opt.Threads = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Why the model says so: heat maps over images, with their raw values, and a check whether they are faithful."""
    from convonet.cli.given import present
    from convonet.cli.output import print_json
    from convonet.cli.testing import checked_scaling, one_of
    from convonet.cli.work import ask
    from convonet.inference.labels import read_labels
    from convonet.specs import ExplainTask
    from convonet.specs.explain_tasks import Method
    from convonet.workbench.models import model_path

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
    answer = ask(task, progress)
    explained = answer["explanations"]
    if json:
        print_json(answer)
    else:
        _print_explanations(answer)
    if explained and all("error" in one for one in explained):
        raise typer.Exit(1)


def _print_explanations(answer: dict[str, Any]) -> None:
    from convonet.cli.output import percent, print_table

    rows = [
        [one["path"], one["error"], None, None]
        if "error" in one
        else [
            one["path"],
            f"{one['predicted']} ({percent(one['confidence'])})",
            f"{one['class']} ({percent(one['probability'])})",
            one["files"]["picture"],
        ]
        for one in answer["explanations"]
    ]
    print_table(("image", "predicted", f"{answer['title']} for", "picture"), rows)
    for one in answer["explanations"]:
        if one.get("faithful"):
            typer.echo(f"{one['path']}: {one['faithful']['sentence']}")
    typer.echo(answer["folder"])
