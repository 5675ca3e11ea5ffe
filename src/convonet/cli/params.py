"""`params new|show|check|set`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from convonet.cli import options as opt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convonet.params import DataParams, SearchSpace
    from convonet.params.fields import ParamModel

File = Annotated[Path, typer.Argument(help="A parameter file (JSON).")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="Parameter files: make, show, check, change.", no_args_is_help=True)
    group.command()(new)
    group.command()(show)
    group.command()(check)
    group.command("set")(set_values)
    app.add_typer(group, name="params")


def new(
    kind: Annotated[str, typer.Argument(help="data or hyper.")],
    file: File,
    preset: Annotated[str | None, typer.Option("--preset", help="Start from a named preset.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    json: opt.Json = False,
) -> None:
    """Write a new parameter file with every parameter's default, or a preset's values."""
    from convonet.errors import InputError
    from convonet.params import (
        DataParams,
        HyperParams,
        SearchSpace,
        save_data,
        save_hyper,
    )
    from convonet.params import (
        preset as load_preset,
    )
    from convonet.params.families import FAMILIES

    if kind not in ("data", "hyper"):
        raise InputError("There is no such kind of parameters", expected="data or hyper", received=kind)
    if file.exists() and not force:
        raise InputError(
            "The file is there already", where=file, hint="Choose another name, or --force replaces it"
        )
    values = load_preset(kind, preset) if preset else None  # type: ignore[arg-type]
    if kind == "data":
        empty = {
            "num_classes": None,
            "train_dir": None,
            "test_dir": None,
            "image_size": 28,
            "result_dir": None,
        }
        save_data(file, DataParams.of(empty | (values or {})))
    else:
        default = HyperParams()
        own = dict(FAMILIES[default.family].defaults)
        common = {
            name: getattr(default, name) for name in ("epochs", "batch_size", "decay_steps", "decay_rate")
        }
        first = {"family": default.family, "init_rate": default.rate, "momentum": default.momentum}
        save_hyper(file, SearchSpace.of(values or first | own | common))
    _tell_written(file, json)


def show(file: File, json: opt.Json = False) -> None:
    """Show what a parameter file says, and what follows where it says nothing."""
    from convonet.cli.output import print_json, print_table
    from convonet.params import fields_of

    kind, value = _load(file)
    if json:
        print_json(_document(kind, value))
        return
    current, choices = _current(value)
    rows = []
    for name, field in fields_of(type(current)).items():
        shown = ", ".join(field.show(item) for item in choices.get(name, ()))
        default = field.default_text or field.show(field.default)
        rows.append([name, shown, default, field.label, field.expected_text()])
    print_table(("parameter", "value", "default", "meaning", "expected"), rows)


def check(file: File, json: opt.Json = False) -> None:
    """Check a parameter file; all faults are told at once."""
    from convonet.cli.output import print_json

    kind, value = _load(file)
    if json:
        print_json({"kind": kind, "right": True} | _document(kind, value))
    else:
        typer.echo(f"{file}: {kind} parameters, no fault")


def set_values(
    file: File,
    settings: Annotated[list[str], typer.Argument(help="NAME=VALUE; several values: A,B.")],
    json: opt.Json = False,
) -> None:
    """Change values in a parameter file; it is rewritten whole or not at all."""
    from convonet.params import (
        HyperParams,
        SearchSpace,
        fields_of,
        save_data,
        save_hyper,
        split_setting,
    )

    _, value = _load(file)
    if isinstance(value, SearchSpace):
        save_hyper(file, value.changed(dict(split_setting(s, fields_of(HyperParams)) for s in settings)))
    else:
        save_data(file, value.changed(**dict(_whole(setting) for setting in settings)))
    _tell_written(file, json)


def _tell_written(file: Path, json: bool) -> None:
    from convonet.cli.output import print_json

    if json:
        print_json({"file": str(file)} | _document(*_load(file)))
    else:
        typer.echo(str(file))


def _whole(setting: str) -> tuple[str, str]:
    """Data parameters have one value each; a comma in a path is part of it."""
    name, _, text = setting.partition("=")
    return name.strip(), text.strip()


def _current(value: DataParams | SearchSpace) -> tuple[ParamModel, Mapping[str, Sequence[Any]]]:
    """What the file means for a single training, and the values that it gives for each name."""
    from convonet.params import DataParams

    if isinstance(value, DataParams):
        return value, {name: (item,) for name, item in value.set_values().items()}
    return value.first(), value.choices


def _load(file: Path) -> tuple[str, DataParams | SearchSpace]:
    from convonet.params import kind_of, load_data, load_hyper, read_object

    kind = kind_of(read_object(file))
    return kind, load_data(file) if kind == "data" else load_hyper(file)


def _document(kind: str, value: Any) -> dict[str, Any]:
    from convonet.params.files import data_to_dict, hyper_to_dict

    values: dict[str, Any] = data_to_dict(value) if kind == "data" else hyper_to_dict(value)
    return {"kind": kind, "values": values}
