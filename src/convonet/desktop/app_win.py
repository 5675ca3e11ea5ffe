"""The window: menus, the workflow at the left, the pages, and the work's progress below."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl
from PySide6.QtGui import QCloseEvent, QDesktopServices, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QMenu,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QWidget,
)

from convonet import documents, tasks
from convonet.desktop.actions import ACTIONS, MENUS, PAGES
from convonet.desktop.dialogs.ask import Asker
from convonet.desktop.file_actions import FileActions
from convonet.desktop.help_actions import HelpActions
from convonet.desktop.kept_session import save_session
from convonet.desktop.rail import Rail
from convonet.desktop.task_actions import TaskActions
from convonet.desktop.tours import TOURS, TourStep
from convonet.desktop.views import import_pages, make_page
from convonet.desktop.views.page import Page, PageContext
from convonet.desktop.widgets.basic import row
from convonet.desktop.widgets.steady import forget_hover
from convonet.desktop.widgets.tour import Tour
from convonet.desktop.work_line import WorkLine
from convonet.launch.work import WorkEnded
from convonet.session.steps import steps
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_STAY, _STOP, _GO_ON = "Stay", "Stop and close", "Continue in the background"
_MESSAGE_MS = 8000
_BETWEEN_PAGES_MS = 60
_NARROW = 960
_SHOW = "Show in folder"


class AppWin(QMainWindow):
    """The one window. Pages are made when they are first shown, so that it opens at once."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.controller = controller
        self.setWindowTitle("Convonet")
        self.setAcceptDrops(True)
        # At twice the size of letters a screen of 1440 × 900 pixels has room for no more.
        self.setMinimumSize(640, 400)
        self.resize(*controller.window_state.size)
        # Dialogs need a window as their parent, and the controller is made before it.
        controller.ask = Asker(self)
        self.files, self.tasks = FileActions(controller), TaskActions(controller)
        self.helps = HelpActions(controller, self)
        handlers = self.files.handlers() | self.tasks.handlers() | self.helps.handlers()
        controller.make_actions(handlers | {"exit": self._exit})
        self._context = PageContext(controller, self.files, self.tasks)
        self.pages: dict[str, Page] = {}
        self._frames: dict[str, QScrollArea] = {}
        self._stack = QStackedWidget()
        self.rail = Rail()
        body = QWidget()
        body.setLayout(row(_beside(self.rail), self._stack, gap=0))
        self.setCentralWidget(body)
        self._recent = QMenu("Open Recent", self)
        self._make_menus()
        self._work_line = WorkLine(self.statusBar(), controller)
        self._closing = False
        self._prepare = QTimer(self)
        self._prepare.setSingleShot(True)
        self._prepare.setInterval(_BETWEEN_PAGES_MS)
        self.rail.chosen.connect(self.show_page)
        controller.page_wanted.connect(self.show_page)
        controller.changed.connect(self._changed)
        controller.progressed.connect(self._work_line.refresh)
        controller.ended.connect(self._ended)
        controller.tour_wanted.connect(self.show_tour)
        controller.noted.connect(lambda text: self.statusBar().showMessage(text, _MESSAGE_MS))
        self._changed("work")
        self._fill_recent()

    def _exit(self) -> None:
        self.close()

    def _make_menus(self) -> None:
        for title in MENUS:
            menu = self.menuBar().addMenu(f"&{title}")
            menu.setToolTipsVisible(True)
            for spec in ACTIONS:
                if spec.menu != title:
                    continue
                if spec.new_group:
                    menu.addSeparator()
                # Open Recent stands above Exit, where people look for it.
                if spec.id == "exit":
                    menu.addMenu(self._recent)
                    menu.addSeparator()
                menu.addAction(self.controller.actions[spec.id])

    def show_page(self, where: str) -> None:
        """Show a page, or a part of it: `train`, `params/hyper`."""
        name, _, part = where.partition("/")
        page = self.page(name)
        self._stack.setCurrentWidget(self._frames[name])
        self.rail.show_page(name)
        # Tab then begins on the page, not on the entry at the left that was clicked.
        page.setFocus()
        if part:
            page.open_part(part)

    def page(self, name: str) -> Page:
        """A page, made when it is asked for the first time."""
        if name not in self.pages:
            self.pages[name] = make_page(name, self._context)
            self._frames[name] = _scrolled(self.pages[name])
            self._stack.addWidget(self._frames[name])
        return self.pages[name]

    def show_tour(self, title: str) -> None:
        """Show the steps of a scenario of the tutorial over this window."""
        Tour(self, TOURS[title], self._show_step)

    def _show_step(self, step: TourStep) -> QWidget:
        """Show the page of a step; the button that it points at, else the page's entry at the left."""
        self.show_page(step.page)
        name = step.page.partition("/")[0]
        action = self.controller.actions.get(step.action)
        # Found by its action, not by its place, so that a page may be rearranged without its tour.
        buttons = self.page(name).findChildren(QToolButton)
        found = (made for made in buttons if made.defaultAction() is action and made.isVisible())
        return next(found, self.rail.buttons[name]) if action is not None else self.rail.buttons[name]

    def prepare_pages(self) -> None:
        """Make the pages that nobody has looked at yet, one after the other, so that showing one is no wait."""
        waiting = [name for name in PAGES if name not in self.pages]

        def make_next() -> None:
            if waiting and not self._closing:
                page = self.page(waiting.pop(0))
                for widget in page.findChildren(QWidget):
                    # Applies the style sheet now, so that the first showing of the page does not wait for it.
                    widget.ensurePolished()
                self._prepare.start()

        self._prepare.timeout.connect(make_next)
        # Modules are imported in a thread; the widgets themselves must be made in this one.
        self.controller.background.call("pages", lambda _: import_pages(), lambda _: self._prepare.start())

    @property
    def shown(self) -> str:
        """The page that is shown."""
        current = self._stack.currentWidget()
        return next((name for name in PAGES if self._frames.get(name) is current), "")

    def _changed(self, part: str) -> None:
        self.rail.show_steps(steps(self.controller.session))
        if part == "recent":
            self._fill_recent()
        if part == "work":
            self._work_line.refresh()

    def _ended(self, ended: WorkEnded) -> None:
        words = {"done": "Done", "cancelled": "Stopped. Finished work is kept", "failed": _failure(ended)}
        text = words.get(ended.state, str(ended.state))
        if exported := ended.answer(tasks.ExportTask, documents.WrittenFile):
            done = "Exported" if getattr(ended.task, "unchecked", False) else "Exported and checked"
            text, file = f"{done}: {exported.path}", Path(exported.path)
            # A dialog that is open must not hold up the others who hear of the end.
            QTimer.singleShot(0, self, lambda: self._tell_export(done, file, _compared(ended)))
        if reported := ended.answer(tasks.ReportTask, documents.WrittenFile):
            text = f"Saved: {reported.path}"
        self.statusBar().showMessage(text, _MESSAGE_MS)
        if self._closing:
            self.close()

    def _tell_export(self, done: str, path: Path, compared: str) -> None:
        """Where the exported model is; a person who waited for it is told in a dialog."""
        if self.controller.ask is None or self._closing:
            return
        text = f"{path}\n\n{compared}"
        if self.controller.ask.choose(done, text, (_SHOW, "Close")) == _SHOW:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path if path.is_dir() else path.parent)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange and self.isActiveWindow():
            # Qt misses that the pointer has left while another window was in front, and keeps buttons lit.
            forget_hover(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.rail.set_narrow(self.width() < _NARROW)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for text in self.controller.window_state.recent:
            path = Path(text)
            self._recent.addAction(
                f"{path.name}  –  {path.parent}",
                lambda path=path: self.controller.guard(lambda: self.files.take_paths([path])),  # type: ignore[misc]
            )
        self._recent.setEnabled(bool(self.controller.window_state.recent))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.controller.guard(lambda: self.files.take_paths(paths))

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self._may_close():
            event.ignore()
            return
        size = self.size()
        self.controller.window_state.size = (size.width(), size.height())
        save_session(self.controller)
        # Pages stop their timers before the session goes that these ask.
        for page in self.pages.values():
            page.close_page()
        self.controller.close()
        event.accept()

    def _may_close(self) -> bool:
        """Work that is under way is asked about; what is not kept is simply stopped."""
        work = self.controller.session.work
        # A server's work goes on without this window.
        if work is None or self.controller.session.backend.is_remote:
            return True
        if self._closing:
            return False
        answer = _STOP
        if work.keeps and self.controller.ask is not None:
            text = "The work can continue in the background. It appears here when you open the window again."
            answer = self.controller.ask.choose("Work in progress", text, (_GO_ON, _STOP, _STAY))
        if answer == _GO_ON:
            self.controller.session.detach()
            return True
        if answer == _STOP and self.controller.session.work is not None:
            self._closing = True
            self.controller.session.stop()
        # The window closes when the worker has put its work away.
        return self.controller.session.work is None and answer == _STOP


def _scrolled(page: Page) -> QScrollArea:
    """A page that can be scrolled where the window is smaller than it needs."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area


def _beside(rail: Rail) -> QScrollArea:
    """The rail, which can be scrolled in a low window."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(rail)
    area.setFixedWidth(rail.width())
    rail.width_changed.connect(area.setFixedWidth)
    return area


def _compared(ended: WorkEnded) -> str:
    """How close an export is to the model. Only 8-bit networks may differ more than by rounding."""
    if isinstance(ended.task, tasks.ExportTask) and ended.task.format == "onnx-int8":
        found = ended.answer(tasks.ExportTask, documents.Int8Export)
        assert found is not None, "an export that is done has an answer"
        return (
            f"Accuracy {100 * found.int8.accuracy:.1f}% ({100 * found.float_.accuracy:.1f}% in floating point), "
            f"measured on {counted(found.images, 'image')}."
        )
    if isinstance(ended.task, tasks.ExportTask) and ended.task.unchecked:
        return "The exported model gives the same predictions as the original; the page was not tried in a browser."
    return "The exported model gives the same predictions as the original, image by image."


def _failure(ended: WorkEnded) -> str:
    """What failed and why, such as `Training failed: No images were found`."""
    name = ended.task.title
    return f"{name} failed: {ended.error.what}" if ended.error is not None else f"{name} failed"
