"""A server over a folder with a small set of digits and one trained run, in a thread of the test process."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from convonet import api
from convonet.launch.supervisor import Supervisor
from convonet.server.app import create_app
from convonet.server.services import Services
from convonet.server.serving import Server, listening
from convonet.server.settings import Limits, Settings

DATA: dict[str, Any] = {"train_dir": "digits/train", "test_dir": "digits/test", "image_size": 8}
QUICK: dict[str, Any] = {"family": "logistic", "epochs": 1, "batch_size": 16}
CLASSES = ("0", "1", "7")


@dataclass
class Served:
    """A server that listens.

    Attributes:
        client: without a token; its addresses are below `/api/v1`.
        run: id of a run with a model.
    """

    root: Path
    url: str
    client: httpx.Client
    parts: Services
    run: str = "trained"

    @property
    def port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    def image(self, name: str = "7") -> Path:
        """An image of a class."""
        return next((self.root / "digits" / "test" / name).iterdir())


@contextmanager
def serving(root: Path, supervisor: Supervisor | None = None, **settings: Any) -> Iterator[Served]:
    """A server with these settings."""
    chosen = Settings(root=root, port=0, warm=False, **settings)
    app = create_app(chosen, supervisor)
    server = Server(app)
    with listening(chosen) as port:
        thread = threading.Thread(target=server.run, args=([port],))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        url = f"http://127.0.0.1:{port.getsockname()[1]}"
        try:
            with httpx.Client(base_url=f"{url}/api/v1", timeout=60, trust_env=False) as client:
                yield Served(root, url, client, app.state.services)
        finally:
            server.end()
            thread.join()


@pytest.fixture(scope="session")
def trained_root(digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three of the digits and the run `trained`, tested. Not to be changed."""
    root = tmp_path_factory.mktemp("root")
    for split, count in (("train", 20), ("test", 8)):
        for name in CLASSES:
            target = root / "digits" / split / name
            target.mkdir(parents=True)
            for file in sorted((digits / split / name).iterdir())[:count]:
                shutil.copyfile(file, target / file.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("trained-home")))
        data = DATA | {name: str(root / DATA[name]) for name in ("train_dir", "test_dir")}
        api.train(data, QUICK | {"epochs": 3}, test=True, out=root / "runs", name="trained", threads=1)
    return root


def copied(root: Path, target: Path) -> Path:
    """The folder at another place, as if it had been made there."""
    shutil.copytree(root, target)
    record = target / "runs" / "trained" / "run.json"
    record.write_text(record.read_text().replace(str(root), str(target)))
    return target


@pytest.fixture(scope="session")
def shared(trained_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that only look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("server-home")))
        root = tmp_path_factory.mktemp("shared") / "root"
        with serving(copied(trained_root, root)) as served:
            yield served


@pytest.fixture
def root(trained_root: Path, tmp_path: Path) -> Path:
    """A copy of the folder that a test may change."""
    return copied(trained_root, tmp_path / "root")


@pytest.fixture(scope="module")
def networks(trained_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with two trainings of convolutional networks, `first` and `second`, and `models/given.keras`."""
    root = copied(trained_root, tmp_path_factory.mktemp("networks") / "root")
    data = {f"{split}_dir": str(root / "digits" / split) for split in ("train", "test")} | {"image_size": 16}
    for name, units in (("first", 8), ("second", 16)):
        hyper = {"family": "convonet", "num_filters": 4, "num_units": units, "epochs": 2, "batch_size": 16}
        api.train(data, hyper, test=True, out=root / "runs", name=name, threads=1, recipe="none")
    (root / "models").mkdir()
    shutil.copyfile(root / "runs" / "first" / "model.keras", root / "models" / "given.keras")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVONET_HOME", str(tmp_path_factory.mktemp("networks-home")))
        with serving(root) as found:
            yield found


Serve = Callable[..., Served]


@pytest.fixture
def serve(root: Path) -> Iterator[Serve]:
    """Start servers of a test's own."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serving(root, **settings))


def limits(**values: Any) -> Limits:
    """Limits that are the usual ones but for these."""
    return Limits(**values)
