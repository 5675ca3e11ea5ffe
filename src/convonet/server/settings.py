"""What a server is started with: where, for whom, and how much of everything at most."""

from __future__ import annotations

import ipaddress
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from convonet.errors import ParamError
from convonet.json_values import JsonObject

MIB = 2**20
MOST_WORKERS = 64
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of everything at most. Beyond it a request is refused with the right status.

    Attributes:
        upload_bytes: of one request with images.
        body_bytes: of any other request.
        waiting_bytes: of all images that are being received or answered at one time.
        files: images in one request.
        pixels: of one uploaded image.
        request_pixels: of all images of one request together.
        import_bytes: of one set of images that is uploaded, unpacked.
        import_file_bytes: of one file of it.
        import_files: files of it.
        decode_seconds: for decoding the images of one request.
        array_bytes: of an array in an .npz file whose rows are shown.
        waiting_images: images that wait for an answer, over all requests.
        waiting_runs: runs that wait for their turn.
        read_seconds: for a client to send its request.
        write_seconds: for a client to take the next part of an answer.
        streams: event streams open at one time.
        models: networks kept in memory.
        batch: images that are computed at once; 1 answers one request after another.
    """

    upload_bytes: int = 64 * MIB
    body_bytes: int = 4 * MIB
    waiting_bytes: int = 512 * MIB
    files: int = 1000
    pixels: int = 50_000_000
    request_pixels: int = 200_000_000
    import_bytes: int = 10 * 1024 * MIB
    import_file_bytes: int = 256 * MIB
    import_files: int = 200_000
    decode_seconds: float = 15.0
    array_bytes: int = 256 * MIB
    waiting_images: int = 20_000
    waiting_runs: int = 50
    read_seconds: float = 60.0
    write_seconds: float = 60.0
    streams: int = 500
    models: int = 4
    batch: int = 256

    def __post_init__(self) -> None:
        faults = {
            name: f"{name}: expected a number > 0, received {value}"
            for name, value in vars(self).items()
            if value <= 0
        }
        if faults:
            raise ParamError.of(faults)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One server.

    Attributes:
        root: the only folder whose images, models and runs can be reached; resolved.
        token: who knows it may do everything; None: anybody on this machine may.
        jobs: trainings and searches at work at one time.
        names: further host names by which the server is reached.
        warm: keep a worker ready that has loaded what a training needs.
        workers: processes that answer predictions; 1: the server's own process does.
    """

    root: Path
    host: str = "127.0.0.1"
    port: int = 8765
    token: str | None = field(default=None, repr=False)
    jobs: int = 1
    names: tuple[str, ...] = ()
    warm: bool = True
    workers: int = 1
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        faults = {}
        if not self.root.is_dir():
            faults["root"] = f"root: expected a folder, received {str(self.root)!r}"
        if self.jobs < 1:
            faults["jobs"] = f"jobs: expected 1 or more, received {self.jobs}"
        if not 1 <= self.workers <= MOST_WORKERS:
            faults["workers"] = f"workers: expected 1 to {MOST_WORKERS}, received {self.workers}"
        elif self.workers > 1 and sys.platform == "win32":
            faults["workers"] = (
                "workers: expected 1 on Windows, where processes cannot share a listening socket"
            )
        if not 0 <= self.port <= 65535:
            faults["port"] = f"port: expected 0 to 65535, received {self.port}"
        if self.token is not None and (len(self.token) < 8 or not self.token.isascii() or " " in self.token):
            faults["token"] = "token: expected 8 or more ASCII characters without spaces"
        if faults:
            raise ParamError.of(faults)
        object.__setattr__(self, "root", self.root.resolve())
        if self.token is None and not is_loopback(self.host):
            object.__setattr__(self, "token", secrets.token_urlsafe(24))

    @property
    def url(self) -> str:
        """Where the page is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/"

    @property
    def runs(self) -> Path:
        """The folder that gets new runs."""
        return self.root / "runs"


def settings_to_json(settings: Settings) -> JsonObject:
    """Settings for a worker; among them the token, so they are not for its command."""
    return asdict(settings) | {"root": str(settings.root)}


def settings_from_json(content: Mapping[str, Any]) -> Settings:
    """What `settings_to_json` gave."""
    names, limits = tuple(content["names"]), Limits(**content["limits"])
    return Settings(**{**content, "root": Path(content["root"]), "names": names, "limits": limits})


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
