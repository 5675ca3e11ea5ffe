"""The example deployment: its start script serves, and its files name what is there."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

DEPLOY = Path(__file__).parents[1] / "deploy"
TOKEN = "for-this-deployment"

posix = pytest.mark.skipif(os.name != "posix", reason="the script is one of a Unix shell")


def known_variables() -> set[str]:
    """What the start script says that it reads."""
    return set(re.findall(r"CONVONET_[A-Z_]+", (DEPLOY / "start.sh").read_text()))


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "convonet.service"])
def test_files_set_only_what_the_start_script_reads(name: str) -> None:
    content = (DEPLOY / name).read_text()
    assert set(re.findall(r"\b(CONVONET_[A-Z]+)\s*[=:]", content)) <= known_variables()


def test_files_that_are_named_are_there() -> None:
    docker = (DEPLOY / "Dockerfile").read_text()
    assert "/opt/convonet/deploy/start.sh" in docker
    assert "WORKDIR /opt/convonet" in docker
    compose = (DEPLOY / "compose.yaml").read_text()
    for name in re.findall(r"dockerfile: deploy/(\w+)|- \./(\w+):", compose):
        assert (DEPLOY / "".join(name)).is_file()
    assert os.access(DEPLOY / "start.sh", os.X_OK)
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "convonet.service")
    assert (DEPLOY / unit["Unit"]["Requires"]).is_file()
    assert unit["Service"]["ExecStart"].endswith("deploy/start.sh")


@posix
@pytest.mark.slow
def test_the_start_script_serves_with_workers_and_ends(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    given = {
        "ROOT": tmp_path,
        "PORT": 0,
        "WORKERS": 2,
        "NAME": "images.example",
        "TOKEN_FILE": tmp_path / "token",
    }
    variables = {f"CONVONET_{name}": str(value) for name, value in given.items()}
    process = subprocess.Popen(
        [str(DEPLOY / "start.sh"), "--no-warm"],
        env=dict(os.environ) | variables | {"CONVONET_PYTHON": sys.executable},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert line.startswith("Convonet at "), line + process.stderr.read()
        reader = threading.Thread(target=process.stderr.read, daemon=True)
        reader.start()
        url = f"{line.split()[2]}api/v1"
        named = {"host": "images.example"}
        with httpx.Client(timeout=60, headers=named) as client:
            assert client.get(f"{url}/ready").json()["status"] == "ready"
            assert client.get(f"{url}/runs").status_code == 401
            answer = client.get(f"{url}/runs", headers={"authorization": f"Bearer {TOKEN}"})
            assert answer.json() == {"total": 0, "runs": []}
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0
    reader.join()
    process.stderr.close()
