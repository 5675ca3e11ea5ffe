"""Setting and taking away marks: images are found by the path that a person gives, faults are told all at once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from convonet.data.listing import ImageListing
from convonet.data.locations import Split, location_of
from convonet.data.marks import resolved_marks, write_marks
from convonet.data.sources import list_set, nothing_found
from convonet.documents.inspection import MarkedImageRow
from convonet.documents.marks import Mark, marks_file, read_marks
from convonet.errors import ParamError, nearest
from convonet.events import Watch
from convonet.params import DataParams
from convonet.text import absolute, local_path, name, path_key, relative_path

_SPLITS: tuple[Split, ...] = ("train", "val", "test")
_MOST_SEARCHED = 2000
_MOST_TOLD = 5


class MarkedImage(NamedTuple):
    """A mark and the image it is about.

    Attributes:
        set: `train`, `val` or `test`; None where the image is no longer there.
        root: what the mark's path is relative to.
        cls: the class that the image stands under; None where it is no longer there.
    """

    set: Split | None
    root: Path
    cls: str | None
    mark: Mark

    def row(self) -> MarkedImageRow:
        """The same in a document."""
        mark = self.mark.row()
        return MarkedImageRow(
            set=self.set,
            root=str(self.root),
            class_=self.cls,
            path=mark.path,
            label=mark.label,
            leave_out=mark.leave_out,
        )

    def sentence(self) -> str:
        """For people."""
        where = f"{self.cls} → " if self.cls is not None else ""
        gone = " (the image is no longer there)" if self.set is None else ""
        return f"{self.mark.path}: {'left out' if self.mark.label is None else where + self.mark.label}{gone}"


@dataclass(frozen=True)
class Change:
    """What is to become of the marks of some images.

    Attributes:
        label: the class that they are of; None leaves them out.
        undo: take their marks away instead.
    """

    label: str | None = None
    undo: bool = False


def list_marks(data: DataParams, watch: Watch | None = None) -> list[MarkedImage]:
    """The marks of every set that the parameters name, by set and path.

    Raises:
        DataError: a set or its marks cannot be read, or there are neither images nor marks.
    """
    roots = _by_root(data, watch)
    marked = [image for root, listings in roots for image in _marked(root, listings)]
    every = [listing for _, listings in roots for listing in listings.values()]
    # Marks of images that are gone are still worth a list.
    if not marked and not any(map(len, every)):
        raise nothing_found(every[0])
    return marked


def mark_images(
    data: DataParams, paths: Sequence[str], change: Change, watch: Watch | None = None
) -> list[MarkedImage]:
    """Mark images, or take marks away; nothing is changed unless all of them can be.

    A mark that gives an image the class that it stands under takes an earlier mark away.

    Args:
        paths: relative to the set's root, to the folder that was given, or to the present one; or absolute.

    Returns:
        All marks as they are now.

    Raises:
        ParamError: images that are not there, or a class that the set does not have; near names are offered.
        OutputError: the folder of the images cannot be written to.
    """
    roots = _by_root(data, watch)
    finder = _ImageFinder(roots, [data.train_dir, data.val_dir, data.test_dir], undo=change.undo)
    found = [(text, finder.find(text)) for text in paths]
    faults = {text: finder.fault(text) for text, location in found if location is None}
    by_root: dict[Path, list[str]] = {}
    for _, location in found:
        if location is not None:
            by_root.setdefault(location[0], []).append(location[1])
    listings = dict(roots)
    for root in by_root:
        faults |= _wrong_class(change, listings[root])
    if faults:
        raise _refusal(faults)
    for root, own in by_root.items():
        _write(root, listings[root], own, change)
    return [image for root, parts in roots for image in _marked(root, parts)]


Listings = dict[Split, ImageListing]


def _by_root(data: DataParams, watch: Watch | None) -> list[tuple[Path, Listings]]:
    """Every set, those together whose paths are relative to one root: they share a file of marks.

    Raises:
        DataError: there is none, or one cannot be listed.
    """
    roots: dict[Path, Listings] = {}
    # Test images that are held out are listed with the training images.
    given = [split for split in _SPLITS if location_of(data, split) is not None]
    for split in given or _SPLITS[:1]:
        listing = list_set(data, split, watch or Watch())
        roots.setdefault(listing.root, {})[split] = listing
    return list(roots.items())


def _marked(root: Path, listings: Listings) -> Iterable[MarkedImage]:
    marks = resolved_marks(_paths_of(listings), read_marks(root))
    homes: dict[str, tuple[Split | None, str | None]] = {}
    for split, listing in listings.items():
        for path, label in zip(listing.paths, listing.labels.tolist(), strict=True):
            if path in marks:
                homes.setdefault(path, (split, listing.classes[label]))
    for path, mark in marks.items():
        home, cls = homes.get(path, (None, None))
        yield MarkedImage(home, root, cls, mark)


def _write(root: Path, listings: Listings, paths: Sequence[str], change: Change) -> None:
    marks = resolved_marks(_paths_of(listings), read_marks(root))
    own, label = _classes_of(listings, set(paths)), None if change.label is None else name(change.label)
    for path in paths:
        if change.undo or (label is not None and own.get(path) == label):
            marks.pop(path, None)
        else:
            marks[path] = Mark(path, label)
    write_marks(root, marks)


def _paths_of(listings: Listings) -> list[str]:
    return [path for listing in listings.values() for path in listing.paths]


def _classes_of(listings: Listings, wanted: set[str]) -> dict[str, str]:
    return {
        path: listing.classes[label]
        for listing in listings.values()
        for path, label in zip(listing.paths, listing.labels.tolist(), strict=True)
        if path in wanted
    }


def _wrong_class(change: Change, listings: Listings) -> dict[str, str]:
    known = [each for listing in listings.values() for each in listing.classes]
    if change.undo or change.label is None or name(change.label) in map(name, known):
        return {}
    near = nearest(change.label, known)
    shown = ", ".join(dict.fromkeys(known[:12]))
    hint = f" (did you mean {near}?)" if near else ""
    return {"label": f"label: expected one of {shown}, received {change.label!r}{hint}"}


def _refusal(faults: dict[str, str]) -> ParamError:
    all_faults = list(faults.items())
    shown = dict(all_faults[:_MOST_TOLD])
    if len(all_faults) > _MOST_TOLD:
        shown["more"] = f"and {len(all_faults) - _MOST_TOLD} more"
    return ParamError.of(shown)


class _ImageFinder:
    """Finds the set and the path that a person's text means."""

    def __init__(
        self, roots: list[tuple[Path, Listings]], given: Sequence[str | None], *, undo: bool
    ) -> None:
        self._known: dict[Path, dict[str, str]] = {}
        for root, listings in roots:
            paths = _paths_of(listings)
            marked = resolved_marks(paths, read_marks(root)) if undo else {}
            self._known[root] = {path_key(path): path for path in (*marked, *paths)}
        bases = (Path(absolute(text)) for text in given if text)
        self._bases = [Path.cwd(), *(base if base.is_dir() else base.parent for base in bases)]

    def find(self, text: str) -> tuple[Path, str] | None:
        for spelling in dict.fromkeys((text, relative_path(text))):
            for root, known in self._known.items():
                if path_key(spelling) in known:
                    return root, known[path_key(spelling)]
        for base in self._bases:
            whole = os.path.abspath(base / local_path(text))
            for root, known in self._known.items():
                folder = marks_file(root).parent
                for at, above in ((whole, folder), (_behind_links(whole), os.path.realpath(folder))):
                    path = path_key(Path(os.path.relpath(at, above)).as_posix())
                    if path in known:
                        return root, known[path]
        return None

    def fault(self, text: str) -> str:
        near = nearest(text, self._candidates(text))
        return f"there is no image {text} in the set" + (f" (did you mean {near}?)" if near else "")

    def _candidates(self, text: str) -> list[str]:
        """Paths that a typo may have meant: those in the same folder first, not all of a large set."""
        every = [path for known in self._known.values() for path in known.values()]
        folder, _, name = text.replace("\\", "/").rpartition("/")
        same = [path for path in every if path.rpartition("/")[0] == folder]
        same += [path for path in every if path.rpartition("/")[2] == name]
        return sorted(same or every)[:_MOST_SEARCHED]


def _behind_links(path: str) -> str:
    """The path with the links of its folders followed; an image that is a link itself stays one."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
