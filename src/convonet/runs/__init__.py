"""Runs: folders that hold everything, and the store that finds them."""

import sys
from types import ModuleType
from typing import Any

from convonet.documents.run_migrations import RECORD
from convonet.runs.run import Run, new_id
from convonet.runs.store import RunStore

__all__ = ["RECORD", "Run", "RunStore", "new_id"]


class _RunsPackage(ModuleType):
    """This package, which people also call: `convonet.runs()` lists their runs."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        # The package above is there, and imports nothing for this room until it is called.
        return sys.modules["convonet"].list_runs(*args, **options)


# Importing a submodule binds its name in `convonet`, over any function that is called the same.
sys.modules[__name__].__class__ = _RunsPackage
