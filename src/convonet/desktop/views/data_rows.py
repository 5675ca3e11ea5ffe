"""Which images of a listing the page Data shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from convonet.desktop.widgets.image_grid import Picture
from convonet.session.folder_tree import rows_below

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing

_SAMPLES = 10


def rows_to_show(listing: ImageListing, chosen: Any) -> Any:
    """Rows to show: samples of the classes in turn, all, or those of one class."""
    # The window can be seen sooner without numpy.
    import numpy as np

    if chosen is None or chosen == -1:
        return range(len(listing))
    if isinstance(chosen, str):
        return rows_below(listing, chosen)
    if chosen >= 0:
        return np.flatnonzero(listing.labels == chosen)
    # Sorted once: a search for each class would go through all images a thousand times in a set of a thousand classes.
    order = np.argsort(listing.labels, kind="stable")
    classes = np.split(order, np.cumsum(np.bincount(listing.labels, minlength=len(listing.classes)))[:-1])
    # Rounded up, so that few classes together still give the wanted number of samples.
    each = max(-(-_SAMPLES // max(len(classes), 1)), 1)
    # The samples come from all parts of a class, not only from its first files.
    return np.concatenate([rows[:: max(len(rows) // each, 1)][:each] for rows in classes])


def picture_of(listing: ImageListing, row_: int) -> Picture:
    """One image of a listing with its class."""
    path = listing.paths[row_]
    # The path of a row begins with the name of the array file, which is the root itself.
    folder = listing.root.parent if "#" in path else listing.root
    return Picture(str(folder / path), listing.classes[listing.labels[row_]])
