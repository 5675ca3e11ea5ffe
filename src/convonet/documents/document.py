"""The base of all documents: read, checked, changed and written in one way."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from convonet.atomic import write_json
from convonet.errors import DocumentError
from convonet.json_values import SCALARS, JsonObject

IntervalBounds = tuple[float, float]
"""Lower and upper bound of a 95% confidence interval."""


class Document(BaseModel):
    """A frozen document whose fields are the keys of its JSON.

    Keys unknown to this version are kept when the document is saved. `document["key"]` is the same as `document.key`.
    """

    # Deferred: a command that reads one document does not wait until the models of all others are built.
    model_config = ConfigDict(
        frozen=True, extra="allow", protected_namespaces=(), populate_by_name=True, defer_build=True
    )

    sparse: ClassVar[bool] = False
    """Whether keys that were not set are absent in the JSON, rather than null or their default."""

    @classmethod
    def of(cls, value: object, where: object = None) -> Self:
        """The document that a JSON value describes; `where` is its location in error messages.

        Raises:
            DocumentError: keys of this document are missing, or values have the wrong type.
        """
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            # For a missing key pydantic gives the whole document as the input, hence the cut below.
            first = error.errors(include_url=False)[0]
            at = ".".join(map(str, first["loc"])) or "the document"
            raise DocumentError(
                "This file is damaged, or was not written by Convonet",
                where=where,
                expected=f"{at}: {first['msg'].lower()}",
                received=repr(first["input"])[:100],
            ) from error

    @classmethod
    def read(cls, path: Path) -> Self:
        """The document in a JSON file.

        Raises:
            DocumentError: there is no such file, or it is damaged.
        """
        return cls.of(read_value(path), path)

    def write(self, path: Path) -> None:
        """Replace a JSON file atomically.

        Raises:
            OutputError: the folder cannot be written to.
            StorageError: the disk is full.
        """
        write_json(path, self.to_dict())

    def changed(self, **values: Any) -> Self:
        """A copy in which `values` are set, checked like any other input."""
        # Not `model_copy(update=…)`, which sets values without checking them.
        return self.of(self._set_values() | values)

    def to_dict(self) -> JsonObject:
        """The JSON value: nested dictionaries and lists."""
        values, written = self.__dict__, self.model_fields_set if self.sparse else self.__dict__
        found = {key: _plain(values[name]) for name, key in self._json_keys() if name in written}
        return found | _plain(self.model_extra) if self.model_extra else found

    def keys(self) -> list[str]:
        """The keys of the JSON value."""
        written = self.model_fields_set if self.sparse else self.__dict__
        return [key for name, key in self._json_keys() if name in written] + list(self.model_extra or ())

    def __getitem__(self, key: str) -> Any:
        """The value of a key of the JSON."""
        # Reading the attribute alone would also find methods and fields that are not in the JSON.
        if key not in self.keys():
            raise KeyError(key)
        names = {key: name for name, key in self._json_keys()}
        return getattr(self, names.get(key, key))

    def __contains__(self, key: object) -> bool:
        """Whether the JSON has this key."""
        return key in self.keys()

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, or `default`, as `dict.get` returns it."""
        return self[key] if key in self else default

    # Cached, since a document with thousands of rows asks each of them for its keys.
    @classmethod
    @cache
    def _json_keys(cls) -> tuple[tuple[str, str], ...]:
        """Each field with its key in the JSON, which differs if the key is reserved in Python, such as `class`."""
        return tuple((name, field.alias or name) for name, field in cls.model_fields.items())

    def _set_values(self) -> dict[str, object]:
        # Without the defaults: passed on, they would count as set, and a sparse document would write them.
        declared = {name: value for name, value in self.__dict__.items() if name in self.model_fields_set}
        return declared | (self.model_extra or {})


def read_value(path: Path) -> Any:
    """The value in a JSON file.

    Raises:
        DocumentError: there is no such file, or it is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DocumentError("This file cannot be read", where=path, reason=reason) from error
    # Both text that is not JSON and bytes that are not UTF-8.
    except ValueError as error:
        received = f"content that is not JSON ({error})"
        raise DocumentError("This file cannot be read", where=path, received=received) from error


def _plain(value: Any) -> Any:
    """A value as `json` writes it."""
    if isinstance(value, Document):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if not isinstance(value, (list, tuple)):
        return value
    # A confusion matrix of a thousand classes has a million numbers.
    return list(value) if SCALARS.issuperset(map(type, value)) else [_plain(item) for item in value]
