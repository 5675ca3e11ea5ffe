"""The table of a search: one row a setting, computed from `trials.csv` alone, finished or not."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence

from convonet import documents, tasks
from convonet.csv_files import csv_content
from convonet.params.fields import fields_of
from convonet.params.hyper_params import HyperParams
from convonet.runs.trials import FoldRow

_ORDER: tuple[documents.SettingState, ...] = ("done", "partial", "pruned", "failed")


def settings_of(rows: Sequence[FoldRow], task: tasks.TuneTask) -> list[documents.Setting]:
    """Settings with at least one row, the best first; those that are not done come after those that are.

    The order in which the folds ended does not matter, down to the last digit of the means.
    """
    by_trial: dict[int, list[FoldRow]] = {}
    # In a fixed order, because sums of floating-point numbers depend on it.
    for row in sorted(rows, key=lambda row: row.key):
        by_trial.setdefault(row.trial, []).append(row)
    sign = 1 if task.objective == "loss" else -1

    def rank(setting: documents.Setting) -> tuple[int, float, int]:
        score = math.inf if setting.mean_score is None else sign * setting.mean_score
        return _ORDER.index(setting.state), score, setting.trial

    settings = sorted((_setting(folds, task) for folds in by_trial.values()), key=rank)
    best = best_of(settings)
    if best is None:
        return settings
    scores = {trial: _scores(folds) for trial, folds in by_trial.items()}
    return [_with_tie(setting, best, scores, task) for setting in settings]


def best_of(settings: Sequence[documents.Setting]) -> documents.Setting | None:
    """The first of them, if its folds are done."""
    return settings[0] if settings and settings[0].state == "done" else None


def _setting(rows: Sequence[FoldRow], task: tasks.TuneTask) -> documents.Setting:
    done = [row for row in rows if row.state == "done"]
    ended = next((row for row in rows if row.state != "done"), None)
    whole = len(done) == task.folds * task.repeats
    state: documents.SettingState = "partial" if not whole else "done"
    if ended is not None:
        state = "failed" if ended.state == "failed" else "pruned"
    first = rows[0]
    accuracy, spread = _mean_std([row.accuracy for row in done])
    score, score_spread = _mean_std([row.score for row in done])
    return documents.Setting(
        trial=first.trial,
        seed=first.seed,
        params=dict(first.values),
        state=state,
        folds=len(done),
        mean_accuracy=accuracy,
        std=spread,
        mean_loss=_mean_std([row.loss for row in done])[0],
        mean_score=score,
        std_score=score_spread,
        seconds=sum(row.seconds or 0.0 for row in rows),
        epochs_trained=sum(row.epochs_trained or 0 for row in rows),
        reason="" if ended is None else ended.reason,
    )


def _mean_std(values: Sequence[float | None]) -> tuple[float | None, float | None]:
    known = [value for value in values if value is not None and math.isfinite(value)]
    # A mean over the folds that happened to end well would flatter the setting.
    if not known or len(known) < len(values):
        return None, None
    return statistics.fmean(known), statistics.pstdev(known)


def _scores(rows: Sequence[FoldRow]) -> dict[tuple[int, int], float]:
    return {
        (row.repeat, row.fold): row.score for row in rows if row.score is not None and row.state == "done"
    }


def _with_tie(
    setting: documents.Setting,
    best: documents.Setting,
    scores: Mapping[int, Mapping[tuple[int, int], float]],
    task: tasks.TuneTask,
) -> documents.Setting:
    own, leader = scores[setting.trial], scores[best.trial]
    if setting.state != "done" or setting is best or task.folds < 2:
        return setting
    # The window reads this table without numpy, which it would have to load before it can be seen.
    from convonet.metrics import is_tied

    folds = sorted(own)
    # Folds share most of their training images, so their scores are not independent; the test takes that into
    # account.
    held_share = 1 / (task.folds - 1)
    tied = is_tied([own[fold] for fold in folds], [leader[fold] for fold in folds], held_share)
    return setting.changed(tied=tied)


def best_hyper(task: tasks.TuneTask, setting: documents.Setting) -> HyperParams:
    """All hyperparameters of a setting, its seed with them: what `adopt` writes."""
    fixed = {name: values[0] for name, values in task.space.choices.items() if len(values) == 1}
    varied = {name: value for name, value in setting.params.items()}
    # varied).changed(seed=setting.seed) | With its seed, or the adopted file would train another network than
    # the one that won.
    return task.space.point(fixed | varied).changed(seed=setting.seed)


def results_text(settings: Iterable[documents.Setting], varied: Sequence[str]) -> str:
    """`results.csv`: the varied parameters, `mean_accuracy` and `std` in percent, and what else is known."""
    declared = fields_of(HyperParams)
    tail = ("mean_loss", "mean_score", "std_score", "folds", "state", "tied", "seconds", "trial", "seed")
    rows: list[Sequence[object]] = [(*varied, "mean_accuracy", "std", *tail, "reason")]
    for setting in settings:
        values = [declared[n].show(setting.params[n]) if n in setting.params else "" for n in varied]
        percents = [None if share is None else 100 * share for share in (setting.mean_accuracy, setting.std)]
        rest = [getattr(setting, name) for name in tail]
        cells = [*percents, *rest, " ".join(setting.reason.split())]
        rows.append([*values, *("" if cell is None else _cell(cell) for cell in cells)])
    return csv_content(rows)


def _cell(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value
