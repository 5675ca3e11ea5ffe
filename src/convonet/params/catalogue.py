"""The catalogue of families as documents, for every face."""

from __future__ import annotations

from convonet.json_values import JsonObject
from convonet.params.bases import BASES
from convonet.params.families import FAMILIES, family_info
from convonet.params.fields import ParamValues, fields_of
from convonet.params.hyper_params import HyperParams


def models_document() -> JsonObject:
    """What `models` prints: families and pretrained backbones, each with a name."""
    return {
        "families": [
            {"name": f.name, "title": f.title, "description": f.description, "parameters": dict(f.defaults)}
            for f in FAMILIES.values()
        ],
        "bases": [base.to_dict() for base in BASES.values()],
    }


def family_document(name: str) -> JsonObject:
    """What `models NAME` prints: the family and the declaration of each of its parameters.

    For a backbone these are the parameters of the family `transfer`, with that backbone as their default.

    Raises:
        ParamError: there is no such family.
    """
    if name in BASES:
        return BASES[name].to_dict() | {"parameters": _parameters("transfer", {"base": name})}
    family = family_info(name)
    return {
        "name": family.name,
        "title": family.title,
        "description": family.description,
        "source": family.source,
        "parameters": _parameters(name, {}),
    }


def _parameters(family: str, own: ParamValues) -> list[JsonObject]:
    """The declaration of each parameter of a family with the family's default, or that of `own`."""
    declared, defaults = fields_of(HyperParams), family_info(family).defaults
    return [
        declared[name].to_dict() | {"default": own.get(name, default)} for name, default in defaults.items()
    ]
