"""What `verify` answers: whether a repeated run is equal to the last digit."""

from __future__ import annotations

from typing import Literal

from convonet.documents.document import Document

ComparedPart = Literal["data", "plan", "history", "trials", "weights"]


class RunMismatch(Document):
    """The first number in which two runs differ.

    Attributes:
        what: the part of the run that was compared.
        place: which epoch, fold, weight or file.
        name: which number of it; empty where `place` says it all.
        before, after: what was there; None where nothing was.
    """

    what: ComparedPart
    place: str
    name: str = ""
    before: str | None
    after: str | None

    def sentence(self) -> str:
        """In words."""
        name = f"{self.name} of {self.place}" if self.name else self.place
        shown = ["nothing" if value is None else value for value in (self.before, self.after)]
        return f"{name} was {shown[0]} and is now {shown[1]}"


class EnvironmentChange(Document):
    """A version, or a fact about the machine, that is not what it was."""

    name: str
    before: str | None
    after: str

    def sentence(self) -> str:
        """In words."""
        return f"{self.name} {self.before} is now {self.after}"


class VerifyDocument(Document):
    """What `verify` answers; `compared` counts what was compared, by its name."""

    run: str
    equal: bool
    difference: RunMismatch | None
    compared: dict[str, int]
    surroundings: tuple[EnvironmentChange, ...]
    sentence: str
