"""Parameters: declared once, checked in one place, kept in files that outlive a version."""

from convonet.params.data_params import DataParams, PixelParams, pixel_params
from convonet.params.families import FAMILIES, FamilyInfo, family_info
from convonet.params.fields import Field, fields_of
from convonet.params.files import (
    kind_of,
    load_data,
    load_hyper,
    preset,
    preset_names,
    read_object,
    save_data,
    save_hyper,
)
from convonet.params.hyper_params import HyperParams
from convonet.params.ranges import ListRange, Range
from convonet.params.search_space import SearchSpace
from convonet.params.space_values import split_setting

__all__ = [
    "FAMILIES",
    "DataParams",
    "FamilyInfo",
    "Field",
    "HyperParams",
    "ListRange",
    "PixelParams",
    "Range",
    "SearchSpace",
    "family_info",
    "fields_of",
    "kind_of",
    "load_data",
    "load_hyper",
    "pixel_params",
    "preset",
    "preset_names",
    "read_object",
    "save_data",
    "save_hyper",
    "split_setting",
]
