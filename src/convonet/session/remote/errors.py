"""The error of a server that does not answer."""

from __future__ import annotations

from convonet.errors import ConvonetError


class ServerLostError(ConvonetError):
    """The server cannot be reached, or went away while it answered."""


def server_lost(url: str, error: BaseException) -> ServerLostError:
    """The error for a request that was not answered.

    Args:
        error: what the library raised; the operating system's own words are found behind it.
    """
    return ServerLostError(
        "The server is not responding",
        where=url,
        received=_words(error)[:200],
        hint="Runs on the server continue. Reconnecting",
    )


def _words(error: BaseException) -> str:
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        found = found.__cause__ or found.__context__
    return str(error) or type(error).__name__
