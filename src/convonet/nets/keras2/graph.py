"""The network of a Keras 2 configuration, built anew: sequential and functional, one inside the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from convonet.nets.backend import keras
from convonet.nets.keras2.layers import Unreadable, kind_of, make_layer, sides

_NETWORKS = ("Sequential", "Functional", "Model")
_MAX_DEPTH = 20


class Leaf(NamedTuple):
    """One layer of the network that was built.

    Attributes:
        layer: of Keras 3.
        kind: the name of its class in Keras 2.
        path: the names of the networks that it lies in, from the outside, and its own, as they stand in the file.
        positions: its position among the layers of each of these networks, in the words of the `.keras` format.
    """

    layer: Any
    kind: str
    path: tuple[str, ...]
    positions: tuple[str, ...]


def build(config: Mapping[str, Any]) -> tuple[keras.Model, list[Leaf]]:
    """The network without its weights, and its layers in the order of the file.

    Raises:
        Unreadable: something that is not read.
    """
    leaves: list[Leaf] = []
    try:
        return _network(config, (), (), leaves), leaves
    except Unreadable:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise Unreadable(f"layers that Keras cannot connect: {lines[0][:200]}") from error


def _network(
    part: Mapping[str, Any], path: tuple[str, ...], positions: tuple[str, ...], leaves: list[Leaf]
) -> keras.Model:
    # A sentence instead of the end of Python's stack.
    if len(path) > _MAX_DEPTH:
        raise Unreadable(f"networks nested more than {_MAX_DEPTH} levels deep")
    config = part.get("config")
    if isinstance(config, list):  # as Keras before 2.2.3 wrote a sequential network
        config = {"layers": config}
    if not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
        raise Unreadable("a network without a list of layers")
    build_one = _sequential if part.get("class_name") == "Sequential" else _functional
    return build_one(part, config, path, positions, leaves)


def _parts(config: Mapping[str, Any], positions: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """The layers of a network, each with its position as the `.keras` format counts it: by class."""
    counts: dict[str, int] = {}
    for part in config["layers"]:
        if not isinstance(part, Mapping) or not isinstance(part.get("class_name"), str):
            raise Unreadable("a layer without a class")
        word = _snake(part["class_name"])
        number = counts.get(word, 0)
        counts[word] = number + 1
        yield part, (*positions, f"{word}_{number}" if number else word)


def _snake(name: str) -> str:
    """`MaxPooling2D` as `max_pooling2d`, as Keras names classes in files."""
    words: list[str] = []
    for i, letter in enumerate(name):
        after = name[i + 1 : i + 2]
        starts = letter.isupper() and i and (name[i - 1].islower() or (after.islower()))
        words.append(f"_{letter}" if starts else letter)
    return "".join(words).lower()


def _layer(
    part: Mapping[str, Any], path: tuple[str, ...], positions: tuple[str, ...], leaves: list[Leaf]
) -> Any:
    """A layer or a nested network, made but not yet connected."""
    name, config = part["class_name"], part.get("config")
    registered = part.get("registered_name")
    # A layer of the same name by somebody else may compute anything.
    if registered not in (None, name):
        raise Unreadable(f"a custom layer, {str(registered)[:60]}")
    own = config.get("name", "") if isinstance(config, Mapping) else ""
    if name in _NETWORKS:
        return _network(part, (*path, str(own)), positions, leaves)
    if not isinstance(config, Mapping):
        raise Unreadable(f"a layer of type {name} without a configuration")
    kind = kind_of(name)
    layer = make_layer(kind, config)
    leaves.append(Leaf(layer, kind, (*path, str(own)), positions))
    return layer


def _sequential(
    part: Mapping[str, Any],
    config: Mapping[str, Any],
    path: tuple[str, ...],
    positions: tuple[str, ...],
    leaves: list[Leaf],
) -> keras.Model:
    layers: list[Any] = []
    shape = None
    for item, own_positions in _parts(config, positions):
        if item["class_name"] == "InputLayer":
            shape = shape or _input_shape(item)
            continue
        layer = _layer(item, path, own_positions, leaves)
        if shape is None and not layers:
            shape = (
                layer.input_shape[1:] if isinstance(layer, keras.Model) else _told_shape(item, config, part)
            )
        layers.append(layer)
    if not layers or shape is None:
        raise Unreadable("a sequential network that does not specify the size of its images")
    return keras.Sequential([keras.Input(shape), *layers], name=_name(config))


def _told_shape(*parts: Mapping[str, Any]) -> tuple[int | None, ...] | None:
    """The input's shape, which Keras 2 wrote with the first layer or with the network."""
    first = parts[0].get("config")
    built = [part.get("build_config") or {} for part in parts]
    shapes = [first.get("batch_input_shape") if isinstance(first, Mapping) else None]
    shapes += [part.get("build_input_shape") for part in parts]
    shapes += [one.get("input_shape") for one in built if isinstance(one, Mapping)]
    return next((sides(shape) for shape in shapes if shape is not None), None)


