"""The look at the images before a job learns from them or tests with them; kept in the run's record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from convonet.csv_files import csv_records
from convonet.data.cache import ImageCache
from convonet.data.data_prep import PreparedSet, prepare
from convonet.data.listing import ImageListing, Rows
from convonet.data.preflight import (
    DataFinding,
    known_images,
    listing_findings,
    prepared_findings,
    tell_findings,
)
from convonet.errors import DataError
from convonet.events import Watch
from convonet.jobs.data_record import FILES
from convonet.params import PixelParams
from convonet.runs import Run

_MOST_TEST = 20_000


def check_before_training(
    run: Run,
    listings: Mapping[str, ImageListing],
    prepared: Mapping[str, PreparedSet],
    held: Rows | None,
    watch: Watch,
    test_pixels: PixelParams | None = None,
    cache: ImageCache | None = None,
) -> None:
    """Look at the images and say what a person should know; nothing of it stops a training.

    Args:
        listings: the sets that were listed, `train` among them.
        prepared: those that are decoded.
        held: rows of `train` that are held out.
        cache: where the test images are decoded to; None: the person's own.
        test_pixels: also decode the test images, which the test at the end then finds in the cache.
    """
    if run.read().findings is not None:
        return
    others = {name: each for name, each in prepared.items() if name != "train"}
    test = listings.get("test")
    if test_pixels is not None and test is not None and len(test) <= _MOST_TEST:
        # What cannot be decoded is told by the test itself.
        with suppress(DataError):
            others["test"] = prepare(
                test, test_pixels, name="test", cache=cache, watch=watch.quietly(), every_class=False
            )
    now = {name: each.listing for name, each in prepared.items()}
    found = listing_findings({**listings, **now})
    _report(run, [*found, *prepared_findings(prepared["train"], held, others, watch)], watch)


def check_before_test(
    run: Run | None, model: Run | None, split: str, prepared: PreparedSet, watch: Watch
) -> None:
    """Look at the images that a model is tested with.

    Args:
        run: whose record keeps what was found.
        model: the run that the model is of.
    """
    found = listing_findings({split: prepared.listing})
    if split != "train" and model is not None:
        found += known_images(prepared, _trained_on(model, split))
    _report(None if run is None or run.read().kind == "train" else run, found, watch)


def _trained_on(run: Run, split: str) -> list[str]:
    """The hashes of the training images of a run; none for validation images that were held out of them."""
    held_out = split == "val" and run.read().set_record("val") is None
    return [] if held_out else hashes_of(run, "train")


def hashes_of(run: Run, name: str) -> list[str]:
    """The hashes of the images of one set of a run, as it remembers them."""
    try:
        with run.file(FILES).open(encoding="utf-8", newline="") as lines:
            return [row["hash"] for row in csv_records(lines) if row["set"] == name]
    except (OSError, ValueError, KeyError):
        return []


def _report(run: Run | None, findings: Iterable[DataFinding], watch: Watch) -> None:
    kept = list(dict.fromkeys(findings))
    tell_findings(kept, watch)
    if run is not None:
        run.update(findings=[finding._asdict() for finding in kept])
