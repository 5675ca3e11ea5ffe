"""Runs: folders that hold everything, and the store that finds them."""

from convonet.documents.run_record import RECORD
from convonet.runs.run import Run, new_id
from convonet.runs.store import RunStore

__all__ = ["RECORD", "Run", "RunStore", "new_id"]
