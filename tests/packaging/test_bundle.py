"""The bundle: window and command line without Python."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from convonet import own_process

ROOT = Path(__file__).parents[2]
ENTRY = ROOT / "packaging" / "bundle_entry.py"


def test_worker_processes_are_the_bundles_own_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert own_process.python_words("-m", "convonet.worker", "RUN") == [
        sys.executable,
        own_process.AS_PYTHON,
        "-m",
        "convonet.worker",
        "RUN",
    ]
    assert own_process.isolated_words("convonet.data.matcher", __file__)[1:3] == [own_process.AS_PYTHON, "-m"]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ([own_process.AS_PYTHON, "-c", "import sys; print(sys.argv)", "a"], "['-c', 'a']"),
        ([own_process.AS_PYTHON, "-m", "convonet", "--version"], "convonet "),
        (["--version"], "convonet "),
    ],
)
def test_its_program_acts_as_python_or_as_the_command_line(words: list[str], answer: str) -> None:
    done = subprocess.run([sys.executable, ENTRY, *words], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(answer)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `CONVONET_BUNDLE` names, else one that is built now, which takes some minutes."""
    made = os.environ.get("CONVONET_BUNDLE")
    if made:
        return Path(made)
    if importlib.util.find_spec("PyInstaller") is None:
        pytest.skip("building the bundle needs PyInstaller: pip install 'convonet[bundle]'")
    out = tmp_path_factory.mktemp("bundle")
    subprocess.run([sys.executable, ROOT / "packaging" / "build_bundle.py", out], check=True)
    return out / "convonet"


def start(
    bundle: Path, program: str, words: list[str], home: Path, seconds: float = 300
) -> subprocess.CompletedProcess[str]:
    """Start a program of the bundle where no Python can be found."""
    suffix = ".exe" if sys.platform == "win32" else ""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
    variables = {
        "PATH": str(home),
        "HOME": str(home),
        "CONVONET_HOME": str(home),
        "QT_QPA_PLATFORM": "offscreen",
    }
    return subprocess.run(
        [bundle / f"{program}{suffix}", *words],
        env=kept | variables,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds,
    )


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_it_trains_predicts_and_shows_the_window_without_python(bundle: Path, tmp_path: Path) -> None:
    done = start(bundle, "convonet", ["demo", "--out", "runs", "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    run = Path(json.loads(done.stdout)["run"])
    assert (run / "report.html").is_file()
    assert json.loads((run / "evaluation.json").read_text(encoding="utf-8"))["accuracy"] > 0.9
    image = next((tmp_path / "runs").rglob("test/3/*.png"), None) or next(tmp_path.rglob("3/*.png"))
    done = start(bundle, "convonet", ["predict", str(run), str(image), "--json"], tmp_path)
    assert json.loads(done.stdout)[0]["predicted"] == "3", done.stderr
    done = start(bundle, "convonet-desktop", ["--snap", "window.png"], tmp_path)
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "window.png") as picture:
        assert len(picture.convert("RGB").getcolors(2**24) or ()) > 20
