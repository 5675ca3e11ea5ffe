"""`samples`, `inspect`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.atomic import check_place
from convonet.cli import options as opt
from convonet.cli.given import data_params
from convonet.cli.output import note, print_json, print_table, say
from convonet.data.inspection import Inspection, inspect_folder
from convonet.data.samples import write_samples
from convonet.text import counted


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(samples)
    app.command()(inspect)


def samples(
    name: Annotated[str, typer.Argument(help="digits, mnist, fashion_mnist, cifar10 or cifar100.")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder to create, with train and test folders in it.")
    ],
    json: opt.Json = False,
) -> None:
    """Write a sample data set as class folders. The digits are included; others are downloaded."""
    written = write_samples(name, folder)
    if json:
        print_json(written.to_dict())
    else:
        say(written.sentence())


def inspect(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="The images: a folder, or a CSV, TSV or .npz file.")
    ],
    test: Annotated[str | None, typer.Option("--test", help="Test images to check as well.")] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE.html", help="Also save the result as an HTML file."),
    ] = None,
    settings: opt.Set = None,
    json: opt.Json = False,
) -> None:
    """Check a set of images: classes, counts, sizes, skipped files, duplicates and leaks."""
    if report is not None:
        check_place(report)
    found = inspect_folder(folder, test=test, data=data_params(None, settings, train_dir=folder))
    if report is not None:
        # Loads Jinja2, which nothing else here needs.
        from convonet.reports.data_report import write_data_report

        note(f"Report: {write_data_report(found, report.resolve())}")
    if json:
        print_json(found)
    else:
        _print(found)


def _print(found: Inspection) -> None:
    test, quality = found.test, found.quality
    rows: list[list[Any]] = []
    for name, count in found.classes.items():
        rows.append([name, count] + ([test.classes.get(name)] if test else []))
    print_table(("class", "images") + (("test images",) if test else ()), rows)
    for side, extent in (("height", found.height), ("width", found.width)):
        say(f"{side} {extent.min} to {extent.max}, median {extent.median:g}")
    for path, reason in found.skipped[:20]:
        say(f"Skipped {path}: {reason}")
    if len(found.skipped) > 20:
        say(f"… and {counted(len(found.skipped) - 20, 'more skipped file')}")
    same = (
        f"Exact duplicates: {counted(len(found.exact_duplicates), 'group')}, {len(found.conflicts):,} of them in "
        "more than one class"
    )
    alike = f"Near duplicates: {counted(len(quality.near_duplicates), 'group')}"
    if test:
        same += f"; {counted(len(found.leaks), 'image is', 'images are')} in both training and test"
        looks = counted(len(found.near_leaks), "test image looks", "test images look")
        alike += f"; {looks} like a training image"
    say(same)
    say(alike)
    odd = {
        "Dark": quality.dark,
        "Bright": quality.bright,
        "Blurred": quality.blurred,
        "Unusual size": quality.odd_sized,
    }
    for title, paths in odd.items():
        if paths:
            more = f" and {len(paths) - 5} more" if len(paths) > 5 else ""
            say(f"{title}: {', '.join(paths[:5])}{more}")
    for warning in found.warnings:
        say(f"Note: {warning}")
