"""One call for each job, done in this process: for scripts and notebooks.

Parameters are given as values, as plain dictionaries, or as paths of their JSON files; each call leaves the same
run folder that the command line leaves, and returns what is in it. The names are those of `convonet`, which loads
each on first use: whoever predicts does not wait for what draws.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

# Type checkers know these names as `convonet.…`, where they are meant to be used.
if not TYPE_CHECKING:

    def __getattr__(name):
        return getattr(sys.modules["convonet"], name)
