"""What was clicked, as the command or the Python that does the same."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

from convonet.params import DataParams, HyperParams, fields_of
from convonet.params.fields import ParamValues
from convonet.params.files import hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.params.recipes import recipe_of
from convonet.params.values import ParamModel
from convonet.tasks import (
    DreamTask,
    EvaluateTask,
    ExplainTask,
    ExportTask,
    InspectTask,
    LayersTask,
    PredictTask,
    ReportTask,
    SummaryTask,
    SuspectsTask,
    Task,
    TrainTask,
    TuneTask,
)

_OPTIONS = {
    "train_dir": "--train-dir",
    "test_dir": "--test-dir",
    "val_dir": "--val-dir",
    "result_dir": "--out",
}


def command_words(task: Task) -> list[str]:
    """The words of the command line that does this task.

    Raises:
        KeyError: there is no command for such a task.
    """
    return ["convonet", *_WORDS[task.kind](task)]


def words_of(task: Task) -> list[str]:
    """The words of the command line that does this task; none where there is no command."""
    return command_words(task) if task.kind in _WORDS else []


def as_command(task: Task) -> str:
    """The command, quoted for a shell of this machine."""
    words = command_words(task)
    if os.name == "nt":
        return subprocess.list2cmdline(words)
    return shlex.join(words)


def as_python(task: Task) -> str:
    """A few lines of Python that do the same."""
    return "import convonet\n\n" + _LINES[task.kind](task)


def _train_words(task: TrainTask) -> list[str]:
    words = ["train", *_data_words(task.data), *_set_words(task.hyper)]
    words += [] if task.validation else ["--no-validation"]
    words += ["--from", task.from_model] if task.from_model else []
    words += [] if _recipe_follows(task) else ["--recipe", task.recipe]
    words += ["--minutes", f"{task.minutes:g}"] if task.minutes is not None else []
    return words + _map_words(task)


def _recipe_follows(task: TrainTask) -> bool:
    """Whether the recipe is the one that is taken where none is named."""
    # What is taken anyway is left out, so that the command is one that a person would type.
    return task.recipe == recipe_of(None, task.hyper.set_values(), from_model=task.from_model is not None)


def _tune_words(task: TuneTask) -> list[str]:
    words = ["tune", *_data_words(task.data)]
    for name, value in hyper_to_dict(task.space).items():
        if name != VERSION_KEY:
            words += ["--set", f"{name}={several(value)}"]
    words += ["--search", task.search, "--objective", task.objective, "--folds", str(task.folds)]
    words += ["--trials", str(task.trials)] if task.trials is not None else []
    return [*words, "--images", "all" if task.images is None else str(task.images)]


def several(value: Any) -> str:
    """A value as `--set` takes it: plain alternatives between commas, all else as JSON."""
    # A list of lists between commas could not be told from one list.
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return ",".join(str(item) for item in value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else str(value)


def _test_words(task: EvaluateTask) -> list[str]:
    words = ["evaluate", task.model, *_data_words(task.data)]
    words += ["--split", task.split] if task.split != "test" else []
    words += _given_words({"--positive": task.positive})
    words += ["--threshold", f"{task.threshold:g}"] if task.threshold is not None else []
    words += ["--min-recall", f"{task.min_recall:g}"] if task.min_recall is not None else []
    words += ["--costs", ",".join(f"{cost:g}" for cost in task.costs)] if task.costs is not None else []
    words += (["--calibrate"] if task.calibrate else []) + (["--keep"] if task.keep else [])
    words += ["--scaling", task.scaling] if task.scaling else []
    return words + _map_words(task)


def _map_words(task: TrainTask | EvaluateTask) -> list[str]:
    return ["--accept-class-map"] if task.accept_class_map else []


def _predict_words(task: PredictTask) -> list[str]:
    words = ["predict", task.model, *task.paths]
    words += ["--unsure-below", f"{task.unsure_below:g}"] if task.unsure_below is not None else []
    return words + (["--scaling", task.scaling] if task.scaling else [])


def _summary_words(task: SummaryTask) -> list[str]:
    if task.model:
        return ["summary", task.model]
    return ["summary", *_data_words(task.data or DataParams()), *_set_words(task.hyper or HyperParams())]


def _explain_words(task: ExplainTask) -> list[str]:
    words = ["explain", task.model, *task.paths, "--method", task.method]
    given = {"--class": task.label, "--layer": task.layer, "--patch": task.patch, "--stride": task.stride}
    words += _given_words(given | {"--scaling": task.scaling, "--out": task.out})
    words += ["--alpha", f"{task.alpha:g}"] if task.alpha != ExplainTask.model_fields["alpha"].default else []
    return words + (["--faithful"] if task.faithful else [])


def _layers_words(task: LayersTask) -> list[str]:
    words = ["layers", task.model, *([task.image] if task.image else [])]
    return words + _given_words({"--layer": task.layer, "--scaling": task.scaling, "--out": task.out})


def _dream_words(task: DreamTask) -> list[str]:
    words = ["dream", task.model, "--layer", task.layer]
    given = {"--channel": task.channel, "--steps": task.steps, "--seed": task.seed}
    words += _given_words(given | {"--scaling": task.scaling, "--out": task.out})
    return words + ([] if task.data is None else _data_words(task.data))


def _export_words(task: ExportTask) -> list[str]:
    options: dict[str, object] = {"--format": task.format, "--out": task.out, "--scaling": task.scaling}
    options |= {"--runtime": task.runtime, "--max-loss": task.max_loss}
    flags = [f"--{name}" for name in ("fetch", "unchecked") if getattr(task, name)]
    return ["export", task.model, *_given_words(options), *flags]


def _inspect_words(task: InspectTask) -> list[str]:
    data = task.data
    return ["inspect", data.train_dir or ".", *_given_words({"--test": data.test_dir})]


def _report_words(task: ReportTask) -> list[str]:
    return ["report", task.run, *_given_words({"--out": task.out})]


def _suspects_words(task: SuspectsTask) -> list[str]:
    words = ["suspects", *_data_words(task.data), *_set_words(task.hyper)]
    return [*words, "--folds", str(task.folds), "--repeats", str(task.repeats)]


def _given_words(options: Mapping[str, Any]) -> list[str]:
    """Options that have a value."""
    return [word for name, value in options.items() if value is not None for word in (name, str(value))]


def _data_words(data: DataParams) -> list[str]:
    given = data.set_values()
    paths = [
        word for name, option in _OPTIONS.items() if given.get(name) for word in (option, str(given[name]))
    ]
    rest = [word for name in given if name not in _OPTIONS for word in _set_word(data, name)]
    return paths + rest


def _set_words(hyper: HyperParams) -> list[str]:
    return [word for name in hyper.set_values() for word in _set_word(hyper, name)]


def _set_word(values: ParamModel, name: str) -> list[str]:
    value = getattr(values, name)
    return [] if value is None else ["--set", f"{name}={fields_of(type(values))[name].show(value)}"]


def _plain(values: ParamModel) -> ParamValues:
    return {name: value for name, value in values.set_values().items() if value is not None}


def _train_lines(task: TrainTask) -> str:
    rest = "" if task.validation else ", validation=False"
    rest += f", from_model={task.from_model!r}" if task.from_model else ""
    rest += "" if _recipe_follows(task) else f", recipe={task.recipe!r}"
    rest += f", minutes={task.minutes:g}" if task.minutes is not None else ""
    rest += "" if task.then_test else ", test=False"
    rest += ", accept_class_map=True" if task.accept_class_map else ""
    return (
        f"data = {_plain(task.data)!r}\n"
        f"hyper = {_plain(task.hyper)!r}\n"
        f"run = convonet.train(data, hyper{rest})\n"
        "print(run.state, run.history)\n"
    )


def _tune_lines(task: TuneTask) -> str:
    space = {name: value for name, value in hyper_to_dict(task.space).items() if name != VERSION_KEY}
    return (
        f"data = {_plain(task.data)!r}\n"
        f"space = {space!r}\n"
        f"found = convonet.tune(data, space, search={task.search!r}, objective={task.objective!r}, "
        f"folds={task.folds})\n"
    )


def _test_lines(task: EvaluateTask) -> str:
    rest = f", scaling={task.scaling!r}" if task.scaling else ""
    rest += ", accept_class_map=True" if task.accept_class_map else ""
    return (
        f"data = {_plain(task.data)!r}\n"
        f"scores = convonet.evaluate({task.model!r}, data, split={task.split!r}{rest})\n"
        'print(scores["accuracy"], scores["accuracy_interval"])\n'
    )


def _predict_lines(task: PredictTask) -> str:
    return (
        f"for answer in convonet.predict({task.model!r}, {list(task.paths)!r}):\n"
        '    print(answer["path"], answer.get("predicted"), answer.get("confidence"))\n'
    )


def _explain_lines(task: ExplainTask) -> str:
    given = {"label": task.label, "layer": task.layer, "patch": task.patch, "stride": task.stride}
    given |= {"faithful": task.faithful or None, "scaling": task.scaling, "out": task.out}
    return (
        f"for why in convonet.explain({task.model!r}, {list(task.paths)!r}, method={task.method!r}"
        f"{_given_values(given)}):\n"
        "    print(why.path, why.predicted, why.label, why.heat.shape)\n"
    )


def _layers_lines(task: LayersTask) -> str:
    given = {"layer": task.layer, "scaling": task.scaling, "out": task.out}
    return f"convonet.layers({task.model!r}, {task.image!r}{_given_values(given)})\n"


def _dream_lines(task: DreamTask) -> str:
    given = {"channel": task.channel, "steps": task.steps, "seed": task.seed, "out": task.out}
    return f"convonet.dream({task.model!r}, {task.layer!r}{_given_values(given)})\n"


def _export_lines(task: ExportTask) -> str:
    given = {"out": task.out, "scaling": task.scaling} | task.options
    return f"convonet.export({task.model!r}, {task.format!r}{_given_values(given)})\n"


def _inspect_lines(task: InspectTask) -> str:
    return (
        f"found = convonet.inspect({task.data.train_dir!r}{_given_values({'test': task.data.test_dir})})\n"
        'print(*found.warnings, sep="\\n")\n'
    )


def _report_lines(task: ReportTask) -> str:
    return f"convonet.report({task.run!r}{_given_values({'out': task.out})})\n"


def _suspects_lines(task: SuspectsTask) -> str:
    return (
        f"data = {_plain(task.data)!r}\n"
        f"hyper = {_plain(task.hyper)!r}\n"
        f"found = convonet.suspects(data, hyper, folds={task.folds}, repeats={task.repeats})\n"
        'for row in found["suspects"]:\n'
        '    print(row["path"], row["class"], row["suggested"], row["margin"])\n'
    )


def _given_values(values: Mapping[str, Any]) -> str:
    return "".join(f", {name}={value!r}" for name, value in values.items() if value is not None)


def _summary_lines(task: SummaryTask) -> str:
    return f"# `{as_command(task)}` prints the layer table.\n"


_WORDS: dict[str, Callable[[Any], list[str]]] = {
    "train": _train_words,
    "tune": _tune_words,
    "suspects": _suspects_words,
    "evaluate": _test_words,
    "predict": _predict_words,
    "summary": _summary_words,
    "explain": _explain_words,
    "layers": _layers_words,
    "dream": _dream_words,
    "export": _export_words,
    "inspect": _inspect_words,
    "report": _report_words,
}
_LINES: dict[str, Callable[[Any], str]] = {
    "train": _train_lines,
    "tune": _tune_lines,
    "suspects": _suspects_lines,
    "evaluate": _test_lines,
    "predict": _predict_lines,
    "summary": _summary_lines,
    "explain": _explain_lines,
    "layers": _layers_lines,
    "dream": _dream_lines,
    "export": _export_lines,
    "inspect": _inspect_lines,
    "report": _report_lines,
}
