"""Builds the bundle for this system: `make bundle`, or `python packaging/build_bundle.py [FOLDER]`.

The folder, `dist` by default, gets `convonet/` with the programs `convonet` and `convonet-desktop`; nobody needs Python
to start them. Needs the extra `bundle`. A system builds for itself alone.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
ICON = ROOT / "src" / "convonet" / "desktop" / "icon.svg"


def main(out: Path = ROOT / "dist") -> Path:
    """Build the bundle and print its size; the answer is its folder."""
    draw_icons(ROOT / "build" / "icons")
    words = [
        "--noconfirm",
        "--log-level",
        "WARN",
        "--distpath",
        str(out),
        "--workpath",
        str(ROOT / "build" / "bundle"),
    ]
    subprocess.run([sys.executable, "-m", "PyInstaller", *words, str(HERE / "bundle.spec")], check=True)
    folder = out / "convonet"
    print(f"{folder}: {size(folder) / 10**6:,.0f} MB in {sum(1 for _ in files(folder)):,} files")
    return folder


def draw_icons(folder: Path) -> None:
    """The icon as Windows (`convonet.ico`) and macOS (`convonet.icns`) want it, drawn from the one SVG file."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PIL import Image
    from PySide6.QtGui import QGuiApplication, QIcon

    application = QGuiApplication.instance() or QGuiApplication(sys.argv[:1])
    folder.mkdir(parents=True, exist_ok=True)
    picture = folder / "convonet.png"
    QIcon(str(ICON)).pixmap(1024, 1024).save(str(picture))
    del application
    with Image.open(picture) as image:
        image.save(folder / "convonet.ico", sizes=[(side, side) for side in (16, 24, 32, 48, 64, 128, 256)])
        image.save(folder / "convonet.icns")


def files(folder: Path) -> Iterator[Path]:
    """Every file below a folder, without links."""
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def size(folder: Path) -> int:
    """Bytes of all files."""
    return sum(path.stat().st_size for path in files(folder))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
