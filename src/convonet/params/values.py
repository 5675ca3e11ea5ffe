"""Values that check themselves: whoever makes one, and however, gets a right one or a ParamError with all faults."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from convonet.errors import ParamError
from convonet.params.aliases import own_names
from convonet.params.fields import ParamValues, fields_of, unknown_key
from convonet.params.typed import TYPED_KINDS, read_text, read_value

_UNREADABLE = object()


class CheckedModel(BaseModel):
    """A frozen value. Type, bounds and choices of every field hold, also of a copy with changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())

    reads_text: ClassVar[bool] = False
    """Whether "auto" and "none" mean None also where a text is expected; elsewhere texts are read as typed."""

    aliases: ClassVar[Mapping[str, str]] = {}
    """Other words for fields, with the fields that they mean."""

    # Type checkers see the fields as arguments, so that a misspelled one is an error.
    if not TYPE_CHECKING:

        def __init__(self, /, **values: Any) -> None:
            """Make the value.

            Raises:
                ParamError: all faults at once, each naming the field, the value and the range.
            """
            values = own_names(values, self.aliases)
            try:
                # In here rather than in validators of pydantic: one for each of a hundred fields delays every start.
                super().__init__(**{name: self._read(name, value) for name, value in values.items()})
            except ValidationError as error:
                raise ParamError.of(_faults(type(self), values, error)) from error

    @classmethod
    def of(cls, values: Mapping[str, Any], where: object = None) -> Self:
        """The value that `values` describe; `where` says in an error where they stand.

        Raises:
            ParamError: all faults at once, each naming the field, the value and the range.
        """
        try:
            return cls(**values)
        except ParamError as error:
            raise ParamError.of(error.faults, where) from error

    # The plugin of mypy writes a signature of its own for this method, and finds that this one is another.
    @classmethod
    def model_construct(  # type: ignore[override]
        cls, _fields_set: set[str] | None = None, **values: Any
    ) -> Self:
        """Pydantic's way around the checks, which is closed."""
        return cls(**values)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """`changed`; a frozen value needs no deep copy."""
        return self.changed(**(update or {}))

    def changed(self, **values: Any) -> Self:
        """A copy in which `values` are set, checked like any other input."""
        # Only what was set is carried over, so that defaults do not look as if a person had set them.
        return self.of(self.set_values() | own_names(values, self.aliases))

    def set_values(self) -> ParamValues:
        """Only what was set; the rest are defaults."""
        return {name: getattr(self, name) for name in self.__class__.model_fields if self.is_set(name)}

    def is_set(self, name: str) -> bool:
        """Whether the person gave this value."""
        return name in self.model_fields_set

    @classmethod
    def _read(cls, name: str, value: Any) -> Any:
        """What a value means; one of another kind becomes what pydantic refuses for every field."""
        if name not in cls.model_fields:
            return value
        try:
            # Deeply nested JSON makes the parser raise RecursionError, which is a wrong value like any other.
            return cls.meant(name, value)
        except (ValueError, RecursionError):
            return _UNREADABLE

    @classmethod
    def meant(cls, name: str, value: Any) -> Any:
        """What a typed text or a value of JSON means for the field `name`; bounds and choices are not looked at.

        Raises:
            ValueError: it is of another kind.
        """
        field = fields_of(cls)[name]
        typed = isinstance(value, str) and (cls.reads_text or field.kind in TYPED_KINDS)
        return read_value(field, read_text(field, value) if typed else value)


class ParamModel(CheckedModel):
    """A value whose fields were declared with `param`, and which a person may type."""

    reads_text = True

    @classmethod
    def __pydantic_init_subclass__(cls, **settings: Any) -> None:
        """Put the fields into the class' own docstring, for `help()`."""
        super().__pydantic_init_subclass__(**settings)
        lines = [f"    {name}: {info.description}" for name, info in cls.model_fields.items()]
        cls.__doc__ = f"{cls.__doc__}\n\nArgs:\n" + "\n".join(lines) + "\n"


M = TypeVar("M", bound=CheckedModel)


def checked(model: type[M], values: Mapping[str, Any]) -> tuple[M | None, dict[str, str]]:
    """The value, or None and a sentence for each field that is wrong."""
    try:
        return model.of(values), {}
    except ParamError as error:
        return None, error.faults


def _faults(model: type[CheckedModel], values: Mapping[str, Any], error: ValidationError) -> dict[str, str]:
    """A sentence for each field that pydantic found wrong."""
    faults: dict[str, str] = {}
    for part in error.errors(include_url=False, include_input=False):
        name = str(part["loc"][0]) if part["loc"] else model.__name__
        # Several items of one list may be wrong, but a field has room for one sentence.
        faults.setdefault(name, _sentence(model, name, values.get(name), part["type"], part.get("ctx", {})))
    return faults


def _sentence(
    model: type[CheckedModel], name: str, received: Any, kind: str, context: Mapping[str, Any]
) -> str:
    if kind == "value_error":
        # A check of ours, which has said it in its own words.
        return str(context["error"])
    if kind == "extra_forbidden":
        return unknown_key(name, {**fields_of(model), **model.aliases})
    return f"{name}: required, but missing" if kind == "missing" else fields_of(model)[name].fault(received)
