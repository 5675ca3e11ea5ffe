"""What a run remembers of its images: a fingerprint in the record, and a table of files to name what changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from convonet.csv_files import csv_rows, write_csv
from convonet.data.data_prep import PreparedSet
from convonet.documents.run_record import DataRecord, SetRecord, SkippedPath
from convonet.errors import DataChangedError
from convonet.events import Warned, Watch
from convonet.hints import Hint, option
from convonet.runs import Run
from convonet.text import counted

FILES = "data_files.csv"
_HEADER = ("set", "path", "class", "hash")


def data_record(sets: Mapping[str, PreparedSet]) -> DataRecord:
    """Counts and fingerprint of the images, for `run.json`. The fingerprint covers paths, classes and contents."""
    parts = {name: prepared.fingerprint() for name, prepared in sets.items()}
    joined = "\n".join(f"{name} {value}" for name, value in sorted(parts.items()))
    return DataRecord(
        fingerprint=hashlib.sha256(joined.encode()).hexdigest(),
        classes=next(iter(sets.values())).classes,
        sets={name: _set_record(prepared, parts[name]) for name, prepared in sets.items()},
    )


def _set_record(prepared: PreparedSet, fingerprint: str) -> SetRecord:
    listing = prepared.listing
    return SetRecord(
        root=str(listing.root),
        images=len(prepared.labels),
        skipped=tuple(SkippedPath(path, reason) for path, reason in listing.skipped),
        marks=tuple(mark.row() for mark in listing.marks),
        fingerprint=fingerprint,
    )


def write_data_files(run: Run, sets: Mapping[str, PreparedSet]) -> None:
    """Write the table of the images: set, path, class, content hash."""
    write_csv(run.file(FILES), _HEADER, _rows(sets))


def changed_paths(run: Run, sets: Mapping[str, PreparedSet]) -> list[str]:
    """Images that were added, removed, renamed, moved to another class or rewritten since the table was written."""
    if not run.file(FILES).exists():
        return []
    with run.file(FILES).open(encoding="utf-8", newline="") as file:
        before = {tuple(row) for row in list(csv_rows(file))[1:]}
    after = set(_rows(sets))
    return sorted({row[1] for row in before ^ after})


def must_be_same(run: Run) -> bool:
    """Whether the images must be those of an earlier attempt: then files are compared by their content."""
    record = run.read()
    return record.data is not None and record.attempt != 1


def check_same_data(run: Run, sets: Mapping[str, PreparedSet], *, accept: bool, watch: Watch) -> None:
    """Remember the images of the first attempt, and refuse others in a later one.

    Args:
        accept: go on with other images, and say so.

    Raises:
        DataChangedError: the images are not those that the run started with.
    """
    record = data_record(sets)
    known = run.read().data
    if known is not None and known.fingerprint == record.fingerprint:
        return
    if known is not None:
        paths = changed_paths(run, sets)
        if not accept:
            raise DataChangedError(
                f"{counted(len(paths), 'image differs', 'images differ')} from those that the run started with: "
                f"{', '.join(paths[:5])}",
                paths=paths,
                where=next(iter(sets.values())).listing.root,
                hint=Hint.of(
                    "Restore them, start a new run, or resume with {}",
                    option("accept_changed_data", True),
                    window="Restore them, start a new run, or continue with these images",
                ),
            )
        watch.tell(
            Warned(
                message=f"{counted(len(paths), 'image has', 'images have')} changed since the run started",
                subject="data",
            )
        )
    # The fingerprint says that something has changed, the table says what.
    write_data_files(run, sets)
    # What was found in the images before belongs to other images.
    run.update(data=record, findings=None)


def _rows(sets: Mapping[str, PreparedSet]) -> Iterator[tuple[str, str, str, str]]:
    for name, prepared in sets.items():
        classes = prepared.classes
        # All at once: one call for each of a million rows takes seconds.
        hashes = prepared.hashes.tobytes().hex()
        width = len(hashes) // max(1, len(prepared.labels))
        for place, (path, label) in enumerate(zip(prepared.paths, prepared.labels.tolist(), strict=True)):
            yield name, path, classes[label], hashes[place * width : (place + 1) * width]
