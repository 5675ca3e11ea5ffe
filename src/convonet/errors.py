"""The one exception tree. Core code raises these; each face translates them once.

ConvonetError                  exit 1
├── InputError                 exit 2: the input cannot be used
│   ├── ParamError             invalid parameters, all at once
│   ├── DataError              images, folders or tables that cannot be used
│   │   ├── ImageNotFoundError an image file that does not exist; also a FileNotFoundError
│   │   ├── ClassMismatchError a set whose class names differ from those of the model
│   │   ├── DataChangedError   images that have changed since the run started
│   │   └── ImagesMovedError   images of a run that are no longer in their folder
│   ├── ModelFileError         a model file that cannot be opened or exported safely and correctly
│   ├── RunNotFoundError       a run that does not exist or cannot be read
│   └── OutputError            a location that cannot be written to
├── DocumentError              a damaged or missing file of a run
├── RunAliveError              a run that another process is using
├── StorageError               a file that could not be written: a full disk
├── TrainingError              training cannot continue
├── OutOfMemoryError           there is not enough memory
├── MissingPackageError        a required Python package that is not installed
└── WorkerError                a worker process that ended unexpectedly
Cancelled                      a state with partial results, not an error: exit 130
user_code.UserCodeError        a callback or listener raised; Python callers get its own exception
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from convonet.hints import Hint, Interface, hint_for
from convonet.json_values import JsonObject


class ConvonetError(Exception):
    """Base class of all errors: what went wrong, where, what was expected and received, and what to do next.

    Args:
        what: one plain sentence without the final stop.
        where: the file, folder, field or run that it is about.
        expected: what would have been right.
        received: what was there instead.
        hint: what to do next; a `Hint` where it names options.
        reason: what another program or library says of it; becomes the end of `what`.
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        where: object = None,
        expected: object = None,
        received: object = None,
        hint: str | None = None,
        reason: object = None,
    ) -> None:
        self.what = f"{what.rstrip('.')}: {reason}" if reason else what
        self.where = None if where is None else str(where)
        self.expected = None if expected is None else str(expected)
        self.received = None if received is None else str(received)
        self.hint = hint
        super().__init__(self.sentence())

    def sentence(self, interface: Interface = "python") -> str:
        """Everything in one line, for a terminal or the head of a dialog.

        Args:
            interface: whose words name the options in the hint.
        """
        text = self.what.rstrip(".")
        if self.where and self.where not in text:
            text += f" ({self.where})"
        parts = [text]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.received:
            parts.append(f"received {self.received}")
        # What was received may be a sentence of its own.
        text = "; ".join(parts).removesuffix(".") + "."
        hint = hint_for(interface, self.hint)
        if hint:
            # "Did you mean cat?" already ends a sentence.
            text = f"{text} {hint}" if hint.endswith("?") else f"{text} {hint.rstrip('.')}."
        # A file name may contain a line break, and the sentence must stay one line.
        return "\\n".join(text.split("\n"))

    def to_dict(self, interface: Interface = "python") -> JsonObject:
        """A JSON value from which `error_from_dict` makes the same error again.

        Args:
            interface: whose words name the options in `hint`; `hints` has it in the words of each.
        """
        versions = {"hints": dict(self.hint.versions)} if isinstance(self.hint, Hint) else {}
        return {
            "type": type(self).__name__,
            "what": self.what,
            "where": self.where,
            "expected": self.expected,
            "received": self.received,
            "hint": hint_for(interface, self.hint),
            "details": self.details(),
            **versions,
        }

    def details(self) -> JsonObject:
        """What a subclass knows beyond the sentence."""
        return {}

    def _take_details(self, details: Mapping[str, Any]) -> None:
        """Restore what `details` gave."""


class InputError(ConvonetError):
    """The input cannot be used."""

    exit_code = 2


class ParamError(InputError):
    """Parameters in a file, form or call are invalid; `faults` maps each field to its message."""

    def __init__(self, what: str, *, faults: Mapping[str, str] | None = None, **rest: Any) -> None:
        self.faults = dict(faults or {})
        super().__init__(what, **rest)

    @classmethod
    def of(cls, faults: Mapping[str, str], where: object = None) -> ParamError:
        """One error that tells every fault."""
        count = "Invalid value" if len(faults) == 1 else f"{len(faults)} invalid values"
        return cls(f"{count}: " + "; ".join(faults.values()), faults=faults, where=where)

    def details(self) -> JsonObject:
        return {"faults": self.faults}

    def _take_details(self, details: Mapping[str, Any]) -> None:
        self.faults = dict(details.get("faults", {}))


