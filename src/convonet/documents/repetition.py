"""The result of `verify`: whether a repeated run is equal to the last digit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from convonet.documents.document import Document

ComparedPart = Literal["data", "plan", "history", "trials", "weights"]


class RunMismatch(Document):
    """The first number in which two runs differ.

    Attributes:
        what: the part of the run that was compared.
        place: the epoch, fold, weight or file.
        name: the number in it; empty if `place` is enough.
        before, after: the values; None if there was none.
    """

    what: ComparedPart
    place: str
    name: str = ""
    before: str | None
    after: str | None

    def sentence(self) -> str:
        """In words."""
        name = f"{self.name} of {self.place}" if self.name else self.place
        shown = ["missing" if value is None else value for value in (self.before, self.after)]
        return f"{name} was {shown[0]} and is now {shown[1]}"


class EnvironmentChange(Document):
    """A version, or a property of the machine, that has changed."""

    name: str
    before: str | None
    after: str

    def sentence(self) -> str:
        """In words."""
        before = "" if self.before is None else f" {self.before}"
        return f"{self.name}{before} is now {self.after}"


class NumberChange(Document):
    """A score of the last epoch in both training runs."""

    name: str
    before: float
    after: float

    def words(self) -> str:
        """For example `val_accuracy 98.6% instead of 98.3%`, the new number first."""
        if "accuracy" in self.name:
            return f"{self.name} {100 * self.after:.1f}% instead of {100 * self.before:.1f}%"
        return f"{self.name} {self.after:.4g} instead of {self.before:.4g}"


class VerifyDocument(Document):
    """The result of `verify`.

    Attributes:
        compared: how many values of each part were compared.
        surroundings: versions and properties of the machine that have changed.
        changes: the hyperparameters that were changed on purpose, such as `precision`.
        numbers: the scores of the last epochs that differ.
    """

    run: str
    equal: bool
    difference: RunMismatch | None
    compared: dict[str, int]
    surroundings: tuple[EnvironmentChange, ...]
    changes: dict[str, str] = Field(default_factory=dict, alias="changed")
    numbers: tuple[NumberChange, ...] = ()
    sentence: str
