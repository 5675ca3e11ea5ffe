"""`sort`: unsorted images become a label table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import options as opt
from convonet.cli.output import percent, print_json, say
from convonet.cli.work import ask
from convonet.csv_files import write_csv
from convonet.errors import InputError
from convonet.sorting import NONE, SKIP, SortSession
from convonet.sorting.opening import open_sorting, read_sorting
from convonet.tasks import FeaturesTask
from convonet.text import counted, local_path


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(sort)


def sort(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder with the images.")],
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Images to label with --label.")
    ] = None,
    classes: Annotated[
        str | None, typer.Option("--classes", metavar="A,B,…", help="Names of the classes.")
    ] = None,
    label: Annotated[
        str | None,
        typer.Option("--label", metavar="CLASS", help=f"Label for these images: a class, {NONE} or {SKIP}."),
    ] = None,
    accept_above: Annotated[
        float | None,
        typer.Option(
            "--accept-above", min=0, max=1, help="Accept suggestions with at least this confidence."
        ),
    ] = None,
    from_folders: Annotated[
        bool,
        typer.Option("--from-folders", help="Use the name of each image's folder as its label."),
    ] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Undo the last step.")] = False,
    suggestions: Annotated[
        Path | None, typer.Option("--suggestions", metavar="FILE", help="Write the suggestions as CSV.")
    ] = None,
    doubts: Annotated[
        Path | None, typer.Option("--doubts", metavar="FILE", help="Write the suspicious labels as CSV.")
    ] = None,
    copy_to: Annotated[
        Path | None, typer.Option("--copy-to", metavar="DIR", help="Copy labeled images into class folders.")
    ] = None,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Label images with the help of suggestions learned from a few labels, and write a label table."""
    session = open_session(Path(local_path(str(folder))).resolve(), progress)
    if classes is not None:
        session.name_classes(classes.split(","))
    if (label is None) != (not paths):
        raise InputError("--label needs a class and images", expected="--label CLASS PATH …")
    if undo:
        session.undo()
    if from_folders:
        session.take_folders()
    if label is not None and paths:
        session.label(paths, label)
    if accept_above is not None:
        session.accept_above(accept_above)
    if suggestions is not None:
        _write(suggestions, session)
    if doubts is not None:
        labels, found = session.labels(), session.doubts()
        rows = ((path, labels[path], *suggested) for path, suggested in found.items())
        write_csv(doubts, ("path", "label", "suggestion", "confidence"), rows)
    copied = None if copy_to is None else session.copy_class_folders(copy_to)
    if json:
        print_json(session.state() | ({} if copied is None else {"copied": copied}))
    else:
        _print(session, copied)


def open_session(folder: Path, progress: str) -> SortSession:
    """The sorting of a folder; a worker computes missing features."""
    session = open_sorting(folder)
    if session is None:
        ask(FeaturesTask(folder=str(folder)), progress)
        session = read_sorting(folder)
    return session


def _write(file: Path, session: SortSession) -> None:
    found = sorted(session.suggestions().items(), key=lambda item: item[1][1])
    write_csv(file, ("path", "suggestion", "confidence"), ((path, *suggested) for path, suggested in found))


def _print(session: SortSession, copied: int | None) -> None:
    state = session.state()
    after = f" after {counted(state['presses'], 'step')}" if state["presses"] else ""
    say(f"{state['left']:,} of {counted(state['images'], 'image')} left{after}")
    for each in state["classes"]:
        say(f"  {each['class']}: {each['labelled']:,}")
    for name, title in ((NONE, "None of these"), (SKIP, "Skipped")):
        if state[name]:
            say(f"  {title}: {state[name]:,}")
    if copied is not None:
        say(f"{counted(copied, 'image')} copied")
    found = session.suggestions()
    if found:
        path, (name, share) = min(found.items(), key=lambda item: item[1][1])
        say(f"Least certain: {path} ({name}, {percent(share)})")
    elif state["left"]:
        say("To get suggestions for the others, label images of at least two classes")
    say(f"Label table: {session.write_table()}")
