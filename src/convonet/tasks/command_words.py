"""The words of the command line that does a task."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from convonet.params import DataParams, HyperParams, fields_of
from convonet.params.files import hyper_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.params.recipes import recipe_of
from convonet.params.search_space import SearchSpace
from convonet.params.values import ParamModel
from convonet.tasks import (
    AugmentTask,
    DreamTask,
    EvaluateTask,
    ExplainTask,
    ExportTask,
    FindRateTask,
    InspectTask,
    LayersTask,
    PredictTask,
    ReportTask,
    StudyTask,
    SummaryTask,
    SuspectsTask,
    TrainTask,
    TuneTask,
)

_OPTIONS = {
    "train_dir": "--train-dir",
    "test_dir": "--test-dir",
    "val_dir": "--val-dir",
    "result_dir": "--out",
}


def _train_words(task: TrainTask) -> list[str]:
    words = ["train", *_data_words(task.data), *_set_words(task.hyper)]
    words += [] if task.validation else ["--no-validation"]
    words += ["--from", task.from_model] if task.from_model else []
    words += [] if recipe_follows(task) else ["--recipe", task.recipe]
    words += ["--minutes", f"{task.minutes:g}"] if task.minutes is not None else []
    return words + _map_words(task)


def recipe_follows(task: TrainTask) -> bool:
    """Whether the recipe is the one that is taken where none is named."""
    # What is taken anyway is left out, so that the command is one that a person would type.
    return task.recipe == recipe_of(None, task.hyper.set_values(), from_model=task.from_model is not None)


def _tune_words(task: TuneTask) -> list[str]:
    words = ["tune", *_data_words(task.data), *_space_words(task.space)]
    words += ["--search", task.search, "--objective", task.objective, "--folds", str(task.folds)]
    words += _given_words({"--trials": task.trials, "--time-limit": task.time_limit})
    words += [] if task.repeats == 1 else ["--repeats", str(task.repeats)]
    words += [] if task.pruner == "none" else ["--pruner", task.pruner]
    # None is written out, since a command without the option uses the default limit instead.
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
    words = ["report", task.run, *_given_words({"--out": task.out, "--title": task.heading})]
    return words if task.explain else [*words, "--no-explain"]


def _suspects_words(task: SuspectsTask) -> list[str]:
    words = ["suspects", *_data_words(task.data), *_set_words(task.hyper)]
    return [*words, "--folds", str(task.folds), "--repeats", str(task.repeats)]


def _study_words(task: StudyTask) -> list[str]:
    targets = ",".join(f"{target:g}" for target in task.targets)
    words = ["study", *_data_words(task.data), *_space_words(task.space), "--targets", targets]
    return words + _given_words({"--metric": task.metric, "--images": task.images})


def _space_words(space: SearchSpace) -> list[str]:
    values = hyper_to_dict(space)
    return [
        word
        for name, value in values.items()
        if name != VERSION_KEY
        for word in ("--set", f"{name}={several(value)}")
    ]


def _find_rate_words(task: FindRateTask) -> list[str]:
    return ["find-rate", *_data_words(task.data), *_set_words(task.hyper)]


def _augment_words(task: AugmentTask) -> list[str]:
    words = ["augment", *_data_words(task.data), *_set_words(task.hyper)]
    return words + _given_words({"--into": task.into})


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


WORDS: dict[str, Callable[[Any], list[str]]] = {
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
    "study": _study_words,
    "find_rate": _find_rate_words,
    "augment": _augment_words,
}
"""Kind of task → its words after `convonet`."""
