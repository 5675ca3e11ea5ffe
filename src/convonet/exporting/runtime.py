"""ONNX Runtime Web, the program that runs a network in a browser: pinned, cached, and downloaded only on request.

It is published as the npm package `onnxruntime-web`. Two of its files are needed. They are known by their hashes, so
whatever a registry, a proxy or a folder contains, a page never gets another program.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from convonet.atomic import replacing, storage_error
from convonet.errors import ConvonetError, InputError
from convonet.events import StageStarted, Watch
from convonet.hints import Hint, option
from convonet.home import home
from convonet.scratch import Scratch

PACKAGE, VERSION = "onnxruntime-web", "1.30.0"
HASHES = {
    "ort.wasm.bundle.min.mjs": "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    "ort-wasm-simd-threaded.wasm": "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
}
"""SHA-256 of each file of that version."""
DOWNLOAD_MIB = 32
"""The size of the package, for those who are asked whether to download it."""

_SECONDS = 600
_ELSEWHERE = f"run npm pack {PACKAGE}@{VERSION} on another machine and pass the file with {{}}"


def cached_runtime() -> Path:
    """The folder of this person that keeps the files; they may not be there yet."""
    return home() / PACKAGE / VERSION


def is_cached() -> bool:
    """Whether an export needs no download."""
    return all((cached_runtime() / name).is_file() for name in HASHES)


def find_runtime(*, source: Path | None = None, fetch: bool = False, watch: Watch | None = None) -> Path:
    """The folder with the files of ONNX Runtime Web, each of them checked.

    Args:
        source: where they are taken from: the package as npm packs it (`.tgz`), or a folder that holds the package or
            its files. They are kept for later exports.
        fetch: download the package with npm where the files are neither in `source` nor kept from an earlier export.

    Raises:
        InputError: they are not there and nobody asked for a download, or they are other files than the pinned ones.
        ConvonetError: the download failed.
    """
    watch = watch or Watch()
    if source is not None:
        return _keep(_unpacked(source) if source.is_file() else _in_folder(source), source)
    if is_cached():
        # Cached files are checked too, since they may have been changed or damaged since they were stored.
        _check({name: (cached_runtime() / name).read_bytes() for name in HASHES}, cached_runtime())
        return cached_runtime()
    if not fetch:
        raise InputError(
            "An export for browsers needs ONNX Runtime Web, which is not on this machine",
            expected=f"the npm package {PACKAGE} {VERSION}",
            hint=Hint.of(
                f"Add {{}} to download it once ({DOWNLOAD_MIB} MiB), or {_ELSEWHERE}",
                option("fetch", True),
                option("runtime"),
                window="Export the model again, and allow the download",
            ),
        )
    watch.tell(StageStarted(stage="fetch", title=f"Downloading {PACKAGE} {VERSION}"))
    with Scratch() as folder:
        package = _packed(folder)
        return _keep(_unpacked(package), package)


def _packed(folder: Path) -> Path:
    """The package, downloaded by npm from the registry that it is set up for."""
    npm = shutil.which("npm")
    if npm is None:
        raise InputError(
            "npm, which downloads ONNX Runtime Web, was not found",
            hint=Hint.of(
                f"Install Node.js, or {_ELSEWHERE}",
                option("runtime"),
                window="Install Node.js, then export the model again",
            ),
        )
    # A package may name programs that run when it is packed; none of them is needed.
    command = [npm, "pack", f"{PACKAGE}@{VERSION}", "--ignore-scripts", "--pack-destination", str(folder)]
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ConvonetError("npm could not download ONNX Runtime Web", reason=str(error)[:200]) from error
    found = sorted(folder.glob("*.tgz"))
    if done.returncode or not found:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise ConvonetError(
            "npm could not download ONNX Runtime Web",
            received=(lines[0] if lines else f"exit code {done.returncode}")[:200],
            hint=Hint.of(
                "Check the internet connection and npm's settings, or pass a downloaded package with {}",
                option("runtime"),
                window="Check the internet connection and npm's settings",
            ),
        )
    return found[0]


def _unpacked(package: Path) -> dict[str, bytes]:
    """The files from a package as npm packs it; nothing else is taken out of it."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(package) as archive:
            for name in HASHES:
                # Read into memory, never unpacked by name: a package could name files elsewhere.
                content = archive.extractfile(f"package/dist/{name}")
                if content is not None:
                    found[name] = content.read()
    except (OSError, tarfile.TarError, KeyError, EOFError) as error:
        raise InputError(
            f"The package {PACKAGE} cannot be read",
            where=package,
            expected=f"the file that npm pack {PACKAGE}@{VERSION} writes",
            reason=str(error)[:200],
        ) from error
    return found


def _in_folder(folder: Path) -> dict[str, bytes]:
    places = (folder, folder / "dist", folder / PACKAGE / "dist", folder / "node_modules" / PACKAGE / "dist")
    place = next((each for each in places if all((each / name).is_file() for name in HASHES)), None)
    if place is None:
        raise InputError(
            "There is no ONNX Runtime Web in this folder", where=folder, expected=" and ".join(HASHES)
        )
    return {name: (place / name).read_bytes() for name in HASHES}


def _check(files: Mapping[str, bytes], where: Path) -> None:
    for name, expected in HASHES.items():
        received = hashlib.sha256(files.get(name, b"")).hexdigest()
        if received != expected:
            raise InputError(
                f"{name} does not match {PACKAGE} {VERSION}",
                where=where,
                expected=f"SHA-256 {expected}",
                received=received,
                hint=Hint.of(
                    "Pass that version of the package with {}; Convonet uses no other version",
                    option("runtime"),
                    window="Check npm's registry setting; Convonet uses no other version",
                ),
            )


def _keep(files: Mapping[str, bytes], source: Path) -> Path:
    # Checked before anything is written, so the cache never holds another program.
    _check(files, source)
    folder = cached_runtime()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            with replacing(folder / name) as temporary:
                temporary.write_bytes(content)
    except OSError as error:
        raise storage_error(error, folder) from error
    return folder
