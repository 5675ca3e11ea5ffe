"""What a person should know of the images before a network learns from them: one list, for every job and interface.

What counts and names tell costs nothing; what the decoded pixels tell is computed from hashes that are there already.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from convonet.data.data_prep import PreparedSet
from convonet.data.folders import NO_IMAGES
from convonet.data.groups import shared_groups, shared_sentence
from convonet.data.listing import ImageListing, Rows
from convonet.data.lookalikes import first_alike, perceptual_hashes
from convonet.data.marks import LEFT_OUT
from convonet.data.names import plain
from convonet.data.pixels import Pixels
from convonet.documents.evaluation import SPLIT_TITLES
from convonet.events import Warned, Watch
from convonet.params.labels import named
from convonet.text import counted

SUBJECT = "images"
"""Of the warnings."""

_MOST_COMPARED, _MOST_BYTES = 20_000, 2**29
_STEP = 4
_SIDE = 32
_AT_ONCE = 256
_MOST_TOLD = 6
_BLACK = 2


class DataFinding(NamedTuple):
    """Something to know. `kind` is its short name, `sentence` for people."""

    kind: str
    sentence: str


def tell_findings(findings: Iterable[DataFinding], watch: Watch) -> None:
    """Tell each one as a warning."""
    for finding in findings:
        watch.tell(Warned(message=finding.sentence, subject=SUBJECT))


def listing_findings(listings: Mapping[str, ImageListing]) -> list[DataFinding]:
    """What names, counts and folders tell.

    Args:
        listings: by the name of the set: `train`, `val`, `test`. None of them is decoded.
    """
    found: list[DataFinding] = []
    for name, listing in listings.items():
        where = "" if name == "train" else f" in the {SPLIT_TITLES[name]} set"
        found += [
            DataFinding("table", f"{note}{where and f' ({SPLIT_TITLES[name]} set)'}")
            for note in listing.notes
        ]
        found += _skipped(listing, where)
    train = listings.get("train")
    if train is None:
        return found
    found += [DataFinding("names", sentence) for sentence in _alike_names(train.classes)]
    found += [DataFinding("nested", sentence) for sentence in _nested_sets(train)]
    for name, listing in listings.items():
        if name != "train":
            found += _two_sets(train, listing, SPLIT_TITLES[name])
    return found


def prepared_findings(
    train: PreparedSet, held: Rows | None, others: Mapping[str, PreparedSet], watch: Watch
) -> list[DataFinding]:
    """What the decoded images tell.

    Args:
        held: rows of the training images that are held out for validation; None where there are none.
        others: validation and test images, by `val` and `test`.

    Raises:
        Cancelled: the watch says so.
    """
    found = [*_black(train, ""), *_contradictions(train)]
    sides = [("val", train, held)] if held is not None and len(held) else []
    sides += [(name, prepared, np.arange(len(prepared))) for name, prepared in others.items()]
    kept = np.setdiff1d(np.arange(len(train)), held) if held is not None else np.arange(len(train))
    for name, prepared, rows in sides:
        if prepared is not train:
            found += _black(prepared, f" in the {SPLIT_TITLES[name]} set")
            if _is_one_set(train.listing, prepared.listing):
                continue
        found += _duplicates(train, kept, prepared, rows, SPLIT_TITLES[name], watch)
        if prepared is train and train.listing.offered is not None:
            found += _offered(train.listing, kept, rows)
    return found


def own_sentences(prepared: PreparedSet) -> list[str]:
    """What is to be said of one set alone, without what counts and copies tell."""
    found = [*listing_findings({"train": prepared.listing}), *_black(prepared, "")]
    return [finding.sentence for finding in found if finding.kind not in ("skipped", "conflict")]


def known_images(prepared: PreparedSet, trained_on: Iterable[str]) -> list[DataFinding]:
    """Whether images that a model is tested with are those that it learnt from.

    Args:
        trained_on: hashes of those, in hexadecimal digits.
    """
    known = set(trained_on)
    count = sum(content.tobytes().hex() in known for content in prepared.hashes)
    if not count:
        return []
    if count == len(prepared):
        return [
            DataFinding(
                "one_set", "All of these images were used for training: scores say nothing about new images"
            )
        ]
    some = counted(count, "image was", "images were")
    return [DataFinding("leak", f"{some} also used for training, so scores are too high")]


def _skipped(listing: ImageListing, where: str) -> Iterator[DataFinding]:
    """How many files are skipped and why, and folders of which nothing is left."""
    empty = [item.path for item in listing.skipped if item.reason == NO_IMAGES]
    if empty:
        folders, verb = counted(len(empty), "folder"), "has" if len(empty) == 1 else "have"
        so = "it is not a class" if len(empty) == 1 else "they are not classes"
        yield DataFinding(
            "lost", f"{folders}{where} {verb} no images that can be read, so {so}: {_some(empty)}"
        )
    if listing.notes:
        return
    reasons = Counter(item.reason for item in listing.skipped if item.reason not in (NO_IMAGES, LEFT_OUT))
    if reasons:
        parts = [f"{reason} ({count:,})" for reason, count in reasons.most_common(3)]
        count = sum(reasons.values())
        files, verb = counted(count, "file"), "is" if count == 1 else "are"
        yield DataFinding("skipped", f"{files}{where} {verb} skipped: {', '.join(parts)}")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_TOLD])
    return shown + (f" and {len(names) - _MOST_TOLD} more" if len(names) > _MOST_TOLD else "")


def _example(count: int, path: str) -> str:
    """The path of one of `count` images, to stand behind their number."""
    return f" ({path})" if count == 1 else f", such as {path},"


def _alike_names(classes: Sequence[str]) -> Iterator[str]:
    """Classes whose names differ only in case or in signs between words."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in classes:
        groups[plain(name)].append(name)
    for names in groups.values():
        if len(names) > 1:
            shown = " and ".join(names)
            yield f"The classes {shown} differ only in case or separators. If they are the same class, rename them"


