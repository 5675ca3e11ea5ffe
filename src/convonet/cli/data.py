"""`samples`, `inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.cli import options as opt
from convonet.cli.given import data_params
from convonet.cli.output import note, print_json, print_table, say
from convonet.data.inspection import inspect_folder
from convonet.data.samples import write_samples
from convonet.reports.data_report import write_data_report


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(samples)
    app.command()(inspect)


def samples(
    name: Annotated[str, typer.Argument(help="digits, mnist, fashion_mnist, cifar10 or cifar100.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the class folders go.")],
    json: opt.Json = False,
) -> None:
    """Write a sample set as class folders. Only digits needs no download."""
    written = write_samples(name, folder)
    if json:
        print_json(written.to_dict())
    else:
        say(written.sentence())


def inspect(
    folder: Annotated[str, typer.Argument(metavar="DIR", help="A folder of class folders.")],
    test: Annotated[str | None, typer.Option("--test", help="Test images to look at beside it.")] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.html", help="Also write it as one HTML file.")
    ] = None,
    settings: opt.Set = None,
    json: opt.Json = False,
) -> None:
    """Look at a set: classes, counts, sizes, what is skipped, doubles and leaks."""
    found = inspect_folder(folder, test=test, data=data_params(None, settings, train_dir=folder))
    if report is not None:
        note(f"Report: {write_data_report(found, report.resolve())}")
    document = found.to_dict()
    if json:
        print_json(document)
    else:
        _print(document)


def _print(document: dict[str, Any]) -> None:
    test = document.get("test")
    rows: list[list[Any]] = []
    for name, count in document["classes"].items():
        rows.append([name, count] + ([test["classes"].get(name)] if test else []))
    print_table(("class", "images") + (("test images",) if test else ()), rows)
    sizes = document["sizes"]
    for side in ("height", "width"):
        values = sizes[side]
        if values:
            say(f"{side} {values['min']} to {values['max']}, median {values['median']:g}")
    for item in document["skipped"][:20]:
        say(f"Skipped {item['path']}: {item['reason']}")
    if len(document["skipped"]) > 20:
        say(f"… and {len(document['skipped']) - 20} more skipped files")
    say(
        f"{len(document['exact_duplicates'])} groups of equal images, {len(document['conflicts'])} of them under "
        f"two classes, {len(document['leaks'])} images in both training and test"
    )
    say(
        f"{len(document['near_duplicates'])} groups of images that look the same, {len(document['near_leaks'])} such "
        "images in both training and test"
    )
    for name in ("dark", "bright", "blurred", "odd_sized"):
        if found := document[name]:
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            say(f"{name.replace('_', '-').capitalize()}: {', '.join(found[:5])}{more}")
    for warning in document["warnings"]:
        say(f"Note: {warning}")
