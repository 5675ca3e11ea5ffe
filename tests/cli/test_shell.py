"""How the command line behaves in a shell: completion, help, exit codes, and the list of runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from convonet.cli import app as command_line
from convonet.cli import completion, runs
from convonet.cli.app import app
from convonet.cli.lazy import COMMANDS
from convonet.documents.runs import RunDifference
from convonet.events import RunState
from convonet.params import DataParams, HyperParams
from convonet.runs import Run, RunStore
from convonet.runs.begin import begin_run
from convonet.tasks import TrainTask


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return begin_run(TrainTask(data=DataParams(), hyper=HyperParams()), tmp_path / "runs", name="seashore")


def completed(words: str) -> list[str]:
    """What bash offers behind these words."""
    parts = words.split(" ")
    variables = {
        "_CONVONET_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(parts) - 1),
    }
    code = "import sys; sys.argv = ['convonet']; from convonet.cli.app import app; app(prog_name='convonet')"
    said = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | variables, capture_output=True, text=True, check=False
    )
    return said.stdout.split()


def test_bash_completes_parameters_runs_and_formats(run: Run) -> None:
    assert completed("convonet train --set epo") == ["epochs="]
    assert completed("convonet runs show sea") == ["seashore"]
    assert completed("convonet export seashore --format op") == ["openvino"]


def test_values_of_a_parameter_are_offered_where_they_are_few() -> None:
    assert completion.settings("optimizer=sg") == ["optimizer=sgd"]
    assert "family=logistic" in completion.settings("family=lo")
    assert completion.settings("balanced=t") == ["balanced=true"]
    assert completion.settings("nonsense=1") == []
    assert completion.families("vgg_s") == ["vgg_small"]


def test_model_files_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("[a].keras", "b.onnx", "c.txt"):
        (tmp_path / name).touch()
    assert completion.models("") == ["[a].keras", "b.onnx"]
    assert completion.models("[a") == ["[a].keras"]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_shows_no_type_for_switches(command: str) -> None:
    assert "<bool>" not in CliRunner().invoke(app, [command, "--help"]).output


def test_a_deleted_run_leaves_no_line_in_the_index(run: Run, tmp_path: Path, own_home: Path) -> None:
    other = begin_run(run.task(), tmp_path / "runs", name="other")
    index = own_home / "runs.jsonl"
    assert len(index.read_text().splitlines()) == 2
    RunStore().delete(run)
    assert [line.strip('"').rsplit("/", 1)[-1] for line in index.read_text().splitlines()] == ["other"]
    assert [known.id for known in RunStore().known()] == [other.id]


@pytest.mark.parametrize(
    ("name", "sentence"), [("jax", "convonet[jax]"), ("theano", "Set it to one of these backends")]
)
def test_a_missing_backend_says_how_to_get_it(name: str, sentence: str) -> None:
    if find_spec(name) is not None:
        pytest.skip(f"{name} is installed")
    said = subprocess.run(
        [sys.executable, "-c", "import convonet.nets.backend"],
        env=os.environ | {"KERAS_BACKEND": name},
        capture_output=True,
        text=True,
        check=False,
    )
    assert sentence in said.stderr


@pytest.mark.skipif(find_spec("ray") is not None, reason="Ray is installed")
def test_missing_ray_is_said_before_images_are_read(tmp_path: Path) -> None:
    from convonet.errors import InputError
    from convonet.tuning.executors import get_ready

    with pytest.raises(InputError, match=r"convonet\[ray\]"):
        get_ready("ray")


def test_a_run_that_was_stopped_is_called_so_and_its_json_is_unchanged(run: Run, tmp_path: Path) -> None:
    run.update(state=RunState.CANCELLED)
    root = ["--root", str(tmp_path / "runs")]
    for words in (["list"], ["show", "seashore"], ["watch", "seashore"]):
        said = CliRunner().invoke(app, ["runs", *words, *root])
        assert said.exit_code == 0, said.output
        assert "stopped" in said.stdout
        assert "cancelled" not in said.stdout
    listed = CliRunner().invoke(app, ["runs", "list", "--json", *root])
    assert [row["state"] for row in json.loads(listed.stdout)] == ["cancelled"]


def test_ctrl_c_before_a_worker_runs_says_stopped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "app", interrupted)
    monkeypatch.setattr(sys, "argv", ["convonet", "models"])
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit) as ended:
            command_line.run()
        # The command is over, and one more press changes nothing.
        signal.raise_signal(signal.SIGINT)
    finally:
        # Commands that later tests start would inherit it.
        signal.signal(signal.SIGINT, before)
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Stopped.\n"


def test_marks_that_differ_name_the_images_of_their_set(capsys: pytest.CaptureFixture[str]) -> None:
    mark = {"set": "val", "path": "cat/1.png", "a": None, "b": "dog"}
    runs._print_difference(
        RunDifference.of(
            {
                **{"a": "before", "b": "after", "images": 0, "gained": 0, "lost": 0, "changed": []},
                **{"mean_change": None, "marks": [mark], "sentence": ""},
            }
        )
    )
    assert capsys.readouterr().out == "Mark on cat/1.png (validation images): none → dog\n"
