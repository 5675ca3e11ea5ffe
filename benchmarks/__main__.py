"""`make bench`: every benchmark in turn, each a process of its own. Figures hold for this machine and this hour."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
_OF_IMAGES = ("bench_data", "bench_inference", "bench_tuning")
"""Those that take a folder of images."""


def main() -> int:
    """Run them; the digits of `mnist_png` where the real sets are, else made ones."""
    with tempfile.TemporaryDirectory() as folder:
        digits = _digits(Path(folder))
        for script in sorted(HERE.glob("bench_*.py")):
            print(f"\n== {script.stem.removeprefix('bench_')}", flush=True)
            arguments = [str(digits)] if script.stem in _OF_IMAGES and digits else []
            subprocess.run([sys.executable, str(script), *arguments], check=True)
    return 0


def _digits(folder: Path) -> Path | None:
    sets = os.environ.get("CONVONET_TEST_DATA")
    if sets is None:
        return None
    with tarfile.open(Path(sets) / "mnist_png.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "mnist_png"


if __name__ == "__main__":
    sys.exit(main())
