"""Random search and TPE, with median and Hyperband pruning, by Optuna.

The study lives in memory; what it knows is rebuilt from the run folder. Each trial is drawn with a seed of its
own, so that what is drawn does not depend on when a search was interrupted.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from convonet.documents.search import Setting
from convonet.params.fields import Field, ParamValues, fields_of
from convonet.params.hyper_params import MAX_SEED, HyperParams
from convonet.params.ranges import ListRange, Range, ValueRange
from convonet.params.search_space import SearchSpace
from convonet.tasks import TuneTask
from convonet.tuning.units import Trial

START_TRIALS = 5
_LENGTH, _ITEM = "{}.length", "{}.{}"


class OptunaSampler:
    """Draws up to the task's number of trials.

    Args:
        known: settings of an earlier attempt: those that have ended teach, the others are given again.
        reports: trial → epoch → score of the earlier attempt, for pruning.
    """

    def __init__(
        self, task: TuneTask, known: Sequence[Setting], reports: Mapping[int, Mapping[int, float]]
    ) -> None:
        # It logs each trial to standard error, where our own progress is.
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._task, self._space = task, task.space
        direction = "minimize" if task.objective == "loss" else "maximize"
        longest = max(task.space.choices.get("epochs", (HyperParams().epochs,)))
        span = task.space.ranges.get("epochs")
        longest = int(span.high) if isinstance(span, Range) else longest
        with warnings.catch_warnings():
            # Hyperband is called experimental; a person can do nothing about that.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self._study = optuna.create_study(direction=direction, pruner=_pruner(task.pruner, longest))
        self._asked: dict[int, optuna.Trial] = {}
        self._next = 1
        self._known = {setting.trial: setting for setting in known}
        self._reports = reports

    def ask(self, room: int) -> list[Trial]:
        """The next trials; those of an earlier attempt first, in their order."""
        trials: list[Trial] = []
        while len(trials) < room and self._next <= self._task.planned_trials:
            number = self._next
            self._next += 1
            setting = self._known.get(number)
            if setting is not None and setting.state != "partial":
                self._learn(setting)
                continue
            trials.append(self._draw(number, setting))
        return trials

    def tell(self, setting: Setting) -> None:
        """Teach the study what a trial came to; a trial that gave no number is a failed one."""
        trial = self._asked.pop(setting.trial)
        if setting.state == "pruned":
            self._study.tell(trial, state=TrialState.PRUNED)
        elif setting.mean_score is None or setting.state == "failed":
            # TPE leaves failed trials out; a made-up bad score would bend its estimate.
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, setting.mean_score)

    def report(self, trial: int, epoch: int, score: float) -> bool:
        """Whether the pruner would end the trial after this epoch."""
        asked = self._asked[trial]
        asked.report(score, epoch)
        return self._task.pruner != "none" and asked.should_prune()

    def _draw(self, number: int, known: Setting | None) -> Trial:
        seed = int(np.random.SeedSequence([self._task.seed, number]).generate_state(1)[0])
        # A new sampler for each trial: one that moves along would draw otherwise after an interruption.
        self._study.sampler = _sampler(self._task.search, seed)
        if known is not None:
            # An unfinished trial of an earlier attempt keeps the values that its first folds were trained
            # with.
            self._study.enqueue_trial(_to_optuna(self._space, known.params))
        asked = self._asked[number] = self._study.ask()
        for epoch, score in self._reports.get(number, {}).items():
            asked.report(score, epoch)
        hyper = _suggest(self._space, asked)
        return Trial.of(number, hyper.changed(seed=(hyper.seed + number) % MAX_SEED), self._space.varied)

    def _learn(self, setting: Setting) -> None:
        """Enter a trial of an earlier attempt into the study."""
        states = {"pruned": TrialState.PRUNED, "failed": TrialState.FAIL}
        state = states.get(setting.state, TrialState.COMPLETE)
        params = _to_optuna(self._space, setting.params)
        distributions = _distributions(self._space)
        self._study.add_trial(
            optuna.create_trial(
                state=state,
                value=setting.mean_score if state is TrialState.COMPLETE else None,
                params=params,
                distributions={name: distributions[name] for name in params},
                intermediate_values=dict(self._reports.get(setting.trial, {})),
            )
        )


def _sampler(search: str, seed: int) -> optuna.samplers.BaseSampler:
    if search == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=START_TRIALS)


def _pruner(name: str, longest: int) -> optuna.pruners.BasePruner:
    if name == "median":
        return optuna.pruners.MedianPruner(n_startup_trials=START_TRIALS)
    if name == "hyperband":
        return optuna.pruners.HyperbandPruner(min_resource=1, max_resource=max(longest, 2))
    return optuna.pruners.NopPruner()


def _distributions(space: SearchSpace) -> dict[str, BaseDistribution]:
    """Every name that a trial may have, with what it is drawn from."""
    declared = fields_of(HyperParams)
    found: dict[str, BaseDistribution] = {
        name: CategoricalDistribution([_text(declared[name], value) for value in values])
        for name, values in space.choices.items()
        if len(values) > 1
    }
    for name, span in space.ranges.items():
        found |= _distributions_of(declared[name], span)
    return found


def _distributions_of(declared: Field, span: ValueRange) -> dict[str, BaseDistribution]:
    if isinstance(span, ListRange):
        each = CategoricalDistribution(list(span.each))
        items = {_ITEM.format(declared.name, index): each for index in range(span.longest)}
        return {_LENGTH.format(declared.name): IntDistribution(span.shortest, span.longest), **items}
    # The last number that the steps reach, which need not be the high end.
    high = (span.values() or [span.high])[-1]
    if declared.kind == "int":
        step = int(span.step or 1)
        return {declared.name: IntDistribution(int(span.low), int(high), span.log, step)}
    return {declared.name: FloatDistribution(span.low, high, span.log, span.step)}


def _suggest(space: SearchSpace, trial: optuna.Trial) -> HyperParams:
    """The point that a trial draws: names without a condition first, then those whose condition holds."""
    distributions = _distributions(space)
    values: ParamValues = {name: items[0] for name, items in space.choices.items() if len(items) == 1}
    for name in sorted(space.varied, key=lambda name: name in space.conditions):
        if not space.is_active(name, values):
            continue
        if isinstance(space.ranges.get(name), ListRange):
            length = _drawn(trial, _LENGTH.format(name), distributions)
            items = [_ITEM.format(name, index) for index in range(length)]
            values[name] = tuple(_drawn(trial, item, distributions) for item in items)
        else:
            values[name] = _value(space, name, _drawn(trial, name, distributions))
    return space.point(values)


def _drawn(trial: optuna.Trial, name: str, distributions: Mapping[str, BaseDistribution]) -> Any:
    found = distributions[name]
    if isinstance(found, IntDistribution):
        return trial.suggest_int(name, found.low, found.high, step=found.step, log=found.log)
    if isinstance(found, FloatDistribution):
        return trial.suggest_float(name, found.low, found.high, step=found.step, log=found.log)
    assert isinstance(found, CategoricalDistribution)
    return trial.suggest_categorical(name, found.choices)


def _value(space: SearchSpace, name: str, drawn: Any) -> Any:
    """Optuna holds choices as texts; this is the choice that a text stands for."""
    if name in space.ranges:
        return drawn
    declared = fields_of(HyperParams)[name]
    return next(value for value in space.choices[name] if _text(declared, value) == drawn)


def _to_optuna(space: SearchSpace, params: Mapping[str, Any]) -> dict[str, str | float]:
    """The names and values by which Optuna knows a setting."""
    declared = fields_of(HyperParams)
    found: dict[str, str | float] = {}
    for name, value in params.items():
        if isinstance(space.ranges.get(name), ListRange):
            found[_LENGTH.format(name)] = len(value)
            found |= {_ITEM.format(name, index): item for index, item in enumerate(value)}
        else:
            found[name] = value if name in space.ranges else _text(declared[name], value)
    return found


def _text(declared: Field, value: Any) -> str:
    return declared.show(value)