def _input_shape(part: Mapping[str, Any]) -> tuple[int | None, ...]:
    config = part.get("config")
    if not isinstance(config, Mapping):
        raise Unreadable("an input without a configuration")
    return sides(config.get("batch_input_shape") or config.get("batch_shape"))


def _functional(
    part: Mapping[str, Any],
    config: Mapping[str, Any],
    path: tuple[str, ...],
    positions: tuple[str, ...],
    leaves: list[Leaf],
) -> keras.Model:
    tensors: dict[tuple[str, int], Any] = {}
    calls: list[tuple[str, Any, int, list[tuple[str, int]]]] = []
    for item, own_positions in _parts(config, positions):
        name = item.get("name") or (item.get("config") or {}).get("name")
        if not isinstance(name, str):
            raise Unreadable("a layer without a name")
        if item["class_name"] == "InputLayer":
            tensors[name, 0] = keras.Input(_input_shape(item), name=name.replace("/", "_"))
            continue
        layer = _layer(item, path, own_positions, leaves)
        nodes = item.get("inbound_nodes")
        if not isinstance(nodes, list) or not nodes:
            raise Unreadable(f"the layer {name}, which has no input")
        calls += [(name, layer, number, _sources(name, node)) for number, node in enumerate(nodes)]
    _connect(calls, tensors)
    inputs, outputs = (_ends(config.get(key)) for key in ("input_layers", "output_layers"))
    missing = [end for end in (*inputs, *outputs) if end not in tensors]
    if missing or not inputs or not outputs:
        raise Unreadable("a network whose inputs and outputs are not among its layers")
    one_or_more = [[tensors[end] for end in ends] for ends in (inputs, outputs)]
    first, last = (found[0] if len(found) == 1 else found for found in one_or_more)
    return keras.Model(first, last, name=_name(config))


def _name(config: Mapping[str, Any]) -> str | None:
    name = config.get("name")
    return name.replace("/", "_") if isinstance(name, str) else None


def _connect(
    calls: list[tuple[str, Any, int, list[tuple[str, int]]]], tensors: dict[tuple[str, int], Any]
) -> None:
    """Call each layer once all that it takes is there; the file may list them in another order."""
    while calls:
        waiting = []
        for call in calls:
            name, layer, number, sources = call
            if not all(source in tensors for source in sources):
                waiting.append(call)
                continue
            taken = [tensors[source] for source in sources]
            try:
                tensors[name, number] = layer(taken[0] if len(taken) == 1 else taken)
            except (ValueError, TypeError, IndexError, RuntimeError) as error:
                raise Unreadable(f"the layer {name}: {str(error).splitlines()[0][:200]}") from error
        if len(waiting) == len(calls):
            raise Unreadable(f"the layer {calls[0][0]}, whose input comes from no other layer")
        calls = waiting


def _sources(layer: str, node: Any) -> list[tuple[str, int]]:
    """What one use of a layer takes: (layer, which of its uses) each."""
    if isinstance(node, list) and node and isinstance(node[0], str):
        node = [node]
    if not isinstance(node, list) or not node:
        raise Unreadable(f"the layer {layer}, whose inputs are not listed")
    for source in node:
        extra = source[3] if isinstance(source, list) and len(source) > 3 else None
        if isinstance(extra, Mapping) and any(value not in (None, False) for value in extra.values()):
            raise Unreadable(f"the layer {layer}, which is called with {', '.join(map(str, extra))[:80]}")
    return _ends(node)


def _ends(value: Any) -> list[tuple[str, int]]:
    """`[["name", 0, 0], …]`, or one of these alone, as (layer, which of its uses)."""
    if isinstance(value, list) and value and isinstance(value[0], str):
        value = [value]
    ends = value if isinstance(value, list) else []
    found = []
    for end in ends:
        whole = isinstance(end, list) and len(end) >= 3 and isinstance(end[0], str)
        if not whole or type(end[1]) is not int or end[2] != 0:
            raise Unreadable(f"a connection {str(end)[:60]}")
        found.append((end[0], end[1]))
    return found
