"""What people read for a parameter and its values, in every table, figure and sentence.

The name (`init_rate`) is for files, options and code; the label (Learning rate) is for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convonet.params.bases import BASES
from convonet.params.data_params import DataParams
from convonet.params.families import FAMILIES
from convonet.params.fields import Field, fields_of
from convonet.params.hyper_params import HyperParams

_TITLED: dict[str, Mapping[str, Any]] = {"family": FAMILIES, "base": BASES}


def label_of(name: str) -> str:
    """The label of a parameter; `hyper.epochs` and `epochs` mean the same. Other names lose their underscores."""
    declared = _declared(name)
    return declared.label if declared is not None else name.rpartition(".")[2].replace("_", " ")


def named(name: str) -> str:
    """A parameter in advice for everyone, by its name in code and its label on the screen: `alpha (Transparency)`."""
    return f"{name} ({label_of(name)})"


def value_text(name: str, value: Any) -> str:
    """A value as people read it: networks and backbones by their titles, a dash where there is none."""
    if value is None:
        return "–"
    titled = _TITLED.get(name.rpartition(".")[2], {})
    if isinstance(value, str) and value in titled:
        return str(titled[value].title)
    declared = _declared(name)
    # A list of values that a search tries, rather than one value that is a list.
    if isinstance(value, (list, tuple)) and (declared is None or not declared.is_list):
        return ", ".join(value_text(name, each) for each in value)
    return declared.show(value) if declared is not None else str(value)


def settings_text(values: Mapping[str, Any]) -> str:
    """Parameters with their values in one line: `Learning rate 0.01, Units 64`."""
    return ", ".join(f"{label_of(name)} {value_text(name, value)}" for name, value in values.items())


def _declared(name: str) -> Field | None:
    plain = name.rpartition(".")[2]
    return fields_of(HyperParams).get(plain) or fields_of(DataParams).get(plain)
