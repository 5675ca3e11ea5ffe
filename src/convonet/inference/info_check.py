"""What is wrong with a description that came out of a model file: every value is looked at before it is used."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any, get_args

from convonet.params.data_params import Alpha, Filter, Resize, Scaling

_MAX_SIDE = 65_536


def faults(values: Mapping[str, Any], outputs: tuple[str, ...]) -> list[str]:
    """What is wrong with the values of a description, a sentence's part each; empty where it is sound.

    Args:
        values: as they stand in the file, by the names of `ModelInfo`.
        outputs: what a network may give.
    """
    classes, positive = values["classes"], values.get("positive")
    found = [*_class_faults(classes), *_pixel_faults(values["pixels"])]
    known = {"scaling": get_args(Scaling), "output": outputs}
    found += [
        f"{name} {_shown(values[name])}, not one of {', '.join(allowed)}"
        for name, allowed in known.items()
        if name in values and not (isinstance(values[name], str) and values[name] in allowed)
    ]
    for name in ("mean", "deviation"):
        if not _is_numbers(values.get(name), above=0 if name == "deviation" else -math.inf):
            found.append(f"{name} {_shown(values[name])}, not a list of numbers")
    if values.get("scaling") == "standard" and None in (values.get("mean"), values.get("deviation")):
        found.append("scaling standard without mean and deviation")
    if not _is_number(values.get("temperature", 1.0), 0, math.inf):
        found.append(f"temperature {_shown(values['temperature'])}, not a number above 0")
    threshold = values.get("threshold")
    if threshold is not None and not _is_number(threshold, -math.inf, 1):
        found.append(f"threshold {_shown(threshold)}, not a number from 0 to 1")
    if positive is not None and positive not in classes:
        found.append(f"positive {_shown(positive)}, not one of the classes")
    if not isinstance(values.get("inside", True), bool):
        found.append(f"inside {_shown(values['inside'])}, not true or false")
    texts = ("family", "base", "keras_sha256", "made_by")
    found += [
        f"{name} {_shown(values[name])}, not a string"
        for name in texts
        if not isinstance(values.get(name), str | None)
    ]
    return found


def _class_faults(classes: Any) -> list[str]:
    if not isinstance(classes, list) or not all(isinstance(name, str) for name in classes):
        return ["class names that are not a list of strings"]
    empty = [index for index, name in enumerate(classes) if not name.strip()]
    twice = [name for name, count in Counter(classes).items() if count > 1]
    found = [f"class {empty[0]} without a name"] if empty else []
    found += [f"the class name {_shown(twice[0])} more than once"] if twice else []
    return found + (["only one class"] if len(classes) == 1 else [])


def _pixel_faults(pixels: Any) -> list[str]:
    if not isinstance(pixels, dict):
        return [f"pixels {_shown(pixels)}, not an object"]
    allowed = {"resize": get_args(Resize), "filter": get_args(Filter), "alpha": get_args(Alpha)}
    found = [
        f"{name} {_shown(pixels[name])}, not one of {', '.join(words)}"
        for name, words in allowed.items()
        if name in pixels and not (isinstance(pixels[name], str) and pixels[name] in words)
    ]
    for name in ("height", "width"):
        side = pixels.get(name)
        if type(side) is not int or not 0 < side <= _MAX_SIDE:
            found.append(f"{name} {_shown(side)}, not a whole number from 1 to {_MAX_SIDE}")
    top = pixels.get("float_top", 0)
    if type(top) is not int or top not in (0, 1, 255):
        found.append(f"float_top {_shown(top)}, not 0, 1 or 255")
    channels = pixels.get("channels")
    if type(channels) is not int or channels not in (1, 3):
        found.append(f"channels {_shown(channels)}, not 1 or 3")
    return found


def _is_numbers(value: Any, above: float) -> bool:
    if value is None:
        return True
    return (
        isinstance(value, list) and bool(value) and all(_is_number(item, above, math.inf) for item in value)
    )


def _is_number(value: Any, above: float, most: float) -> bool:
    # By exact type: true and false are numbers to Python.
    return type(value) in (int, float) and math.isfinite(value) and above < value <= most


def _shown(value: Any) -> str:
    # In ASCII and short: the text comes from a stranger's file and goes to a terminal.
    return ascii(value)[:60]
