"""`make bench`: every benchmark in turn, each a process of its own. Figures hold for this machine and this hour."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
_SETS = {
    "bench_data": "mnist_png",
    "bench_inference": "mnist_png",
    "bench_tuning": "mnist_png",
    "bench_first_result": "flowers_128",
    "bench_unknown": "flowers_128",
}
"""Those that take a folder of images, and the real set that it is."""
_LONG = ("bench_gpu", "bench_large", "bench_server_load")
"""Those that are asked for by name: they need a GPU, gigabytes of disk, or the whole machine for some minutes."""
_NEEDED = ("bench_first_result", "bench_unknown")
"""Those that have nothing to measure without it."""


def main() -> int:
    """Run them; on the real sets where they are, else on made images."""
    with tempfile.TemporaryDirectory() as folder:
        for script in sorted(HERE.glob("bench_*.py")):
            name = _SETS.get(script.stem)
            images = None if name is None else _unpacked(name, Path(folder))
            if script.stem in _LONG or (images is None and script.stem in _NEEDED):
                continue
            print(f"\n== {script.stem.removeprefix('bench_')}", flush=True)
            arguments = [] if images is None else [str(images)]
            subprocess.run([sys.executable, str(script), *arguments], check=True)
    return 0


def _unpacked(name: str, folder: Path) -> Path | None:
    """The folder of a real set, unpacked once; None where the sets are not here."""
    sets = os.environ.get("CONVONET_TEST_DATA")
    if sets is None:
        return None
    if not (folder / name).is_dir():
        with tarfile.open(Path(sets) / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    return folder / name


if __name__ == "__main__":
    sys.exit(main())
