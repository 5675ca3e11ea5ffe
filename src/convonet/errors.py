"""The one exception tree. Core code raises these; each face translates them once.

ConvonetError                  exit 1
├── InputError                 exit 2: what the person gave cannot be used
│   ├── ParamError             faults in parameters, all of them at once
│   ├── DataError              folders and images
│   │   ├── ImageNotFoundError no such image file; also a FileNotFoundError
│   │   ├── ClassMismatchError a set whose class names are not the model's
│   │   ├── DataChangedError   the images are not those the run began with
│   │   └── ImagesMovedError   the images of a run are no longer where they were
│   ├── ModelFileError         a model file that cannot be opened safely or rightly
│   ├── RunNotFoundError       no run of that name
│   └── OutputError            a place that cannot be written to
├── DocumentError              a file of a run that is damaged
├── RunAliveError              the run is being worked on by another process
├── StorageError               writing failed in the middle: a full disk
├── TrainingError              training cannot go on
├── OutOfMemoryError           the memory was not enough
├── MissingPackageError        a Python package that the work needs is not installed
└── WorkerError                a worker process died
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
    """What went wrong, where, what was expected, what was received, and what to do next.

    Args:
        what: one plain sentence without the final stop.
        where: the file, folder, field or run that it is about.
        expected: what would have been right.
        received: what was there instead.
        hint: what to do next; a `Hint` where it names options.
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
    ) -> None:
        self.what = what
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
    """What the person gave cannot be used."""

    exit_code = 2


class ParamError(InputError):
    """Faults of a parameter file or form; `faults` maps each field to its sentence."""

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
    """Folders and images."""


class ImageNotFoundError(DataError, FileNotFoundError):
    """There is no such image file."""


class ClassMismatchError(DataError):
    """A set's class names are not the model's.

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
    """The images are not those the run began with; `paths` names the first of them."""

    def __init__(self, what: str, *, paths: Sequence[str] = (), **rest: Any) -> None:
        self.paths = tuple(paths)
        super().__init__(what, **rest)

    def details(self) -> JsonObject:
        return {"paths": self.paths}

    def _take_details(self, details: Mapping[str, Any]) -> None:
        self.paths = tuple(details.get("paths", ()))


class ImagesMovedError(DataError):
    """The images of a run are no longer where they were; `field` is the data parameter that names the place."""

    def __init__(self, what: str, *, field: str = "train_dir", **rest: Any) -> None:
        self.field = field
        super().__init__(what, **rest)

    def details(self) -> dict[str, Any]:
        return {"field": self.field}

    def _take_details(self, details: Mapping[str, Any]) -> None:
        self.field = str(details.get("field", "train_dir"))


class ModelFileError(InputError):
    """A model file that cannot be opened safely or rightly."""


class RunNotFoundError(InputError):
    """No run of that name."""


class OutputError(InputError):
    """A place that cannot be written to."""


class DocumentError(ConvonetError):
    """A file that a run has left is damaged, gone, or was not written by Convonet."""


class RunAliveError(ConvonetError):
    """The run is in use by another process."""


class StorageError(ConvonetError):
    """Writing failed in the middle: a full disk, a share that went away."""


class TrainingError(ConvonetError):
    """Training cannot go on."""


class OutOfMemoryError(ConvonetError):
    """The memory was not enough."""


class MissingPackageError(ConvonetError):
    """A Python package that the work needs is not installed."""


class WorkerError(ConvonetError):
    """A worker process died."""


class Cancelled(Exception):
    """The person asked the work to stop. Partial results are kept."""

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
        str(value.get("what", "the run failed")),
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
