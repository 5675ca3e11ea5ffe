"""With no network but loopback: the demonstration, the window, the server and the page work."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ALONE = ("unshare", "--map-root-user", "--net")
_LOOPBACK_UP = """
import fcntl, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
    fcntl.ioctl(asked, 0x8914, struct.pack("16sh", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
try:
    socket.create_connection(("192.0.2.1", 80), timeout=2)
except OSError:
    pass
else:
    sys.exit("there is a network")
"""
_USE = """
import json, subprocess, sys, urllib.request
root, run, image, browser = sys.argv[1:]

def look(url, run, browser):
    from playwright.sync_api import sync_playwright
    asked, faults = [], []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = opened.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda fault: faults.append(str(fault)))
        page.goto(url)
        page.goto(f"{url}#runs/{run}")
        page.get_by_text(run).first.wait_for(timeout=120_000)
        opened.close()
    strange = [place for place in asked if not place.startswith((url, "data:", "blob:"))]
    assert not strange and not faults, (strange, faults)
    print(f"the page asked {len(asked)} addresses, all of its own server")

words = [sys.executable, "-m", "convonet", "serve", "--root", root, "--port", "0", "--no-warm"]
server = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
try:
    url = server.stderr.readline().split()[2]
    body = b'--x\\r\\nContent-Disposition: form-data; name="files"; filename="a.png"\\r\\n\\r\\n'
    body += open(image, "rb").read() + b"\\r\\n--x--\\r\\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    for _ in range(200):
        try:
            asked = urllib.request.Request(f"{url}api/v1/runs/{run}/predict", body, kind)
            print(urllib.request.urlopen(asked).read().decode())
            break
        except ConnectionError:
            continue
    assert b"<html" in urllib.request.urlopen(url).read().lower()
    if browser:
        look(url, run, browser)
finally:
    server.terminate()
    server.communicate()
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nothing_outside_is_asked(tmp_path: Path) -> None:
    if shutil.which("unshare") is None or subprocess.run([*_ALONE, "true"], check=False).returncode:
        pytest.skip("no namespace without a network can be made here")
    (tmp_path / "up.py").write_text(_LOOPBACK_UP)
    (tmp_path / "use.py").write_text(_USE)
    images = Path(os.environ["CONVONET_HOME"]) / "samples" / "digits" / "test" / "7"
    script = f"""
        set -e
        {sys.executable} up.py
        {sys.executable} -m convonet demo --out runs
        QT_QPA_PLATFORM=offscreen {sys.executable} -m convonet desktop --snap window.png
        {sys.executable} use.py . "$(ls runs)" "$(ls -d {images}/* | head -1)" "{browser()}"
    """
    words = [*_ALONE, "bash", "-c", script]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert '"predicted"' in done.stdout
    assert (tmp_path / "window.png").stat().st_size > 10_000
    if browser():
        assert "all of its own server" in done.stdout


def browser() -> str:
    """The program of a browser, empty where there is none or nothing that drives it."""
    known = importlib.util.find_spec("playwright") is not None
    return next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), "") if known else ""
