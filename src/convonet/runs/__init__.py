"""Runs: folders that hold everything, and the store that finds them."""

from convonet.runs.run import RECORD, Run, new_id
from convonet.runs.store import RunStore

__all__ = ["RECORD", "Run", "RunStore", "new_id"]
