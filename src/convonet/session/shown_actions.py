"""Every action of a face as the command and the Python that do the same, with what is loaded now."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from convonet.params import DataParams, fields_of
from convonet.params.files import data_to_dict, hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.tasks import InspectTask, LayersTask, ReportTask, Task
from convonet.tasks.shown_as import as_command, as_python, several

if TYPE_CHECKING:
    from convonet.session.session import Session

_MODEL, _IMAGE = "MODEL", "IMAGE.png"


class Shown(NamedTuple):
    """One action.

    Attributes:
        title: as in the menus.
        command, python: what does the same; words in capitals stand for what is chosen in a dialog.
    """

    title: str
    command: str
    python: str


def shown_actions(session: Session) -> Iterator[Shown]:
    """All actions that do something to images, parameters, models or runs; what was done last comes first."""
    if session.last_task is not None:
        yield _of("Last action", session.last_task)
    yield from _params(session)
    yield from _images(session)
    yield from _training(session)
    yield from _model(session)
    yield from _runs(session)


def _of(title: str, task: Task) -> Shown:
    return Shown(title, as_command(task), as_python(task))


def _words(*words: str) -> str:
    # shlex quotes for POSIX shells only.
    if os.name == "nt":
        return subprocess.list2cmdline(words)
    return shlex.join(words)


def _params(session: Session) -> Iterator[Shown]:
    data = fields_of(DataParams)
    texts = {name: data[name].show(value) for name, value in session.params.data.set_values().items()}
    values = {"train_dir": "FOLDER"} | _plain(data_to_dict(session.params.data))
    yield from _params_file(session, "data", values, texts)
    space = _plain(hyper_to_dict(session.params.space))
    yield from _params_file(session, "hyper", space, {name: several(value) for name, value in space.items()})


def _params_file(
    session: Session, kind: str, values: dict[str, Any], texts: dict[str, str]
) -> Iterator[Shown]:
    """New, load and save of one kind of parameters."""
    file, name = str(session.params.files.get(kind, f"{kind}_params.json")), kind.capitalize()
    cls = "DataParams" if kind == "data" else "SearchSpace"
    imports = f"from pathlib import Path\n\nfrom convonet.params import {cls}, load_{kind}, save_{kind}\n\n"
    new = _words("convonet", "params", "new", kind, file)
    change = _words("convonet", "params", "set", file, *(f"{key}={text}" for key, text in texts.items()))
    save = f"{imports}save_{kind}(Path({file!r}), {cls}.of({values!r}))\n"
    load = f"{imports}params = load_{kind}(Path({file!r}))\n"
    yield Shown(f"New {name} Params", new, _import(f"params = convonet.{cls}.of({{}})"))
    yield Shown(f"Load {name} Params", _words("convonet", "params", "show", file), load)
    yield Shown(f"Edit {name} Params", change if texts else new, save)
    yield Shown(f"Save {name} Params", f"{new}\n{change}" if texts else new, save)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != VERSION_KEY}


def _import(line: str) -> str:
    return f"import convonet\n\n{line}\n"


def _images(session: Session) -> Iterator[Shown]:
    data = session.params.data if session.params.data.train_dir else DataParams.of({"train_dir": "FOLDER"})
    look = _of("", InspectTask(data=data))
    for title in ("Load Training Dataset", "Load Test Dataset", "Check the Images"):
        yield look._replace(title=title)
    folder = str(data.train_dir)
    yield Shown(
        "Mark images",
        _words("convonet", "mark", folder, _IMAGE, "--label", "CLASS"),
        _import(f"convonet.mark({folder!r}, [{_IMAGE!r}], label='CLASS')"),
    )


def _training(session: Session) -> Iterator[Shown]:
    if session.why_not("train", while_working=True) is not None:
        return
    yield _of("Initialize New Network Model", session.tasks.summary())
    yield _of("Training Only", session.tasks.train(validation=False))
    yield _of("Training With Validation", session.tasks.train())
    if session.model is not None:
        yield _of("Train the Model Further", session.tasks.train(further=True))
    yield _of("Tuning", session.tasks.tune())
    yield _of("Find Learning Rate", session.tasks.find_rate())
    yield _of("Show Augmented Images", session.tasks.augment())


def _model(session: Session) -> Iterator[Shown]:
    if session.model is None:
        return
    model = str(session.model.path)
    if session.why_not("evaluate", while_working=True) is None:
        for title in ("Evaluation", "Prediction"):
            yield _of(title, session.tasks.evaluate())
    yield _of("Predict New Images", session.tasks.predict([Path(_IMAGE)]))
    yield _of("Load Network Model", session.tasks.model())
    save = f"import shutil\n\nshutil.copy({str(session.model.file)!r}, 'NAME.keras')\n"
    copy = "copy" if os.name == "nt" else "cp"
    yield Shown("Save Network Model", _words(copy, str(session.model.file), "NAME.keras"), save)
    yield _of("Export Network Model", session.tasks.export("onnx", Path("NAME.onnx")))
    yield _of("Explain Images", session.tasks.explain([Path(_IMAGE)], Path("explained")))
    yield _of("Filters and feature maps", LayersTask(model=model, image=_IMAGE, out="layers"))
    if session.model.run is not None:
        yield _of("Save Report", ReportTask(run=model, out="report.html"))


def _runs(session: Session) -> Iterator[Shown]:
    store = "from convonet.runs import RunStore\n\n"
    listed = f"{store}for run in RunStore().known():\n    print(run.id, run.state())\n"
    yield Shown("Runs", "convonet runs list", listed)
    both = f"{store}store = RunStore()\nprint(store.compare([store.find('RUN'), store.find('RUN')]))\n"
    yield Shown("Compare runs", "convonet runs compare RUN RUN", both)
    work = session.work
    if work is not None:
        stop = f"from convonet.runs import Run\n\nRun.open({str(work.run.path)!r}).request_cancel()\n"
        yield Shown("Stop", _words("convonet", "runs", "cancel", str(work.run.path)), stop)
    yield Shown("Resume a run", "convonet resume RUN", "# `convonet resume RUN` continues a run.\n")
    yield Shown("Train on Handwritten Digits", "convonet demo", "# `convonet demo` does this.\n")
    about = "from convonet.launch.doctor import examine\n\nprint(examine().to_dict())\n"
    yield Shown("About", "convonet doctor", about)
