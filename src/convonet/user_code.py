"""Exceptions of functions that a person has written: callbacks and listeners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from convonet.errors import Cancelled, ConvonetError


class UserCodeError(Exception):
    """A person's callback or listener raised; `error` is what it raised.

    Not a ConvonetError, so that nothing on the way takes it for a failed candidate or trial.
    """

    def __init__(self, error: Exception) -> None:
        self.error = error
        super().__init__(str(error))

    def told(self) -> ConvonetError:
        """The same for the run's record."""
        return ConvonetError(
            "A callback or listener raised an exception",
            received=f"{type(self.error).__name__}: {self.error}"[:500],
        )


@contextmanager
def user_code() -> Iterator[None]:
    """Around calls of a person's own functions.

    Raises:
        UserCodeError: one of them raised.
        Cancelled: one of them asked to stop.
    """
    try:
        yield
    except (Cancelled, UserCodeError):
        raise
    except Exception as error:
        raise UserCodeError(error) from error
