"""What the window takes up again when it opens: what was loaded last time, and work that still goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from convonet import tasks
from convonet.desktop.controller import Controller
from convonet.errors import ConvonetError
from convonet.events import RunState
from convonet.runs import Run


def save_session(controller: Controller) -> None:
    """Keep what is loaded for the next time; failing to is told, not fatal."""
    controller.window_state.keep_params(
        controller.session.params.data, controller.session.params.space, controller.session.params.recipes
    )
    # The path alone: the model is opened anew, since its file may be another one by then.
    controller.window_state.model = str(controller.session.model.path) if controller.session.model else ""
    try:
        controller.window_state.save()
    except ConvonetError as error:
        controller.noted.emit(error.sentence("window"))


def restore_session(controller: Controller) -> None:
    """Take up what was loaded last time; what is gone is left out and told."""
    kept, params = controller.window_state, controller.session.params
    steps: tuple[Callable[[], object], ...] = (
        lambda: params.set_data(kept.data_params()),
        # Without kept values the family's own defaults stay, rather than empty ones.
        lambda: params.set_space(kept.search_space()) if kept.hyper else None,
        lambda: params.restore_recipe(kept.recipe_choice(params.recipes.first)),
    )
    # Each by itself: a folder that is gone must not cost the hyperparameters.
    for step in steps:
        try:
            step()
        except ConvonetError as error:
            controller.noted.emit(error.sentence("window"))
    if not controller.window_state.model:
        controller.scan()
        return

    def missing(error: ConvonetError) -> None:
        controller.noted.emit(error.sentence("window"))
        controller.scan()

    # The images are read with the model's classes, so the model comes first.
    controller.open_model(Path(controller.window_state.model), controller.scan, missing)


def attach_running(controller: Controller) -> None:
    """Follow the newest long work that still goes on, if there is some."""
    # A server's run may also wait for its turn there.
    waits = (RunState.WAITING,) if controller.session.backend.is_remote else ()

    def find(_: object) -> object:
        for row in controller.session.runs.rows():
            if row.state in (RunState.RUNNING, *waits) and tasks.traits_of(row.kind).keeps_run:
                return Run(Path(row.run))
        return None

    def found(run: object) -> None:
        # The person may have begun something while the runs were listed.
        if isinstance(run, Run) and controller.session.work is None:
            step = run.task().step
            controller.session.attach(run)
            controller.noted.emit("Showing the work that continued in the background")
            controller.page_wanted.emit(step)

    controller.background.call("attach", find, found)
