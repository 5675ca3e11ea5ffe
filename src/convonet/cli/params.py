"""`params new|show|check|set`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from convonet.cli import options as opt
from convonet.cli.given import data_params
from convonet.cli.output import print_json, print_table, say
from convonet.cli.paths import PathTyper
from convonet.errors import InputError
from convonet.params import (
    DataParams,
    HyperParams,
    SearchSpace,
    fields_of,
    kind_of,
    load_data,
    load_hyper,
    read_object,
    save_data,
    save_hyper,
    split_setting,
)
from convonet.params import preset as load_preset
from convonet.params.families import FAMILIES
from convonet.params.files import data_to_dict, hyper_to_dict
from convonet.params.values import ParamModel
from convonet.session.recipes import recipe_for

File = Annotated[Path, typer.Argument(help="A parameter file (JSON).")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = PathTyper(help="Create, show, check and change parameter files.", no_args_is_help=True)
    group.command()(new)
    group.command()(show)
    group.command()(check)
    group.command("set")(set_values)
    app.add_typer(group, name="params")


def new(
    kind: Annotated[str, typer.Argument(help="data or hyper.")],
    file: File,
    preset: Annotated[str | None, typer.Option("--preset", help="Start from this preset.")] = None,
    recipe: Annotated[
        opt.RecipeName | None,
        typer.Option(
            "--recipe", help="Choose hyperparameters that suit the images of --data or --train-dir."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    data: opt.DataFile = None,
    train_dir: opt.TrainDir = None,
    image_size: opt.ImageSize = None,
    channels: opt.Channels = None,
    json: opt.Json = False,
) -> None:
    """Write a new parameter file with defaults, or with the values of a preset or recipe."""
    if kind not in ("data", "hyper"):
        raise InputError("Unknown kind of parameters", expected="data or hyper", received=kind)
    if file.exists() and not force:
        raise InputError(
            "The file already exists",
            where=file,
            hint="Choose a different name, or replace the file with --force",
        )
    given = {"train_dir": train_dir, "image_size": image_size, "channels": channels}
    if recipe is not None:
        if kind == "data" or preset is not None:
            raise InputError(
                "A recipe is for hyperparameters only (kind hyper) and cannot be combined with a preset"
            )
        values = _recipe_values(recipe, data, given)
    # Images that are given and not looked at would be dropped without a word.
    elif data is not None or any(given.values()):
        raise InputError("Images are used only with a recipe", hint="Add --recipe fast")
    else:
        values = load_preset(kind, preset) if preset else {}  # type: ignore[arg-type]
    if kind == "data":
        # With empty entries for what a person fills in: the file is a form.
        save_data(file, DataParams.of(_EMPTY_DATA | values))
    else:
        save_hyper(file, SearchSpace.of(values or _first_hyper()))
    _tell_written(file, json)


_EMPTY_DATA: dict[str, Any] = {
    "num_classes": None,
    "train_dir": None,
    "test_dir": None,
    "image_size": None,
    "result_dir": None,
}


def _first_hyper() -> dict[str, Any]:
    """The contents of a new file: the parameters of the default family and those that are changed most often."""
    default = HyperParams()
    common = {name: getattr(default, name) for name in ("epochs", "batch_size", "decay_steps", "decay_rate")}
    first = {"family": default.family, "init_rate": default.rate, "momentum": default.momentum}
    return first | dict(FAMILIES[default.family].defaults) | common


def _recipe_values(recipe: opt.RecipeName, file: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    return recipe_for(recipe.value, data_params(file, **given))


def show(file: File, json: opt.Json = False) -> None:
    """Show the values of a parameter file, and the defaults for all others."""
    kind, value = _load(file)
    if json:
        print_json(_document(kind, value))
        return
    current, choices = _current(value)
    rows = []
    for name, field in fields_of(type(current)).items():
        shown = ", ".join(field.show(item) for item in choices.get(name, ()))
        # Some defaults depend on others, such as the family's rate, and have a text instead.
        default = field.default_text or field.show(field.default)
        rows.append([name, shown, default, field.label, field.expected_text()])
    print_table(("parameter", "value", "default", "meaning", "expected"), rows)


def check(file: File, json: opt.Json = False) -> None:
    """Check a parameter file and list all errors at once."""
    kind, value = _load(file)
    if json:
        # Always true: a faulty file has ended in an error that lists its faults. Scripts ask for the key.
        print_json({"kind": kind, "right": True} | _document(kind, value))
    else:
        say(f"{file}: {kind} parameters, no errors")


def set_values(
    file: File,
    settings: Annotated[
        list[str], typer.Argument(metavar="NAME=VALUE", help="A value to set; several values: A,B.")
    ],
    json: opt.Json = False,
) -> None:
    """Change values in a parameter file."""
    _, value = _load(file)
    if isinstance(value, SearchSpace):
        save_hyper(file, value.changed(dict(split_setting(s, fields_of(HyperParams)) for s in settings)))
    else:
        save_data(file, value.changed(**dict(_whole(setting) for setting in settings)))
    _tell_written(file, json)


def _tell_written(file: Path, json: bool) -> None:
    if json:
        print_json({"file": str(file)} | _document(*_load(file)))
    else:
        say(str(file))


def _whole(setting: str) -> tuple[str, str]:
    """Data parameters have one value each; a comma in a path is part of it."""
    name, _, text = setting.partition("=")
    return name.strip(), text


def _current(value: DataParams | SearchSpace) -> tuple[ParamModel, Mapping[str, Sequence[Any]]]:
    """The parameters for a single training run, and all values of the file by name."""
    if isinstance(value, DataParams):
        return value, {name: (item,) for name, item in value.set_values().items()}
    return value.first(), value.choices


def _load(file: Path) -> tuple[str, DataParams | SearchSpace]:
    kind = kind_of(read_object(file))
    return kind, load_data(file) if kind == "data" else load_hyper(file)


def _document(kind: str, value: Any) -> dict[str, Any]:
    values: dict[str, Any] = data_to_dict(value) if kind == "data" else hyper_to_dict(value)
    return {"kind": kind, "values": values}
