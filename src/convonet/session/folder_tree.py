"""The folders of a set as a tree: how many images each holds, what of it was left out, which class it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing


@dataclass
class FolderNode:
    """One folder; counts are those of everything below it.

    Attributes:
        path: relative to the root of the set, with forward slashes; empty for the root.
        classes: label → images of it.
    """

    name: str
    path: str
    classes: dict[int, int] = field(default_factory=dict)
    skipped: int = 0
    folders: dict[str, FolderNode] = field(default_factory=dict)

    @property
    def images(self) -> int:
        """Images in it and below."""
        return sum(self.classes.values())

    def walk(self) -> Iterator[FolderNode]:
        """Itself and all below, from the top."""
        yield self
        for folder in self.folders.values():
            yield from folder.walk()


def folder_tree(listing: ImageListing) -> FolderNode:
    """The tree of a listing; nothing is read from disk."""
    root = FolderNode(listing.root.name, "")
    # Counted per folder first, so that the way from the root is not walked for every image.
    counts: dict[tuple[str, int], int] = {}
    for path, label in zip(listing.paths, listing.labels.tolist(), strict=True):
        key = _parent(path), label
        counts[key] = counts.get(key, 0) + 1
    # A node keeps its folders in the order in which they are first met, so sorting here sorts the tree.
    for (parent, label), count in sorted(counts.items()):
        for folder in _way(root, parent):
            folder.classes[label] = folder.classes.get(label, 0) + count
    for item in listing.skipped:
        for folder in _way(root, _parent(item.path)):
            folder.skipped += 1
    return root


def rows_below(listing: ImageListing, path: str) -> list[int]:
    """The rows of the images in a folder and below it."""
    # Without the slash, a folder whose name merely begins the same would count too.
    start = f"{path}/" if path else ""
    return [row for row, name in enumerate(listing.paths) if name.startswith(start)]


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _way(root: FolderNode, path: str) -> Iterator[FolderNode]:
    """The folders from the root down to a path, made where they are missing."""
    yield root
    folder, parts = root, path.split("/") if path else []
    for depth, name in enumerate(parts):
        folder = folder.folders.setdefault(name, FolderNode(name, "/".join(parts[: depth + 1])))
        yield folder
