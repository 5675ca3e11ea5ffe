"""Measures fresh environments: `python tools/environments.py [NAME …]` prints the table of docs/install.md.

A name is `predict` (requirements-predict.txt), `all` or another extra of pyproject.toml; without names, it measures all
of them except `dev` and `checks`. The core is always measured, because extras are installed on top of it. Each
environment is removed once it is measured; it takes up to 3 GB meanwhile. Times are processor time, which other work on
the machine and the speed of the network hardly change.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
_ROUNDS = 9
_IMPORT = """
import sys, time
started = time.process_time()
import convonet
print(time.process_time() - started)
sys.exit(", ".join({"keras", "torch", "PySide6", "matplotlib"} & set(sys.modules)) or None)
"""


class Environment:
    """A virtual environment, independent of the one that this script runs in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @classmethod
    def created(cls, folder: Path) -> Environment:
        """A new one with nothing but pip."""
        subprocess.run([sys._base_executable, "-m", "venv", folder], check=True)  # type: ignore[attr-defined]
        return cls(folder)

    def copied(self, folder: Path) -> Environment:
        """The same packages again. Hard links cost no space, and pip replaces files instead of changing them."""
        shutil.copytree(self.folder, folder, symlinks=True, copy_function=os.link)
        return Environment(folder)

    def run(self, *arguments: str | Path) -> str:
        """What Python prints.

        Raises:
            subprocess.CalledProcessError: it failed; its messages are on standard error.
        """
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [self.python, *arguments]
        done = subprocess.run(
            command, env=variables, cwd=self.folder, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def install(self, *arguments: str | Path) -> float:
        """Install by pip with constraints.txt; the answer is its processor time in seconds."""
        before = os.times()
        self.run("-m", "pip", "install", "--quiet", "-c", ROOT / "constraints.txt", *arguments)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    def megabytes(self) -> float:
        """The size of all files in site-packages."""
        packages = Path(self.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
        return sum(path.lstat().st_size for path in packages.rglob("*") if path.is_file()) / 1e6

    def import_seconds(self) -> float:
        """Median time of `import convonet` in a new process, which must load no large package."""
        return statistics.median(float(self.run("-c", _IMPORT)) for _ in range(_ROUNDS))

    def print_row(self, title: str, seconds: float) -> None:
        """Print a row of the table as soon as it is known."""
        print(f"| {title} | {self.megabytes():,.0f} MB | {seconds:.0f} s |", flush=True)


def all_names() -> list[str]:
    """The small environment and each extra for users."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return ["predict", *(name for name in project["optional-dependencies"] if name not in ("dev", "checks"))]


def measure(names: list[str], folder: Path) -> None:
    """Print the table, then what `import convonet` costs."""
    print("| packages | size of `site-packages` | installation time |\n|---|---:|---:|", flush=True)
    core = Environment.created(folder / "core")
    core.run("-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT)
    wheel = next(folder.glob("convonet-*.whl"))
    if "predict" in names:
        small = Environment.created(folder / "predict")
        seconds = small.install("-r", ROOT / "requirements-predict.txt")
        small.print_row("prediction only", seconds + small.install("--no-deps", wheel))
        shutil.rmtree(small.folder)
    core.print_row("core", core.install(wheel))
    for name in names:
        if name != "predict":
            larger = core.copied(folder / name)
            larger.print_row(f"core + `{name}`", larger.install(f"{wheel}[{name}]"))
            shutil.rmtree(larger.folder)
    print(f"\nimport convonet: {core.import_seconds():.3f} s")


def main(names: list[str]) -> int:
    """Measure the named environments, or all."""
    known = all_names()
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"No such environment: {', '.join(unknown)}. There are {', '.join(known)}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="environments") as folder:
        measure(names or known, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