def _nested_sets(listing: ImageListing) -> Iterator[str]:
    """Classes that contain folders with the same names: the classes themselves may stand one level deeper."""
    below: dict[str, set[str]] = defaultdict(set)
    for path in listing.paths:
        first, _, rest = path.partition("/")
        if "/" in rest:
            below[first].add(rest.partition("/")[0])
        else:
            return
    inner = list(below.values())
    if len(inner) > 1 and len(inner[0]) > 1 and all(each == inner[0] for each in inner):
        yield (
            f"The classes {_some(sorted(below))} contain folders with the same names ({_some(sorted(inner[0]))}): "
            "are those the classes?"
        )


def _is_one_set(one: ImageListing, other: ImageListing) -> bool:
    same_root = os.path.realpath(one.root) == os.path.realpath(other.root)
    return same_root and set(one.paths) == set(other.paths)


def _two_sets(train: ImageListing, other: ImageListing, title: str) -> Iterator[DataFinding]:
    if _is_one_set(train, other):
        yield DataFinding(
            "one_set",
            f"Training and {title} images are the same set, so the scores say nothing about new images",
        )
        return
    shared = shared_groups(train, other)
    if shared:
        yield DataFinding("groups", shared_sentence(shared, title))
    elif train.offered is not None and train.offered_by == other.offered_by:
        both = sorted(set(train.offered) & set(other.offered or ()) - {""})
        if both:
            yield DataFinding("groups", f"{train.offered_by}: {shared_sentence(both, title)}")


def _offered(listing: ImageListing, kept: Rows, held: Rows) -> Iterator[DataFinding]:
    """Patients, by the column that looks like them, on both sides of the split."""
    names = listing.offered or ()
    both = sorted({names[row] for row in kept.tolist()} & {names[row] for row in held.tolist()} - {""})
    if both:
        advice = (
            f"set {named('group_column')} to {listing.offered_by} to keep each group on one side of the split"
        )
        yield DataFinding("groups", f"{listing.offered_by}: {shared_sentence(both, 'validation')}; {advice}")


