"""What all tests share: a Convonet folder of their own, and the real image sets where they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from convonet.errors import ConvonetError
from convonet.events import Watch
from convonet.exporting import runtime as web_runtime
from convonet.exporting.browsers import find_chromium

pytest_plugins = ["parts"]

# An example may take as long as it wants: the limit of 0.2 seconds is one on the machine, not on the code.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

_SETS = os.environ.get("CONVONET_TEST_DATA")
_KEPT_RUNTIME = web_runtime.cached_runtime()
"""In the person's own folder: read here, before a test sets up another one."""


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the person's own Convonet folder."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CONVONET_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def own_seed() -> None:
    """Networks that a test makes without a seed are the same in every order and on every machine."""
    if "keras" in sys.modules:
        sys.modules["keras"].utils.set_random_seed(7)


@pytest.fixture(scope="session")
def real_data(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a real set, unpacked once; skips where the sets are not, and fails there in CI."""
    unpacked: dict[str, Path] = {}

    def find(name: str) -> Path:
        if _SETS is None:
            pytest.skip("the real image sets are not here: set CONVONET_TEST_DATA to their folder")
        if name not in unpacked:
            folder = tmp_path_factory.mktemp("sets")
            with tarfile.open(Path(_SETS) / f"{name}.tar.gz") as archive:
                archive.extractall(folder, filter="data")
            unpacked[name] = folder / name
        return unpacked[name]

    return find


@pytest.fixture(scope="session")
def flowers_by_command(
    real_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What `convonet train flowers_128 --minutes 1` prints as JSON: what the window and the page must reach."""
    folder = tmp_path_factory.mktemp("command")
    words = ["train", real_data("flowers_128"), "--minutes", "1", "--out", folder / "runs", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "convonet", *map(str, words)],
        capture_output=True,
        text=True,
        env=os.environ | {"CONVONET_HOME": str(folder / "home")},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="session")
def foreign_models() -> Path:
    """The folder of models that other people published; skips where it is not, and fails there in CI."""
    folder = Path(_SETS or "absent") / "foreign_models"
    if not folder.is_dir():
        pytest.skip("no models of other people here: set CONVONET_TEST_DATA to their folder's parent")
    return folder


@pytest.fixture(scope="session")
def chinese_font() -> None:
    """Figures are drawn with Chinese names; skips where no font has them, and fails there in CI."""
    from convonet.plots.fonts import find_fonts

    if find_fonts(["东"]).missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no font with Chinese letters here")


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Class folders train/ and test/ of the 1,797 small digits."""
    from convonet.data.samples import write_samples

    folder = tmp_path_factory.mktemp("digits") / "digits"
    write_samples("digits", folder)
    return folder


class _StopAfter:
    """A wish to stop that comes with the n-th question."""

    def __init__(self, questions: int) -> None:
        self._left = questions

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


@pytest.fixture(scope="session")
def stopping() -> Callable[[int], Watch]:
    """Makes a watch that lets so many questions pass and then asks to stop."""
    return lambda questions: Watch(should_stop=_StopAfter(questions))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two nodes of one core each."""
    if find_spec("ray") is None:
        _absent("the extra ray is not installed")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_health_check_period_ms", "500")
    monkeypatch.setenv("RAY_health_check_timeout_ms", "500")
    monkeypatch.setenv("RAY_health_check_failure_threshold", "2")
    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = made.add_node(num_cpus=1)
    monkeypatch.setenv("RAY_ADDRESS", made.address)
    yield made, second
    made.shutdown()


@pytest.fixture(scope="session")
def ort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with ONNX Runtime Web, the person's own where it is kept there; skips where it cannot be had."""
    if all((_KEPT_RUNTIME / name).is_file() for name in web_runtime.HASHES):
        return _KEPT_RUNTIME
    if shutil.which("npm") is None:
        _absent("ONNX Runtime Web is not kept here, and there is no npm to download it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("runtime")))
        try:
            return web_runtime.find_runtime(fetch=True)
        except ConvonetError as error:
            _absent(f"ONNX Runtime Web cannot be downloaded: {error}")
            raise


def _absent(what: str) -> None:
    """Skip, with a word; in CI fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(what)


@pytest.fixture(scope="session")
def launch_chromium() -> Iterator[Callable[..., Any]]:
    """Starts Chromium with some options; skips where there is none, and fails in CI.

    All tests of a process share one Playwright, beside which no second one can be started.
    """
    program = find_chromium()
    if program is None:
        _absent("there is no Chromium here")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        yield lambda *options: playwright.chromium.launch(executable_path=program, args=list(options))


_AXE = """
async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => [each.id, each.help, each.nodes.slice(0, 4).map((node) => node.html.slice(0, 160))]);
}
"""


@pytest.fixture(scope="session")
def axe_faults() -> Callable[[Any], list[Any]]:
    """`axe_faults(page)`: what axe-core calls serious or critical on a page as it stands."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    source = (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")

    def faults(page: Any) -> list[Any]:
        # Evaluated by the browser itself, which no content policy forbids.
        page.evaluate(source)
        found: list[Any] = page.evaluate(_AXE)
        return found

    return faults
