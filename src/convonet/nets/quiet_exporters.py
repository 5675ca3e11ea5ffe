"""Exporters made to be quiet, and to fail with one error."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator

from convonet.errors import ModelFileError
from convonet.nets.backend import name


@contextlib.contextmanager
def exporting(title: str) -> Iterator[None]:
    """Catch what an exporter prints (hundreds of lines when it fails, warnings of its age when not) and raises.

    Raises:
        ModelFileError: it failed.
    """
    output = io.StringIO()
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(output),
            contextlib.redirect_stderr(output),
        ):
            warnings.simplefilter("ignore")
            yield
    except (
        RuntimeError,
        ValueError,
        TypeError,
        AttributeError,
        ImportError,
        KeyError,
        AssertionError,
    ) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__) or output.getvalue()
        raise ModelFileError(
            f"This network cannot be exported to {title} with the Keras backend {name()}",
            reason=reason[:200],
            hint="The .keras file contains the same network, and Convonet can predict with it",
        ) from error
