"""A set is read with a model's class names: every image gets the label of its class, or none does."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import numpy as np

from convonet.data.listing import ImageListing
from convonet.data.names import plain, tokens
from convonet.errors import ClassMismatchError, ConvonetError
from convonet.hints import Hint, Spelling, option
from convonet.text import name as compared


def impose_classes(
    listing: ImageListing,
    classes: Sequence[str],
    *,
    class_map: Mapping[str, str] | None = None,
    allow_missing: bool = False,
) -> ImageListing:
    """The listing with a model's classes in place of its own.

    Args:
        classes: the model's names; the index is the label.
        class_map: names of the set → names of the model. Names that are not in it stand for themselves.
        allow_missing: the set may lack classes of the model. It may never have others.

    Raises:
        ClassMismatchError: a class is missing, or is unknown to the model.
    """
    mapped = {compared(name): meant for name, meant in (class_map or {}).items()}
    model_name = {compared(name): name for name in classes}
    present = [name for name, count in listing.counts().items() if count]
    meant = {name: mapped.get(compared(name), name) for name in listing.classes}
    meant = {name: model_name.get(compared(own), own) for name, own in meant.items()}
    extra = [name for name in present if meant[name] not in classes]
    reached = {meant[name] for name in present}
    missing = [name for name in classes if name not in reached]
    if extra or (missing and not allow_missing):
        raise mismatch(listing, extra, missing)
    # The model's order is the law: its outputs mean these labels, whatever order the folders have.
    label_of = {name: index for index, name in enumerate(classes)}
    new = np.array([label_of.get(meant[name], -1) for name in listing.classes], np.int64)
    return listing.changed(classes=tuple(classes), labels=new[listing.labels])


def mismatch(listing: ImageListing, extra: Sequence[str], missing: Sequence[str]) -> ClassMismatchError:
    """The error that names what differs, and the map that would settle it where the names tell one."""
    offered = offered_map(extra, missing)
    parts = []
    if missing:
        parts.append(f"no image of {_named(missing)}")
    if extra:
        parts.append(f"unexpected: {_named(extra)}")
    return ClassMismatchError(
        "The classes of this set do not match the expected classes: " + "; ".join(parts),
        where=listing.root,
        hint=_hint(offered, extra, missing),
        missing=missing,
        extra=extra,
        offered_map=offered,
    )


def complete_map(error: ConvonetError, *, allow_missing: bool = False) -> dict[str, str]:
    """The offered map where it settles the whole difference, one to one; else empty.

    Args:
        allow_missing: the set may lack classes of the model.
    """
    if not isinstance(error, ClassMismatchError) or set(error.offered_map) != set(error.extra):
        return {}
    reached = set(error.offered_map.values())
    return dict(error.offered_map) if allow_missing or reached == set(error.missing) else {}


def pairs_text(class_map: Mapping[str, str], most: int = 6) -> str:
    """A class map in words, such as `cat = cat_1, dog = dog_1`."""
    return _named([f"{name} = {meant}" for name, meant in class_map.items()], most)


def _named(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _hint(offered: Mapping[str, str], extra: Sequence[str], missing: Sequence[str]) -> str:
    if offered:
        entry = json.dumps(dict(offered), ensure_ascii=False)
        own = f'add "class_map": {entry} to the data parameters'
        rest = [name for name in extra if name not in offered]
        if rest:
            unmatched = f"no match was found for {_named(rest)}"
            return Hint.of(
                "If they are the same classes, {}; {}",
                Spelling(own, own, own),
                Spelling(unmatched, unmatched, unmatched),
                window=f"If they are the same classes, click “Use this class map” on the Data page; {unmatched}",
            )
        return Hint.of(
            "If they are the same classes, use {}, or {}",
            option("accept_class_map", True),
            Spelling(own, own, own),
            window="If they are the same classes, click “Use this class map” on the Data page",
        )
    if extra:
        return Hint.of(
            "Add a class_map that maps each of these names to a class of the model, or remove the images",
            window="In Class map on the Parameters page, map each of these names to a class of the model, "
            "or remove the images",
        )
    return Hint.of(
        'If the set really has no such images, set "missing_classes": "allow" in the data parameters',
        window="If the set really has no such images, set Missing classes to allow on the Parameters page",
    )


def offered_map(extra: Sequence[str], missing: Sequence[str]) -> dict[str, str]:
    """Set name → model name, one to one, for the names that tell it without doubt.

    A pair is offered when each is the other's single best match: the same words in another spelling, or words
    that the other name begins with.
    """
    scores = np.array([[_likeness(a, b) for b in missing] for a in extra]).reshape(len(extra), len(missing))
    pairs = {}
    for row, name in enumerate(extra):
        best = scores[row].max(initial=0.0)
        columns = np.flatnonzero(scores[row] == best)
        if best > 0 and len(columns) == 1 and (scores[:, columns[0]] >= best).sum() == 1:
            pairs[name] = missing[columns[0]]
    return pairs


def _likeness(one: str, other: str) -> float:
    """0 for no likeness, up to 3 for the same words.

    Letters that are nearly the same tell nothing: normal and abnormal, class1 and class10.
    """
    if plain(one) == plain(other):
        return 3.0
    short, long = sorted((tokens(one), tokens(other)), key=len)
    if short and long[: len(short)] == short:
        return 2.0 + len(short) / len(long)
    return 0.0
