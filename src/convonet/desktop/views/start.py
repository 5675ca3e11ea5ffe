"""The first page: one click to a trained network, or one's own images."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout

from convonet.desktop.views.page import Page, PageContext
from convonet.desktop.widgets.basic import button, column, frame, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import TileLayout

_SHOWN = 6


class StartPage(Page):
    """What a newcomer sees."""

    title = "Start"
    parts = ("recent", "work")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self._heading.hide()
        self.lead.hide()
        self.demo = controller.button("demo", "Train on handwritten digits", primary=True)
        hero = column(
            label("From folders of images to an image classifier", "hero-title", wrap=True),
            label(
                "Start with 1,797 handwritten digits. One click trains and tests a network; then draw a digit "
                "yourself. Nothing is downloaded"
                + (", and nothing leaves this machine." if not self.session.backend.is_remote else "."),
                "lead",
                wrap=True,
            ),
            6,
            FlowLayout(self.demo, controller.button("tutorial", "Tutorial")),
            gap=12,
            margin=28,
        )
        own = column(
            label("Your own images", "section"),
            label(
                "A folder with one folder per class: PNG, JPEG, TIFF, WebP and others.",
                "muted",
                wrap=True,
            ),
            6,
            None,
            row(controller.button("load_train", "Choose a folder …"), None),
            gap=8,
            margin=20,
        )
        files_card = column(
            label("Parameter files", "section"),
            label(
                "JSON files, including those from the desktop program that preceded Convonet.",
                "muted",
                wrap=True,
            ),
            6,
            None,
            FlowLayout(
                controller.button("load_data", "Data …"),
                controller.button("load_hyper", "Hyperparameters …"),
            ),
            gap=8,
            margin=20,
        )
        model = column(
            label("A trained model", "section"),
            label("Test it, or classify new images.", "muted", wrap=True),
            6,
            None,
            FlowLayout(
                controller.button("load_model", "Open a model …"),
                controller.button("show_runs", "Earlier runs"),
            ),
            gap=8,
            margin=20,
        )
        cards = TileLayout(frame(own), frame(files_card), frame(model), gap=14)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        self._recent_box = frame(column(label("Recent", "section"), self._recent, gap=8, margin=20))
        area = QScrollArea()
        area.setAccessibleName("Start")
        area.setWidgetResizable(True)
        area.setWidget(holder(column(frame(hero, "hero"), cards, self._recent_box, None, gap=16)))
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.body.addWidget(area)

    def refresh(self) -> None:
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        there = [Path(text) for text in self.controller.window_state.recent if Path(text).exists()][:_SHOWN]
        for path in there:
            self._recent.addWidget(self._link(path))
        self._recent_box.setVisible(bool(there))

    def _link(self, path: Path) -> QPushButton:
        made = button(
            f"{path.name}   –   {path.parent}",
            lambda: self.controller.guard(lambda: self.context.files.take_paths([path])),
            tip=str(path),
        )
        made.setFlat(True)
        made.setStyleSheet("QPushButton { text-align: left; border-color: transparent; padding-left: 0; }")
        return made
