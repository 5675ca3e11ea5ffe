"""What a worker loads while it waits for a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from convonet.data.samples import write_samples

_CODE = """
import json, sys
from convonet.jobs import warm
import convonet
before, later = set(sys.modules), []
def listen(event):
    if type(event).__name__ == "BatchEnded":
        later.extend(sys.modules.keys() - before)
        raise KeyboardInterrupt
try:
    convonet.train({{"train_dir": {images!r}}}, {{"epochs": 1}}, recipe="none", out={out!r}, listen=listen)
except KeyboardInterrupt:
    pass
late = ("convonet.nets", "convonet.training", "keras", "torch", "numpy")
print(json.dumps(sorted(name for name in later if name.startswith(late))))
"""


@pytest.mark.slow
def test_a_warm_worker_loads_nothing_more_until_the_first_batch(tmp_path: Path) -> None:
    write_samples("digits", tmp_path / "digits")
    images = next((tmp_path / "digits").glob("train*"))
    code = _CODE.format(images=str(images), out=str(tmp_path / "runs"))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
