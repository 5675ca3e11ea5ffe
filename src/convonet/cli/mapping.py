"""`map` and `similar`: images laid out by similarity, and those that look like one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from convonet.cli import completion
from convonet.cli import options as opt
from convonet.cli.evaluating import one_of
from convonet.cli.given import data_params, one_image
from convonet.cli.output import print_json, print_table, say
from convonet.cli.work import ask
from convonet.documents.image_map import ImageMap, SimilarImages
from convonet.errors import InputError, RunNotFoundError
from convonet.runs import RECORD, Run, RunStore
from convonet.session.models import model_path
from convonet.tasks import MapTask, SimilarTask, Split, TrainTask
from convonet.text import counted, local_path

_IMAGES = "a folder such as photos/, a run, or --data FILE"


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command(name="map")(image_map)
    app.command()(similar)


def image_map(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="DIR|RUN",
            help="A folder of images with one folder per class, or a run, to map its images and predictions.",
        ),
    ] = None,
    data: opt.DataFile = None,
    split: Annotated[
        str | None,
        typer.Option("--split", help="Which split of --data or of the run to map: test, val or train."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="A run or model file whose predictions the map shows.",
            autocompletion=completion.models,
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for map.csv and map.png.")] = Path(
        "map"
    ),
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same map.")] = 0,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Draw a map that places similar images close together, and list outliers and suspicious labels."""
    target = str(Path(local_path(str(out))).resolve())
    task = map_task(source, data, split, model).changed(out=target, seed=seed)
    answer = ImageMap.of(ask(task, progress))
    if json:
        print_json(answer.to_dict())
        return
    say(
        f"{answer.images:,} of {counted(answer.total, 'image')}, {counted(len(answer.classes), 'class', 'classes')}"
    )
    if len(answer.classes) > 1:
        closer = counted(answer.likely_wrong, "image is", "images are")
        own, them = ("its own", "it") if answer.likely_wrong == 1 else ("their own", "them")
        listed = f"; the table lists {them} first" if answer.likely_wrong else ""
        say(f"{closer} closer to a different class than to {own}{listed}")
    if answer.predicted is not None:
        wrong = sum(label != said for label, said in zip(answer.labels, answer.predicted, strict=True))
        say(f"{counted(wrong, 'image is', 'images are')} misclassified")
    say(f"Files: {target}")


def similar(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="Any image file.")],
    folder: Annotated[
        str | None,
        typer.Argument(metavar="DIR", help="Folder of images to search, with one folder per class."),
    ] = None,
    data: opt.DataFile = None,
    split: Annotated[
        str, typer.Option("--split", help="Which split of --data to search: test, val or train.")
    ] = "train",
    top: Annotated[int, typer.Option("--top", min=1, max=1000, help="Number of images to find.")] = 12,
    json: opt.Json = False,
    progress: opt.Progress = opt.ProgressStyle.AUTO,
) -> None:
    """Find the images in a data set that look most like a given image."""
    given = one_image(image)
    where = None if folder is None else Path(local_path(folder)).resolve()
    task = SimilarTask(image=str(given), split=one_of("--split", split, Split), top=top)
    if where is not None and where.is_dir() and data is None:
        task = task.changed(folder=str(where))
    else:
        task = task.changed(
            data=data_params(data, folder=folder, expected="a folder such as photos/, or --data FILE")
        )
    answer = SimilarImages.of(ask(task, progress))
    if json:
        print_json(answer.to_dict())
        return
    rows = [(item.path, item.class_, f"{item.similarity:.3f}") for item in answer.similar]
    print_table(("image", "class", "similarity"), rows)


def map_task(source: str | None, data: Path | None, split: str | None, model: str | None) -> MapTask:
    """The task that the arguments describe.

    Raises:
        InputError: no images are named, or no such folder, run or set.
    """
    folder = None if source is None else Path(local_path(source)).resolve()
    chosen = None if split is None else one_of("--split", split, Split)
    if source is not None and folder is not None and (is_run(folder) or not folder.exists()):
        run = _run(source)
        task = run.task()
        known = task.data if isinstance(task, TrainTask) else None
        return MapTask(
            data=data_params(data, known=known, expected=_IMAGES),
            split=chosen or "test",
            model=model or str(run.path),
        )
    if folder is not None and folder.is_dir() and data is None and chosen is None and model is None:
        return MapTask(folder=str(folder))
    values = data_params(data, folder=None if folder is None else str(folder), expected=_IMAGES)
    wanted: Split = chosen or ("train" if model is None else "test")
    return MapTask(data=values, split=wanted, model=None if model is None else str(model_path(model)))


def is_run(folder: Path) -> bool:
    """Whether a folder is that of a run."""
    return (folder / RECORD).is_file()


def _run(source: str) -> Run:
    try:
        return RunStore(Path("runs")).find(source)
    except RunNotFoundError as error:
        raise InputError(
            "There is no such folder or run",
            where=source,
            expected="a folder of images, or a run's folder or id",
        ) from error
