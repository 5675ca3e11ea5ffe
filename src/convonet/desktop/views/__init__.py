"""One page of the window a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller
    from convonet.desktop.file_actions import FileActions
    from convonet.desktop.task_actions import TaskActions
    from convonet.desktop.views.page import Page


def make_page(name: str, controller: Controller, files: FileActions, tasks: TaskActions) -> Page:
    """The page of that name; its module is imported now and not before.

    Raises:
        KeyError: there is no such page.
    """
    if name == "start":
        from convonet.desktop.views.start import StartPage

        return StartPage(controller, files)
    if name == "data":
        from convonet.desktop.views.data_page import DataPage

        return DataPage(controller)
    if name == "params":
        from convonet.desktop.views.params_page import ParamsPage

        return ParamsPage(controller, files)
    if name == "network":
        from convonet.desktop.views.network_page import NetworkPage

        return NetworkPage(controller)
    if name == "tune":
        from convonet.desktop.views.tune_page import TunePage

        return TunePage(controller)
    if name == "train":
        from convonet.desktop.views.train_page import TrainPage

        return TrainPage(controller)
    if name == "test":
        from convonet.desktop.views.test_page import TestPage

        return TestPage(controller, tasks)
    if name == "use":
        from convonet.desktop.views.use_page import UsePage

        return UsePage(controller, tasks)
    if name == "explain":
        from convonet.desktop.views.explain_page import ExplainPage

        return ExplainPage(controller)
    if name == "runs":
        from convonet.desktop.views.runs_page import RunsPage

        return RunsPage(controller, files, tasks)
    raise KeyError(name)
