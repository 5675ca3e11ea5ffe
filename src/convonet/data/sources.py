"""From data parameters to listings: which images there are, of which class, before one is decoded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from convonet.data.arrays import list_arrays
from convonet.data.channels import find_channels
from convonet.data.class_contract import complete_map, impose_classes, pairs_text
from convonet.data.folders import NO_IMAGES, image_files, list_by_pattern, list_class_folders
from convonet.data.groups import grouped
from convonet.data.listing import ImageListing, Skipped
from convonet.data.locations import ACCEPTED, SetLocation, Split, location_of
from convonet.data.marks import obey_marks
from convonet.data.names import IMAGE_SUFFIXES
from convonet.data.tables import list_table
from convonet.data.test_share import held_for_test, share_of
from convonet.documents.evaluation import SPLIT_TITLES
from convonet.documents.marks import read_marks
from convonet.errors import ClassMismatchError, DataError, ParamError
from convonet.events import DataScanned, Warned, Watch
from convonet.params import DataParams
from convonet.params.labels import named
from convonet.text import counted
from convonet.text import name as compared

__all__ = [
    "DataSets",
    "FoundImages",
    "find_channels",
    "has_set",
    "list_set",
    "scan",
    "scan_images",
    "scan_mapped",
    "scan_set",
    "scan_train",
]


_MOST_TOLD = 5
_OTHERS: tuple[Split, ...] = ("val", "test")


@dataclass(frozen=True)
class DataSets:
    """The sets of one task. `val` and `test` have the classes of `train`; None where there is none.

    Attributes:
        data: what was asked for, with the class map that was accepted.
        test_error: why a test set that is there is not among them.
    """

    train: ImageListing
    data: DataParams
    val: ImageListing | None = None
    test: ImageListing | None = None
    test_error: DataError | None = None


class FoundImages(NamedTuple):
    """Images to predict, in the order given, and what was left out of the folders."""

    paths: tuple[Path, ...]
    skipped: tuple[Skipped, ...]


def scan(data: DataParams, *, accept_class_map: bool = False, watch: Watch | None = None) -> DataSets:
    """List the images of every set; nothing is decoded. Tells `DataScanned` for each.

    A test set that does not fit leaves an error in place of its listing: training needs none.

    Args:
        accept_class_map: where class names of val or test differ and a complete map is offered, apply it.

    Raises:
        DataError: a set is missing, empty, or has fewer than two classes.
        ClassMismatchError: val has other classes than train.
        ParamError: `num_classes` disagrees with the classes found.
    """
    train = scan_set(data, "train", watch=watch)
    others: dict[Split, ImageListing] = {}
    test_error: DataError | None = None
    for split in _OTHERS:
        try:
            if has_set(data, split):
                others[split], data = scan_mapped(
                    data, split, train.classes, accept=accept_class_map, watch=watch
                )
        except DataError as error:
            # A test folder that was named is the person's wish: only other class names are no reason to stop.
            if split != "test" or (data.test_dir and not isinstance(error, ClassMismatchError)):
                raise
            test_error = error
    return DataSets(train, data, others.get("val"), others.get("test"), test_error)


def scan_train(data: DataParams, *, watch: Watch | None = None) -> ImageListing:
    """List the training images alone. The other sets are not read, but those that were named must be there.

    Raises:
        DataError: a set is missing, or the training set is empty or has fewer than two classes.
        ParamError: `num_classes` disagrees with the classes found.
    """
    train = scan_set(data, "train", watch=watch)
    for split in _OTHERS:
        has_set(data, split)
    return train


def scan_mapped(
    data: DataParams,
    split: Split,
    classes: Sequence[str] | None,
    *,
    accept: bool,
    watch: Watch | None = None,
) -> tuple[ImageListing, DataParams]:
    """`scan_set`, which takes the offered class map over where it is complete.

    Args:
        accept: whether to take it over.

    Returns:
        The listing, and the data parameters with the class map that was used.

    Raises:
        DataError: as `scan_set`.
    """
    try:
        return scan_set(data, split, classes=classes, watch=watch), data
    except ClassMismatchError as error:
        found = complete_map(error, allow_missing=data.missing_classes == "allow")
        if not accept or not found:
            raise
    data = data.changed(class_map={**(data.class_map or {}), **found})
    listing = scan_set(data, split, classes=classes, watch=watch)
    message = f"Class names of the {SPLIT_TITLES[split]} set are mapped to the expected classes: {pairs_text(found)}"
    (watch or Watch()).tell(Warned(message=message, subject="class_map"))
    return listing, data


def scan_set(
    data: DataParams,
    split: Split,
    *,
    classes: Sequence[str] | None = None,
    watch: Watch | None = None,
) -> ImageListing:
    """List the images of one set, as the person's marks make it.

    Args:
        classes: a model's names, imposed on the set; None takes the set's own, natural-sorted.

    Raises:
        DataError: the set is missing or empty, or has fewer than two classes; or its marks cannot be obeyed.
        ClassMismatchError: the set's classes are not `classes`.
        ParamError: `num_classes` disagrees with the classes found, or no groups are found where they are asked for.
    """
    watch = watch or Watch()
    share = held_for_test(data)
    listed = list_set(data, "train" if share and split == "test" else split, watch)
    repaired = obey_marks(listed, read_marks(listed.root)).listing
    listing = grouped(repaired, data, required=split == "train")
    if share and split != "val":
        # Drawn before marks are obeyed: an image that is marked later moves no other one.
        listing = share_of(listing, grouped(listed, data, required=False), data, split)
    if not len(listing):
        raise nothing_found(listing)
    if classes is None:
        _check_own_classes(data, listing)
    else:
        # The map is for other sets: a training set that bears the model's names needs none.
        own_names = split == "train" and {*map(compared, listing.classes)} <= {*map(compared, classes)}
        listing = impose_classes(
            listing,
            classes,
            class_map=None if own_names else data.class_map,
            allow_missing=data.missing_classes == "allow",
        )
    scanned = DataScanned(
        set=split,
        images=len(listing),
        classes=len(listing.classes),
        skipped=len(listing.skipped),
        marked=len(listing.marks),
    )
    watch.tell(scanned)
    return listing


def has_set(data: DataParams, split: Split) -> bool:
    """Whether a set was given, is found beside the training images, or is held out from them.

    Raises:
        DataError: what was given is not there, or is nothing that can be read.
    """
    return location_of(data, split) is not None or (split == "test" and bool(held_for_test(data)))


def list_set(data: DataParams, split: Split, watch: Watch) -> ImageListing:
    """The images of one set as they stand on disk, whatever marks say.

    Raises:
        DataError: the set is missing.
    """
    return _listed(data, _required_location(data, split, watch), watch)


def _required_location(data: DataParams, split: Split, watch: Watch) -> SetLocation:
    location = location_of(data, split, watch)
    if location is None:
        raise DataError(
            f"No {SPLIT_TITLES[split]} images were given",
            expected=ACCEPTED,
            hint=f"Set {named(f'{split}_dir')} in the data parameters",
        )
    return location


def _listed(data: DataParams, location: SetLocation, watch: Watch) -> ImageListing:
    if location.table is not None:
        return list_table(location.table, location.split, watch)
    if location.pair is not None:
        return list_arrays(location.path, location.pair)
    if data.label_pattern:
        return list_by_pattern(location.path, data.label_pattern, watch)
    return list_class_folders(location.path, watch)


def nothing_found(listing: ImageListing) -> DataError:
    """The error of a set in which there is no image."""
    types = ", ".join(sorted(IMAGE_SUFFIXES))
    received = "an empty folder" if listing.root.is_dir() else "no image"
    if listing.skipped:
        first = listing.skipped[0]
        skipped = counted(len(listing.skipped), "skipped file")
        received = f"only {skipped}; the first is {first.path}: {first.reason}"
    return DataError(
        "No images were found",
        where=listing.root,
        expected=f"{ACCEPTED}, with files of the types {types}",
        received=received,
    )


def _check_own_classes(data: DataParams, listing: ImageListing) -> None:
    """At least two classes, and as many as `num_classes` says."""
    found = ", ".join(listing.classes[:12]) + (" …" if len(listing.classes) > 12 else "")
    if len(listing.classes) < 2:
        raise DataError(
            "There is only one class",
            where=listing.root,
            expected="images of two or more classes, as " + ACCEPTED,
            received=found,
            hint=_deeper(listing),
        )
    if data.num_classes is not None and data.num_classes != len(listing.classes):
        raise ParamError.of(
            {
                "num_classes": f"num_classes (Number of classes): the parameters say {data.num_classes}, "
                f"but the images have {len(listing.classes)} ({found})"
            },
            listing.root,
        )


def _deeper(listing: ImageListing) -> str | None:
    """The folder that may have been meant, when the only class holds folders itself."""
    # A person often gives the folder above: `data` instead of `data/train`.
    below = listing.root / listing.classes[0]
    folders = {path.split("/")[1] for path in listing.paths if path.count("/") > 1}
    return (
        f"Did you mean {below}? It contains {counted(len(folders), 'folder')}" if len(folders) > 1 else None
    )


def scan_images(paths: Sequence[str | os.PathLike[str]], *, watch: Watch | None = None) -> FoundImages:
    """Files and folders of images without labels, for prediction.

    A file is taken as it is given, whatever its name; whether it is an image shows when it is read. From a
    folder come the images in it and below, natural-sorted.

    Raises:
        DataError: nothing was given, or the folders hold no image.
    """
    watch = watch or Watch()
    found: list[Path] = []
    skipped: list[Skipped] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        left_out: list[Skipped] = []
        names = [name for name, _ in image_files(str(path), "", left_out, watch)]
        found.extend(path / name for name in names)
        skipped.extend(Skipped((path / name).as_posix(), reason) for name, reason in left_out)
        if not names:
            skipped.append(Skipped(path.as_posix(), NO_IMAGES))
    if not found:
        where = ", ".join(map(str, paths[:_MOST_TOLD])) + (" …" if len(paths) > _MOST_TOLD else "")
        types = ", ".join(sorted(IMAGE_SUFFIXES))
        raise DataError(
            "No images were found",
            where=where or None,
            expected=f"image files of the types {types}, or folders that contain some",
        )
    return FoundImages(tuple(found), tuple(skipped))