class DataError(InputError):
    """Images, folders or tables cannot be used."""


class ImageNotFoundError(DataError, FileNotFoundError):
    """An image file does not exist."""


class ClassMismatchError(DataError):
    """The class names of a set differ from those of the model.

    Attributes:
        missing: classes of the model that the set lacks.
        extra: classes of the set that the model does not know.
        offered_map: set name → model name where the names tell it, else empty.
    """

    def __init__(
        self,
        what: str,
        *,
        missing: Sequence[str] = (),
        extra: Sequence[str] = (),
        offered_map: Mapping[str, str] | None = None,
        **rest: Any,
    ) -> None:
        self.missing = tuple(missing)
        self.extra = tuple(extra)
        self.offered_map = dict(offered_map or {})
        super().__init__(what, **rest)

    def details(self) -> JsonObject:
        return {"missing": self.missing, "extra": self.extra, "offered_map": self.offered_map}

    def _take_details(self, details: Mapping[str, Any]) -> None:
        self.missing = tuple(details.get("missing", ()))
        self.extra = tuple(details.get("extra", ()))
        self.offered_map = dict(details.get("offered_map", {}))


class DataChangedError(DataError):
    """Images have changed since the run started; `paths` lists the first ones."""

    def __init__(self, what: str, *, paths: Sequence[str] = (), **rest: Any) -> None:
        self.paths = tuple(paths)
        super().__init__(what, **rest)

    def details(self) -> JsonObject:
        return {"paths": self.paths}

    def _take_details(self, details: Mapping[str, Any]) -> None:
        self.paths = tuple(details.get("paths", ()))


class ImagesMovedError(DataError):
    """The images of a run are no longer in their folder; `field` is the data parameter with this folder."""

    def __init__(self, what: str, *, field: str = "train_dir", **rest: Any) -> None:
        self.field = field
        super().__init__(what, **rest)

    def details(self) -> dict[str, Any]:
        return {"field": self.field}

    def _take_details(self, details: Mapping[str, Any]) -> None:
        self.field = str(details.get("field", "train_dir"))


class ModelFileError(InputError):
    """A model file cannot be opened or exported safely and correctly."""


class RunNotFoundError(InputError):
    """The run does not exist or cannot be read."""


class OutputError(InputError):
    """The output cannot be written to the given location."""


class DocumentError(ConvonetError):
    """A file in a run folder is damaged or missing, or was not written by Convonet."""


class RunAliveError(ConvonetError):
    """The run is in use by another process."""


class StorageError(ConvonetError):
    """A file could not be written, for example because the disk is full or a network share is unavailable."""


class TrainingError(ConvonetError):
    """Training cannot continue."""


class OutOfMemoryError(ConvonetError):
    """There is not enough memory."""


class MissingPackageError(ConvonetError):
    """A required Python package is not installed."""


class WorkerError(ConvonetError):
    """A worker process ended unexpectedly."""


class Cancelled(Exception):
    """The user requested a stop. Partial results are kept."""

    exit_code = 130


def _tree(root: type[ConvonetError]) -> Iterable[type[ConvonetError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


def error_from_dict(value: Mapping[str, Any]) -> ConvonetError:
    """The error that `ConvonetError.to_dict` described, as its own class."""
    # Collected on every call, since other modules declare subclasses of their own.
    kinds = {kind.__name__: kind for kind in _tree(ConvonetError)}
    kind = kinds.get(str(value.get("type")), ConvonetError)
    error = kind(
        str(value.get("what", "The run failed")),
        where=value.get("where"),
        expected=value.get("expected"),
        received=value.get("received"),
        hint=_hint_from(value),
    )
    error._take_details(value.get("details") or {})
    return error


def _hint_from(value: Mapping[str, Any]) -> str | None:
    hint, versions = value.get("hint"), value.get("hints")
    if not isinstance(hint, str) or not isinstance(versions, Mapping) or not versions:
        return hint
    return Hint.read(str(versions.get("python", hint)), {str(k): str(v) for k, v in versions.items()})


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a typo most likely meant, or None."""
    close = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
    return next((k for k in known if k.lower() == close[0]), None) if close else None