def _black(prepared: PreparedSet, where: str) -> Iterator[DataFinding]:
    """Images that look completely black to the network, whatever a person sees."""
    # Some pixels tell of nearly every image that it is not black; the others are looked at as a whole.
    some = prepared.images[:, ::_STEP, ::_STEP].max(axis=(1, 2, 3), initial=0)
    black = [row for row in np.flatnonzero(some <= _BLACK).tolist() if prepared.images[row].max() <= _BLACK]
    if black:
        every = "All images" if len(black) == len(prepared) else counted(len(black), "image")
        verb = "looks" if len(black) == 1 < len(prepared) else "look"
        example = _example(len(black), prepared.paths[black[0]]) if len(black) < len(prepared) else ""
        yield DataFinding(
            "black",
            f"{every}{where}{example} {verb} completely black to the network: for drawings on a transparent "
            f"background, set {named('alpha')} to white; 16-bit and 32-bit images must use their full range",
        )


def _contradictions(prepared: PreparedSet) -> Iterator[DataFinding]:
    """The same file under two classes."""
    labels: dict[bytes, set[int]] = defaultdict(set)
    first: dict[bytes, str] = {}
    for content, label, path in zip(prepared.hashes, prepared.labels.tolist(), prepared.paths, strict=True):
        labels[content.tobytes()].add(label)
        first.setdefault(content.tobytes(), path)
    torn = [content for content, own in labels.items() if len(own) > 1]
    if torn:
        some, verb = counted(len(torn), "image", "images"), "is" if len(torn) == 1 else "are"
        example = _example(len(torn), first[torn[0]])
        yield DataFinding("conflict", f"{some}{example} {verb} in more than one class")


def _duplicates(
    train: PreparedSet, kept: Rows, other: PreparedSet, rows: Rows, title: str, watch: Watch
) -> Iterator[DataFinding]:
    """Images of one side that are, or look like, images that are trained on."""
    known = {train.hashes[row].tobytes() for row in kept.tolist()}
    same = np.array([other.hashes[row].tobytes() in known for row in rows.tolist()], np.bool_)
    advice = f"; set {named('alike_together')} to true to keep duplicates on one side of the split"
    together = advice if other is train else ""
    if same.any():
        some = counted(
            int(same.sum()),
            f"{title} image is identical to a training image",
            f"{title} images are identical to training images",
        )
        yield DataFinding("leak", f"{some}, so scores are too high{together}")
    count = len(kept) + len(rows)
    if count > _MOST_COMPARED or count * int(np.prod(train.images.shape[1:])) > _MOST_BYTES:
        return
    rest = rows[~same]
    near = _near(train, kept, other, rest, watch)
    if near:
        some = counted(
            near, f"{title} image looks like a training image", f"{title} images look like training images"
        )
        yield DataFinding("near_leak", f"{some} although the files differ{together}")


def _near(train: PreparedSet, kept: Rows, other: PreparedSet, rows: Rows, watch: Watch) -> int:
    if not len(rows) or not len(kept):
        return 0
    perceptual = perceptual_hashes(reduced(train.images, kept), watch).joined(
        perceptual_hashes(reduced(other.images, rows), watch)
    )
    return len(first_alike(perceptual, len(kept), watch))


def reduced(images: Pixels, rows: Rows) -> Pixels:
    """Some images with the means of squares for pixels, 32 to 63 a side: what they look like is told by less."""
    height, width = images.shape[1:3]
    side = max(min(height, width) // _SIDE, 1)
    if side == 1:
        return np.asarray(images[rows])
    down, right = height // side, width // side
    parts = []
    for start in range(0, len(rows), _AT_ONCE):
        part = images[rows[start : start + _AT_ONCE], : down * side, : right * side]
        parts.append(_mean_of_squares(part.reshape(len(part), down, side, right, side, -1)))
    return np.concatenate(parts)


def _mean_of_squares(pixels: Pixels) -> Pixels:
    """The means, rounded down, over axes 2 and 4 of (N, rows, side, columns, side, channels)."""
    count, down, side, right, _, channels = pixels.shape
    # Whole rows are added one after the other, which is six times as fast as a mean over both axes.
    lines = pixels.reshape(count, down, side, right * side * channels)
    sums = np.zeros((count, down, right * side * channels), np.uint32)
    for line in range(side):
        sums += lines[:, :, line]
    squares = sums.reshape(count, down, right, side, channels)
    total = np.zeros((count, down, right, channels), np.uint32)
    for column in range(side):
        total += squares[:, :, :, column]
    return np.asarray(total // side**2, np.uint8)
