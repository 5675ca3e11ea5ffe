"""The catalogue of families as documents, for every face."""

from __future__ import annotations

from typing import Any

from convonet.params.bases import BASES
from convonet.params.families import FAMILIES, family_info
from convonet.params.fields import fields_of
from convonet.params.hyper_params import HyperParams


def models_document() -> dict[str, Any]:
    """What `models` prints: families and pretrained backbones, each with a name."""
    return {
        "families": [
            {"name": f.name, "title": f.title, "description": f.description, "parameters": dict(f.defaults)}
            for f in FAMILIES.values()
        ],
        "bases": [base.to_dict() for base in BASES.values()],
    }


def family_document(name: str) -> dict[str, Any]:
    """What `models NAME` prints: the family and the declaration of each of its parameters.

    For a backbone these are the parameters of the family `transfer`, with that backbone as their default.

    Raises:
        ParamError: there is no such family.
    """
    if name in BASES:
        parameters = family_document("transfer")["parameters"]
        for parameter in parameters:
            parameter["default"] = name if parameter["name"] == "base" else parameter["default"]
        return BASES[name].to_dict() | {"parameters": parameters}
    family = family_info(name)
    declared = fields_of(HyperParams)
    return {
        "name": family.name,
        "title": family.title,
        "description": family.description,
        "source": family.source,
        "parameters": [
            declared[name].to_dict() | {"default": default} for name, default in family.defaults.items()
        ],
    }
