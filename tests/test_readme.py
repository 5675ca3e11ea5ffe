"""The commands of the README and of the page on recipes do what they say, on photographs."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convonet.cli.summary import print_summary
from convonet.documents.plan import Candidate, ImageFacts, PlanDecision, ValidationScore
from convonet.documents.summary import Confusion
from convonet.jobs.plan_candidates import Trained, contest
from convonet.metrics import wilson
from convonet.params import DataParams, HyperParams
from convonet.planning import make_plan
from convonet.runs import Run
from convonet.runs.summary import summary_of
from convonet.tasks import TrainTask

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_HEADINGS = (
    "What was tried (accuracy on validation images):",
    "Test accuracy ",
    "Most often confused: ",
    "What you can do next:",
    "Run folder:",
)
"""How the lines of the output begin that every training with test images prints."""


def commands(page: str) -> list[str]:
    """The lines of a page's code blocks that call convonet."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = [line for language, block in _BLOCK.findall(text) if not language for line in block.splitlines()]
    return [line.split("#")[0].strip() for line in lines if line.startswith("convonet ")]


def test_the_first_example_is_a_folder_of_photographs() -> None:
    assert commands("README.md")[0].split()[:3] == ["convonet", "train", "photos"]
    assert len(commands("README.md")) >= 5


def shown() -> list[str]:
    """The lines of output that the README shows."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (output,) = (block for _, block in _BLOCK.findall(text) if "Test accuracy" in block)
    return [line.strip() for line in output.splitlines() if line.strip()]


def test_the_readme_shows_each_part_of_the_output() -> None:
    for heading in _HEADINGS:
        assert sum(line.startswith(heading) for line in shown()) == 1, heading


def _tried(candidate: Candidate, accuracy: float, losses: np.ndarray, seconds: float) -> Trained:
    """A candidate of the README's plan, trained."""
    low, high = wilson(round(200 * accuracy), 200)
    score = ValidationScore(
        images=200,
        accuracy=accuracy,
        accuracy_interval=(low, high),
        log_loss=float(losses.mean()),
        temperature=1.0,
        majority=0.2,
    )
    done = candidate.changed(state="done", validation=score, seconds=seconds)
    return Trained(done, losses, score)


@pytest.mark.skipif(os.name == "nt", reason="the README shows a POSIX path")
def test_the_readme_shows_what_the_command_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentences, the table and their numbers, from a plan like that of the photographs of flowers."""
    names = ("daisy", "dandelion", "rose", "sunflower", "tulip")
    facts = ImageFacts(
        images=1000,
        counts=dict.fromkeys(names, 200),
        channels=3,
        height=240,
        width=320,
        signs=False,
        photographs=True,
    )
    task = TrainTask(data=DataParams(train_dir="/home/user/photos"), hyper=HyperParams(), recipe="auto")
    plan = make_plan(facts, task.data, task.hyper, "auto", backbones=("efficientnet_lite0",))
    assert shown()[0] == plan.sentence
    noise = np.random.default_rng(0).normal(0, 0.2, 200)
    frozen = _tried(plan.candidates[0], 0.725, 0.732 + noise - noise.mean(), 12)
    tuned = _tried(plan.candidates[1], 0.815, np.full(200, 0.518), 220)
    wins, why = contest(tuned, frozen)
    assert wins
    plan = plan.changed(candidates=(frozen.candidate, tuned.candidate), chosen="fine_tuned", why=why)
    run = Run.create(tmp_path, task)
    score = {"images": 300, "accuracy": 230 / 300, "baseline_accuracy": 0.2, "macro_f1": 0.76}
    score["accuracy_interval"] = wilson(230, 300)
    epochs = PlanDecision(candidate="fine_tuned", what="epochs", value=5)
    run.update(plan=plan.with_decision(epochs), state="done", scores={"test": score})
    most = Confusion(true="tulip", predicted="rose", count=13, total=60)
    print_summary(summary_of(run).changed(confusion=most))
    printed = [line.strip() for line in capsys.readouterr().err.splitlines() if line.strip()]
    margin = re.compile(r"margin [\d.]+")
    readme = shown()[shown().index(_HEADINGS[0]) : shown().index(_HEADINGS[-1])]
    assert [margin.sub("", line) for line in printed] == [margin.sub("", line) for line in readme]


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", ["README.md", "docs/recipes.md"])
def test_every_command_runs_on_photographs(
    page: str, real_data: Callable[[str], Path], tmp_path: Path
) -> None:
    source = real_data("flowers_128")
    for part, count in (("train", 15), ("test", 4)):
        for folder in sorted((source / part).iterdir()):
            target = tmp_path / "photos" / part / folder.name
            target.mkdir(parents=True)
            for path in sorted(folder.iterdir())[:count]:
                shutil.copyfile(path, target / path.name)
    shutil.copytree(tmp_path / "photos" / "test" / "rose", tmp_path / "new_photos")
    run = ""
    for line in commands(page):
        meant = {"RUN": run, "FILE": "hyper.json", "DIR": "photos/train"}
        words = [meant.get(word, word) for word in shlex.split(line)[1:]]
        if words[0] == "train" and "family" not in line:
            words += ["--minutes", "0.5"]  # the last one counts
        done = subprocess.run(
            [sys.executable, "-m", "convonet", *words],
            cwd=tmp_path,
            env=os.environ | {"CONVONET_HOME": str(tmp_path / "home")},
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, f"{line}: {done.stderr[-2000:]}"
        if words[0] == "train":
            run = done.stdout.split()[-1]
        if line == "convonet train photos":
            printed = [part.strip() for part in (done.stderr + done.stdout).splitlines()]
            for heading in _HEADINGS:
                assert sum(part.startswith(heading) for part in printed) == 1, heading
