"""The lines of Python that do a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from convonet.params import DataParams, HyperParams
from convonet.params.fields import ParamValues
from convonet.params.files import hyper_to_dict
from convonet.params.migrations import VERSION_KEY
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
from convonet.tasks.command_words import recipe_follows


def _plain(values: ParamModel) -> ParamValues:
    return {name: value for name, value in values.set_values().items() if value is not None}


def _train_lines(task: TrainTask) -> str:
    rest = "" if task.validation else ", validation=False"
    rest += f", from_model={task.from_model!r}" if task.from_model else ""
    rest += "" if recipe_follows(task) else f", recipe={task.recipe!r}"
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
    return (
        f"data = {_plain(task.data)!r}\n"
        f"space = {_space(task.space)!r}\n"
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
    # None is left out of the call, as False is the default there.
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
    given = {"out": task.out, "title": task.heading, "explain": None if task.explain else False}
    return f"convonet.report({task.run!r}{_given_values(given)})\n"


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


def _study_lines(task: StudyTask) -> str:
    rest = _given_values({"images": task.images})
    return (
        f"data = {_plain(task.data)!r}\n"
        f"space = {_space(task.space)!r}\n"
        f"found = convonet.study(data, space, {list(task.targets)!r}, metric={task.metric!r}{rest})\n"
        'for row in found["results"]:\n'
        '    print(row["params"], row["epochs_to"])\n'
    )


def _space(space: SearchSpace) -> dict[str, Any]:
    return {name: value for name, value in hyper_to_dict(space).items() if name != VERSION_KEY}


def _find_rate_lines(task: FindRateTask) -> str:
    return (
        f"data = {_plain(task.data)!r}\n"
        f"hyper = {_plain(task.hyper)!r}\n"
        "found = convonet.find_rate(data, hyper)\n"
        'print(found["suggested"])\n'
    )


def _augment_lines(task: AugmentTask) -> str:
    return (
        f"data = {_plain(task.data)!r}\n"
        f"hyper = {_plain(task.hyper)!r}\n"
        f"convonet.augment(data, hyper, out='augmented.png'{_given_values({'into': task.into})})\n"
    )


def _summary_lines(task: SummaryTask) -> str:
    if task.model:
        return f"print(convonet.summary({task.model!r}))\n"
    return (
        f"data = {_plain(task.data or DataParams())!r}\n"
        f"hyper = {_plain(task.hyper or HyperParams())!r}\n"
        "print(convonet.summary(data=data, hyper=hyper))\n"
    )


LINES: dict[str, Callable[[Any], str]] = {
    "train": _train_lines,
    "tune": _tune_lines,
    "summary": _summary_lines,
    "suspects": _suspects_lines,
    "evaluate": _test_lines,
    "predict": _predict_lines,
    "explain": _explain_lines,
    "layers": _layers_lines,
    "dream": _dream_lines,
    "export": _export_lines,
    "inspect": _inspect_lines,
    "report": _report_lines,
    "study": _study_lines,
    "find_rate": _find_rate_lines,
    "augment": _augment_lines,
}
"""Kind of task → the lines below `import convonet`."""
