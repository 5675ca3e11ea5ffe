"""`models`, `summary`, `export`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.evaluating import checked_scaling
from convonet.cli.given import data_params, hyper_params
from convonet.cli.output import percent, print_json, print_table, say
from convonet.cli.work import ask
from convonet.documents.evaluation import SPLIT_TITLES
from convonet.documents.exports import ExportDocument, Int8Export
from convonet.documents.network import SummaryDocument
from convonet.errors import ParamError
from convonet.params import FAMILIES, HyperParams, fields_of, load_data
from convonet.params.bases import BASES
from convonet.params.catalogue import family_document, models_document
from convonet.params.families import family_info
from convonet.session.models import model_path
from convonet.tasks import ExportTask, SummaryTask
from convonet.tasks.export_formats import EXPORT_FORMATS, export_format
from convonet.text import counted


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(models)
    app.command()(summary)
    app.command()(export)


def models(
    name: Annotated[
        str | None,
        typer.Argument(
            help="Show the parameters of this family or backbone.", autocompletion=completion.families
        ),
    ] = None,
    json: opt.Json = False,
) -> None:
    """List the families of networks and the pretrained backbones."""
    if json:
        print_json(models_document() if name is None else family_document(name))
    elif name is not None:
        _print_family(name)
    else:
        print_table(("family", "description"), [[one.name, one.description] for one in FAMILIES.values()])
        print_table(("backbone", "description"), [[one.name, one.description] for one in BASES.values()])


def _print_family(name: str) -> None:
    """A family or backbone with its parameters; a backbone has those of the family `transfer`."""
    base = BASES.get(name)
    family = family_info(name if base is None else "transfer")
    shown = base or family
    say(f"{shown.title}: {shown.description} (Source: {shown.source}.)")
    declared = fields_of(HyperParams)
    defaults = dict(family.defaults) | ({} if base is None else {"base": name})
    rows = [
        [key, declared[key].label, default, declared[key].expected_text()]
        for key, default in defaults.items()
    ]
    print_table(("parameter", "meaning", "default", "expected"), rows)


def summary(
    model: Annotated[
        str | None,
        typer.Argument(
            help="A run's folder or id, or a .keras or .h5 file. Default: the network that the parameters describe."
        ),
    ] = None,
    hyper: opt.HyperFile = None,
    data: opt.DataFile = None,
    settings: opt.Set = None,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.png", help="Draw the network as a picture (PNG).")
    ] = None,
    json: opt.Json = False,
) -> None:
    """Show the layer table: shapes, parameters, receptive fields, multiply-adds."""
    # A worker runs in a folder of its own, where a relative path would mean another file.
    drawing = str(out.resolve()) if out else None
    if model is not None:
        task = SummaryTask(model=str(model_path(model)), out=drawing)
    else:
        given = data_params(
            data,
            settings,
            expected="a model, --train-dir DIR, or --data FILE",
            train_dir=train_dir,
            image_size=image_size,
            channels=channels,
        )
        task = SummaryTask(data=given, hyper=hyper_params(hyper, settings), out=drawing)
    document = SummaryDocument.of(ask(task))
    if json:
        print_json(document.table())
    else:
        say(document.text)


def export(
    model: Annotated[
        str,
        typer.Argument(
            help="A run's folder or id, or a .keras or .h5 file.", autocompletion=completion.models
        ),
    ],
    format: Annotated[
        str,
        typer.Option(
            "--format", help=f"One of {', '.join(EXPORT_FORMATS)}.", autocompletion=completion.formats
        ),
    ] = "onnx",
    out: Annotated[Path | None, typer.Option("--out", help="File or folder to write.")] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Data parameters of the images used to check the export. Default: those of the model's run.",
        ),
    ] = None,
    scaling: opt.Scaling = None,
    fetch: Annotated[
        bool,
        typer.Option(
            "--fetch", help="For web: download ONNX Runtime Web with npm if it is not on this machine."
        ),
    ] = False,
    runtime: Annotated[
        Path | None,
        typer.Option("--runtime", help="For web: use this onnxruntime-web package (.tgz) or folder."),
    ] = None,
    unchecked: Annotated[
        bool,
        typer.Option("--unchecked", help="For web: export even if there is no browser to check the page."),
    ] = False,
    max_loss: Annotated[
        str | None,
        typer.Option(
            "--max-loss",
            metavar="DROP",
            help="For onnx-int8: largest acceptable drop in accuracy, as a percentage or a fraction: 0.5% or 0.005 "
            "accepts 98.0% instead of 98.5%. Default: 1%.",
        ),
    ] = None,
    json: opt.Json = False,
) -> None:
    """Export a model to another format, and compare its predictions with those of the original."""
    task = ExportTask(
        model=str(model_path(model)),
        format=format,
        out=str(out.resolve()) if out else None,
        data=load_data(data).anchored() if data else None,
        scaling=checked_scaling(scaling),
        fetch=fetch,
        runtime=str(runtime.resolve()) if runtime else None,
        unchecked=unchecked,
        max_loss=_fraction("max_loss", max_loss),
    )
    # Refused before a worker starts: an unknown format, or an option that the format does not have.
    export_format(format, task.options)
    if task.format == "onnx-int8":
        small = Int8Export.of(ask(task))
        lines = [small.path, *_beside_float(small)]
        print_json(small) if json else say("\n".join(lines))
        return
    answer = ExportDocument.of(ask(task))
    if json:
        print_json(answer)
    else:
        say(f"{answer.path} ({_compared(answer)})")


def _fraction(name: str, text: str | None) -> float | None:
    """A fraction typed as 0.5% or 0.005."""
    if text is None:
        return None
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        sentence = f"{name}: expected a fraction such as 0.5% or 0.005, received {text!r}"
        raise ParamError.of({name: sentence}) from error


def _beside_float(answer: Int8Export) -> Iterator[str]:
    """Print size, speed and accuracy in 8 bits and in floating point."""
    whole, small = answer.float_, answer.int8
    yield f"Size: {small.bytes / 2**20:.2f} MiB ({whole.bytes / 2**20:.2f} MiB in floating point)"
    for size, speed in small.images_per_second.items():
        before = whole.images_per_second[size]
        yield (
            f"Speed with {counted(int(size), 'image', 'images')} at a time: {speed:,.0f} images/s "
            f"({before:,.0f} in floating point, {speed / before:.1f}×)"
        )
    low, high = answer.accuracy_loss_interval
    yield (
        f"Accuracy on {counted(answer.images, f'{SPLIT_TITLES[answer.split]} image')}: {percent(small.accuracy)} "
        f"({percent(whole.accuracy)} in floating point); drop {100 * answer.accuracy_loss:.1f} percentage "
        f"points (95% CI {100 * low:.1f} to {100 * high:.1f})"
    )


def _compared(answer: ExportDocument) -> str:
    """How close the export is to the original network."""
    images = f"{counted(answer.images, 'image')} ({answer.samples})" if answer.images else "synthetic images"
    text = f"largest difference from Keras {answer.largest_difference:.1e} over {images}"
    if answer.golden_samples is None:
        return text
    browser = answer.browser
    return (
        f"{text}, {answer.golden_samples} of them checked in {browser}"
        if browser
        else f"{text}, not checked in a browser"
    )
