"""How fast the command line answers, beside a bare Typer application: `python benchmarks/bench_start.py`."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import typer
from compiled import as_installed

from convonet.cli.app import app

_ROUNDS = 9


def bare_application(commands: int) -> str:
    """A Typer application with as many commands, which do nothing."""
    functions = "\n".join(
        f"@app.command()\ndef c{number}(a: str = 'x', b: int = 3, c: bool = False) -> None:\n    'Does nothing.'"
        for number in range(commands)
    )
    return f"import typer\napp = typer.Typer()\n{functions}\napp()\n"


def seconds(command: list[str]) -> float:
    """Wall time of a process."""
    started = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure both in turn and print medians and the ratio."""
    as_installed()
    group = typer.main.get_command(app)
    count = len(group.commands)  # type: ignore[attr-defined]
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare.py"
        script.write_text(bare_application(count), encoding="utf-8")
        ours, bare = [sys.executable, "-m", "convonet", "--help"], [sys.executable, str(script), "--help"]
        pairs = [(seconds(ours), seconds(bare)) for _ in range(_ROUNDS + 1)][1:]
    ratio = statistics.median(one / other for one, other in pairs)
    print(f"convonet --help        {statistics.median(one for one, _ in pairs):.3f} s")
    print(f"bare Typer, {count:2} commands {statistics.median(other for _, other in pairs):.3f} s")
    print(f"ratio, median of pairs {ratio:.2f}")


if __name__ == "__main__":
    main()
