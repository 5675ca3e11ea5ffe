"""One function for each job, executed in the calling process, for scripts and notebooks.

Parameters are values, plain dictionaries, or paths of JSON files. Each call writes the same run folder as the
command line and returns its contents. `convonet` exports these names and loads each on first use, so a script that
only predicts does not wait for plotting libraries.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

# Type checkers know these names as `convonet.…`, where they are meant to be used.
if not TYPE_CHECKING:

    def __getattr__(name):
        return getattr(sys.modules["convonet"], name)
