"""What a search leaves beside its rows: the table of settings, the best one as hyperparameters, the plots."""

from __future__ import annotations

from collections.abc import Sequence

from convonet.atomic import write_text
from convonet.documents.search import Setting
from convonet.events import FileSaved, StageStarted, Watch
from convonet.params import save_hyper
from convonet.plots.figures import FINE_DPI
from convonet.plots.plotter import Plotter
from convonet.plots.search import search_table
from convonet.runs import Run
from convonet.runs.trial_table import best_hyper, best_of, results_text, settings_of
from convonet.runs.trials import TRIALS, TrialsFile
from convonet.tasks import TuneTask

RESULTS = "results.csv"
BEST = "best_hyper.json"
_LEAST_DRAWN = 2


def write_results(run: Run, task: TuneTask, watch: Watch) -> None:
    """The table of what is finished, however the search has ended."""
    settings = settings_of(TrialsFile(run.file(TRIALS), task.space.varied).read(), task)
    if not settings:
        return
    write_text(run.file(RESULTS), results_text(settings, task.space.varied))
    watch.tell(FileSaved(path=RESULTS, title="Results"))
    best = best_of(settings)
    if best is not None:
        save_hyper(run.file(BEST), best_hyper(task, best))
        watch.tell(FileSaved(path=BEST, title="Best hyperparameters"))
        score = {"accuracy": best.mean_accuracy, "loss": best.mean_loss, task.objective: best.mean_score}
        run.update(scores={"search": score})
    _draw(run, task, settings, watch)


def _draw(run: Run, task: TuneTask, settings: Sequence[Setting], watch: Watch) -> None:
    table = search_table(settings, task.space.varied, task.objective)
    if len(table.trials) < _LEAST_DRAWN or not table.names:
        return
    watch.tell(StageStarted(stage="plot", title="Drawing"))
    plotter = Plotter(run.path, dpi=FINE_DPI, watch=watch)
    for name in ("importance", "parallel", "search_history", "search_cost"):
        plotter.save(name, table)
