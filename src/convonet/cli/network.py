"""`models`, `summary`, `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import options as opt
from convonet.cli.evaluating import checked_scaling
from convonet.cli.given import data_params, hyper_params
from convonet.cli.output import print_json, print_table, say
from convonet.cli.work import ask
from convonet.params import load_data
from convonet.params.catalogue import family_document, models_document
from convonet.session.models import model_path
from convonet.tasks import ExportTask, SummaryTask
from convonet.tasks.export_formats import export_format


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(models)
    app.command()(summary)
    app.command()(export)


def models(
    name: Annotated[
        str | None, typer.Argument(help="A family or a backbone: its parameters are shown.")
    ] = None,
    json: opt.Json = False,
) -> None:
    """The families of networks and the pretrained backbones."""
    if name is not None:
        document = family_document(name)
        if json:
            print_json(document)
            return
        say(f"{document['title']}: {document['description']} (Source: {document['source']}.)")
        rows = [[p["name"], p["label"], p["default"], p["expected"]] for p in document["parameters"]]
        print_table(("parameter", "meaning", "default", "expected"), rows)
        return
    document = models_document()
    if json:
        print_json(document)
        return
    print_table(("family", "what it is"), [[f["name"], f["description"]] for f in document["families"]])
    if document["bases"]:
        print_table(("backbone", "what it is"), [[b["name"], b["description"]] for b in document["bases"]])


def summary(
    model: Annotated[
        str | None, typer.Argument(help="A saved model; else the parameters describe it.")
    ] = None,
    hyper: opt.HyperFile = None,
    data: opt.DataFile = None,
    settings: opt.Set = None,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.png", help="Draw the network into this picture.")
    ] = None,
    json: opt.Json = False,
) -> None:
    """The layer table: shapes, parameters, receptive field, multiply-adds."""
    drawing = str(out.resolve()) if out else None
    if model is not None:
        task = SummaryTask(model=str(model_path(model)), out=drawing)
    else:
        given = data_params(data, settings, train_dir=train_dir, image_size=image_size, channels=channels)
        task = SummaryTask(data=given, hyper=hyper_params(hyper, settings), out=drawing)
    document = ask(task)
    text = document.pop("text")
    if json:
        print_json(document)
    else:
        say(text)


def export(
    model: Annotated[str, typer.Argument(help="A run's folder or id, or a .keras file.")],
    format: Annotated[
        str, typer.Option("--format", help="onnx, folder, openvino, litert or torch.")
    ] = "onnx",
    out: Annotated[Path | None, typer.Option("--out", help="The file or folder to write.")] = None,
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="FILE", help="Whose images check the export; else those of the run."),
    ] = None,
    scaling: opt.Scaling = None,
    json: opt.Json = False,
) -> None:
    """Write a model in another format, checked image by image against keras."""
    export_format(format)
    answer = ask(
        ExportTask(
            model=str(model_path(model)),
            format=format,
            out=str(out.resolve()) if out else None,
            data=load_data(data).anchored() if data else None,
            scaling=checked_scaling(scaling),
        )
    )
    if json:
        print_json(answer)
        return
    images = f"{answer['images']} images ({answer['samples']})" if answer["images"] else "made-up images"
    difference = f"largest difference from keras {answer['largest_difference']:.1e} over {images}"
    say(f"{answer['path']} ({difference})")
