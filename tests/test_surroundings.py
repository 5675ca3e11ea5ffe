"""What stands in a person's folder, settings or environment does not change what we do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import convonet
from convonet.cli.desktop import no_display
from convonet.own_process import child_environment, isolated_words, neutral_folder, python_words

SOURCE = Path(convonet.__file__).parent


def _child(words: list[str], here: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = child_environment(dict(os.environ) | more)
    return subprocess.run(
        words, capture_output=True, text=True, check=False, cwd=here, env=environment, timeout=240
    )


@pytest.mark.parametrize("module", ["random", "torch", "keras", "numpy", "json"])
def test_a_module_beside_the_images_is_not_run(module: str, tmp_path: Path) -> None:
    (tmp_path / f"{module}.py").write_text("open('ran', 'w').close()\n")
    code = f"import importlib.util as u; print(u.find_spec('{module}').origin)"
    done = _child(python_words("-c", code), tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) not in done.stdout
    module_run = subprocess.run(
        [sys.executable, "-m", "convonet", "--version"], cwd=tmp_path, capture_output=True, check=False
    )
    assert module_run.returncode == 0
    assert not (tmp_path / "ran").exists()


def test_every_child_is_started_so() -> None:
    """Whoever starts Python does it by `python_words` or `isolated_words`, as the matcher does."""
    starting = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if "sys.executable" in path.read_text(encoding="utf-8")
    ]
    assert starting == ["own_process.py"]
    assert python_words("-m", "module") == [sys.executable, "-P", "-m", "module"]
    assert isolated_words("module", "module.py") == [sys.executable, "-I", "-S", "module.py"]
    assert "isolated_words(matcher" in (SOURCE / "data/matching.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", []), (":", []), (".", []), ("{here}", []), ("lib", ["{here}/lib"]), ("/a:{here}:/b", ["/a", "/b"])],
)
def test_the_path_of_a_child(
    given: str, kept: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = child_environment({"PYTHONPATH": given.format(here=tmp_path)}).get("PYTHONPATH", "")
    assert [part for part in found.split(os.pathsep) if part] == [path.format(here=tmp_path) for path in kept]
    assert Path(neutral_folder()).is_dir()


def test_settings_of_keras_for_another_course_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float16", "epsilon": 1e-3, "image_data_format": "channels_first", "backend": "jax"}'
    )
    code = (
        "from convonet.nets.backend import keras, name\n"
        "c = keras.config\n"
        "print(name(), c.floatx(), c.epsilon(), c.image_data_format(), keras.layers.Dense(1).compute_dtype)"
    )
    environment = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "torch"}
    done = _child(python_words("-c", code), tmp_path, **environment)
    assert done.stdout.split() == ["torch", "float32", "1e-07", "channels_last", "float32"], done.stderr


@pytest.mark.parametrize("backend", ["nonsense", "mxnet", "Torch"])
def test_a_backend_that_is_not_there_is_told(backend: str, tmp_path: Path) -> None:
    done = _child(python_words("-c", "import convonet.nets.backend"), tmp_path, KERAS_BACKEND=backend)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "KERAS_BACKEND names a backend that cannot be used" in last
    assert f"received {backend}" in last
    assert "ModuleNotFoundError" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
@pytest.mark.parametrize(
    ("environment", "missing"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY"),
        ({"DISPLAY": ":4711"}, "nothing responds at :4711"),
        ({"DISPLAY": "nonsense"}, "nothing responds"),
        ({"DISPLAY": "localhost:17.0"}, "nothing responds"),
        ({"WAYLAND_DISPLAY": "wayland-77", "XDG_RUNTIME_DIR": "/nowhere"}, "nothing responds at wayland-77"),
        ({"QT_QPA_PLATFORM": "xcb"}, "neither"),
        ({"QT_QPA_PLATFORM": "offscreen"}, None),
        ({"QT_QPA_PLATFORM": "minimal:enable_fonts"}, None),
    ],
)
def test_a_missing_display_is_told(
    environment: dict[str, str], missing: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = no_display()
    assert found is None if missing is None else missing in (found or "")


def test_figures_do_not_follow_a_file_of_settings(tmp_path: Path) -> None:
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 77\nfigure.facecolor: red\n")
    code = (
        "import convonet.plots.figures\n"
        "from matplotlib import rcParams as found\n"
        "print(found['lines.linewidth'], found['figure.facecolor'])"
    )
    done = _child(python_words("-c", code), tmp_path)
    assert done.stdout.split() == ["1.5", "white"], done.stderr


def test_what_a_killed_worker_leaves_is_removed_later(tmp_path: Path) -> None:
    """Folders of multiprocessing stand in the worker's own temporary folder, which others find abandoned."""
    code = (
        "from convonet.worker.__main__ import _use_own_temporary_folder\n"
        "_use_own_temporary_folder()\n"
        "from multiprocessing.util import get_temp_dir\n"
        "import os, signal, sys\n"
        "print(get_temp_dir(), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = _child(python_words("-c", code), tmp_path, TMPDIR=str(tmp_path))
    left = Path(done.stdout.strip())
    assert left.is_dir()
    assert left.name.startswith("pymp-")
    own = next(tmp_path.iterdir())
    assert own in left.parents
    os.utime(own, (1, 1))
    sweep = "from convonet.scratch import remove_abandoned; print(remove_abandoned())"
    assert _child(python_words("-c", sweep), tmp_path, TMPDIR=str(tmp_path)).stdout.strip() == "1"
    assert not left.exists()
