"""What commands and calls are given to refuse, and how it is seen that they leave nothing behind."""

from __future__ import annotations

from pathlib import Path

from PIL import Image


def lay_out(folder: Path) -> None:
    """A set of two classes, an empty folder, a text file, and two folders of damaged runs."""
    for index, name in enumerate(("dark", "light")):
        (folder / "set" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (8, 8), 100 * index + number).save(folder / "set" / name / f"{number}.png")
    for name in ("empty", "no_record", "torn"):
        (folder / name).mkdir()
    (folder / "no_record" / "history.csv").write_text("epoch\n1\n")
    (folder / "torn" / "run.json").write_text('{"id": ')
    (folder / "text.txt").write_text("no image")


def files_in(folder: Path) -> set[str]:
    """Everything below a folder, by its path from there."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
