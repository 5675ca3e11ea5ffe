"""Writes the pages that are made from the code: `make generate`.

`errors.md` and `http.md` are made for the site alone; the others are committed, and a test compares them with the code.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from convonet.cli.app import command_tree
from convonet.cli.paths import argument_name
from convonet.params import FAMILIES, DataParams, HyperParams, fields_of, preset_names
from convonet.params.values import ParamModel

DOCS = Path(__file__).parent
_NOTE = "<!-- Made by `make generate` from the code; a test compares the two. -->\n"


def parameters_page() -> str:
    """Every parameter as it is declared, and every family's own defaults."""
    parts = [_NOTE, "# Parameters\n"]
    parts.append(
        "Parameters have the same names in JSON files, with `--set NAME=VALUE`, and in Python. The window and the web\n"
        "page show a label for each parameter, and their search also finds its name. Lists of values are for tuning.\n"
        "If a hyperparameter file contains them, a single training run uses the first value; in `--set` and in a\n"
        "Python dictionary, `train` rejects them.\n"
    )
    titles: tuple[tuple[str, type[ParamModel]], ...] = (
        ("Data parameters", DataParams),
        ("Hyperparameters", HyperParams),
    )
    for title, model in titles:
        parts.append(f"## {title}\n")
        parts.append("| name | meaning | expected | default | tunable |\n|---|---|---|---|---|")
        for field in fields_of(model).values():
            default = field.default_text or field.show(field.default)
            parts.append(
                f"| `{field.name}` | {_cell(field.help)} | {_cell(field.expected_text())} | {_cell(default)} "
                f"| {'yes' if field.tunable else ''} |"
            )
        parts.append("")
    parts.append("## Parameters of each network\n")
    parts.append("| family | network | parameters and defaults |\n|---|---|---|")
    declared = fields_of(HyperParams)
    for family in FAMILIES.values():
        own = ", ".join(
            f"`{name}` {declared[name].show(value) or '–'}" for name, value in family.defaults.items()
        )
        parts.append(f"| `{family.name}` | {_cell(family.description)} | {own or '–'} |")
    parts.append("\n## Presets\n")
    for kind in ("data", "hyper"):
        names = ", ".join(f"`{name}`" for name in preset_names(kind))  # type: ignore[arg-type]
        parts.append(f"`convonet params new {kind} FILE --preset NAME`: {names}.\n")
    return "\n".join(parts)


def command_page() -> str:
    """Every command with its arguments and options."""
    parts = [_NOTE, "# The command line\n"]
    parts.append(
        "With `--json`, commands write one JSON document to standard output and nothing else. Progress goes to "
        "standard\nerror; with `--progress jsonl`, each event is one line of JSON. `convonet --debug …` shows where "
        "an error\noccurs. `man convonet` shows this page in a terminal.\n\n"
        "| exit code | meaning |\n|---|---|\n"
        "| 0 | done |\n"
        "| 1 | the work failed; `predict` did not find some of the given files; "
        "`predict` or `explain` could read none of the images; "
        "training on one of the data sets of `many` failed; `verify` found a difference; `doctor` found that something "
        "is missing |\n"
        "| 2 | wrong usage; input that is invalid or does not exist; an export that failed its check |\n"
        "| 130 | stopped; a checkpoint is kept, and `convonet resume` continues the run |\n"
    )
    for name, command in _commands(command_tree(), "convonet"):
        parts.append(f"## `{name}`\n\n{(command.help or '').strip()}\n")
        rows = [
            f"| {_names(p)} | {_cell(getattr(p, 'help', None) or '')} |"
            for p in command.params
            if p.name != "help"
        ]
        if rows:
            parts.append("| argument | meaning |\n|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for child in children:
        yield from _commands(children[child], f"{name} {child}")


def _names(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{_cell(argument_name(param))}`"
    # A help text may refer to the names of its values, such as FP and FN.
    value = f" {param.metavar}" if param.metavar else ""
    return ", ".join(f"`{_cell(option + value)}`" for option in [*param.opts, *param.secondary_opts])


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _page_of(module: str, note: str = _NOTE) -> str:
    """A page of a script beside this one, whose page function has the script's name."""
    page: str = getattr(_script(module), module)()
    return note + page


def _stub_of(room: str) -> str:
    """The names of a package that loads its modules when they are first used."""
    stub: str = _script("name_stubs").name_stub(room)
    return stub


def _script(module: str) -> ModuleType:
    # This script may be loaded by its path, without its folder among those of imports.
    if str(DOCS) not in sys.path:
        sys.path.insert(0, str(DOCS))
    return importlib.import_module(module)


PAGES = {
    "parameters.md": parameters_page,
    "command-line.md": command_page,
    "python.md": partial(_page_of, "python_page"),
    "../packaging/linux/convonet.1": partial(_page_of, "man_page", ""),
    "../src/convonet/documents/__init__.pyi": partial(_stub_of, "documents"),
    "../src/convonet/tasks/__init__.pyi": partial(_stub_of, "tasks"),
}
SITE_PAGES = {"errors.md": partial(_page_of, "errors_page"), "http.md": partial(_page_of, "http_page")}


def main() -> int:
    """Write the pages."""
    for name, page in (PAGES | SITE_PAGES).items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
