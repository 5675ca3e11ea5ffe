"""Maps over images: what was answered, which part counted, whether the map can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QCheckBox, QComboBox, QSlider, QWidget

from convonet.desktop.mistakes import find_mistakes
from convonet.desktop.views.page import Either
from convonet.desktop.widgets.basic import EmptyState, button, column, frame, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.image_grid import ImageGrid, Picture
from convonet.desktop.widgets.picture import PictureView
from convonet.desktop.widgets.xy_plot import PlotLine, XYPlot
from convonet.documents.explanation import ExplainDocument, ExplainedImage, FaithfulnessCheck
from convonet.documents.predictions import UnreadableImage
from convonet.tasks.explain_tasks import Method

if TYPE_CHECKING:
    from convonet.desktop.views.explain_page import ExplainPage

_METHODS = {
    "grad_cam": ("Grad-CAM", "Regions that the last convolution uses: coarse and fast"),
    "saliency": ("Saliency", "Pixels that the prediction depends on most: fine and noisy"),
    "occlusion": (
        "Occlusion",
        "How much the probability falls when a part of the image is hidden: slow, easy to understand",
    ),
}
_ANSWER = "Predicted class"


class WhyTab(QWidget):
    """Method and class, the images that were explained, and one of them large."""

    def __init__(self, page: ExplainPage) -> None:
        super().__init__()
        self._page = page
        self._document: ExplainDocument | None = None
        self.grid = ImageGrid("Images that were explained")
        self.grid.selectionModel().currentChanged.connect(lambda *_: self._show_one())
        self.grid.setMinimumWidth(150)
        self.grid.setMaximumWidth(270)
        self._empty = EmptyState(
            "Nothing explained yet",
            "Explain the mistakes of the last test, or choose images. On Test and Use, right-click an image to "
            "explain it.",
            button("Explain the mistakes", self._explain_mistakes, primary=True),
            button(
                "Choose images …", lambda: page.controller.guard(lambda: page.explain(page.choose_images()))
            ),
        )
        both = row(self.grid, self._make_large(), gap=14)
        both.setStretch(0, 3)
        both.setStretch(1, 8)
        self._either = Either(self._empty, both)
        self.setLayout(column(10, self._make_options(), self._either, gap=10))

    def _make_options(self) -> QWidget:
        self.method, self.label_box = QComboBox(), QComboBox()
        for name in get_args(Method):
            self.method.addItem(_METHODS[name][0], name)
        self.method.setAccessibleName("Method")
        self.label_box.setAccessibleName("Class to explain")
        self.label_box.addItem(_ANSWER)
        self.method.currentIndexChanged.connect(lambda _: self._tell_method())
        self.faithful = QCheckBox("Check the heat map")
        self.faithful.setToolTip(
            "Deletes the most important pixels first. Takes about 230 predictions per image"
        )
        self._mistakes = button("Explain the mistakes", self._explain_mistakes)
        self._again = button(
            "Explain again", self._explain_again, tip="Explain the same images with these settings"
        )
        self._meaning = label("", "muted", wrap=True)
        line = FlowLayout(
            holder(row(label("Method", "muted"), self.method, gap=8)),
            holder(row(label("Class", "muted"), self.label_box, gap=8)),
            self.faithful,
            self._again,
            self._mistakes,
            gap=10,
        )
        self._tell_method()
        return frame(column(line, self._meaning, gap=6, margin=12))

    def _make_large(self) -> QWidget:
        self.image, self.map = PictureView("The image"), PictureView("The image with its map")
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, 100)
        self.strength.setValue(100)
        self.strength.setAccessibleName("Opacity of the map")
        self.strength.valueChanged.connect(lambda value: self.map.set_strength(value / 100))
        self._says, self._why = label("", "section", wrap=True), label("", "muted", wrap=True)
        self.deletion = XYPlot("Deletion", "fraction deleted", "probability", legend="bottom left", margin=0)
        self.deletion.setFixedHeight(230)
        pictures = row(self.image, self.map, gap=14)
        slider = row(None, label("Opacity of the map", "muted"), self.strength, gap=8)
        whole = column(self._says, pictures, slider, self._why, self.deletion, gap=8, margin=14)
        whole.setStretch(1, 1)
        return frame(whole)

    def _tell_method(self) -> None:
        self._meaning.setText(_METHODS[self.method.currentData()][1] + ".")

    def task_options(self) -> dict[str, Any]:
        """What is chosen, as keywords of `TaskBuilder.explain`."""
        wanted = self.label_box.currentText()
        return {
            "method": self.method.currentData(),
            # By its place and not by its text, which may also be the name of a class.
            "label": None if self.label_box.currentIndex() == 0 else wanted,
            "faithful": self.faithful.isChecked(),
        }

    def refresh(self, *, working: bool) -> None:
        """Classes of the model; what can be done now."""
        session = self._page.session
        names = [_ANSWER, *session.class_names]
        # Filling the box anew would lose the class that was chosen.
        if [self.label_box.itemText(place) for place in range(self.label_box.count())] != names:
            self.label_box.clear()
            self.label_box.addItems(names)
        free = session.work is None
        self._mistakes.setEnabled(free and session.evaluation is not None)
        self._again.setEnabled(free and self._document is not None)
        self._either.show_content(self._document is not None and not working)
        if working:
            self._empty.say(
                "Explaining …", "The first time takes longer, because the network has to be loaded."
            )
        else:
            self._empty.say(
                "Nothing explained yet",
                "Explain the mistakes of the last test, or choose images. On Test and Use, right-click an image "
                "to explain it.",
            )

    def _explain_mistakes(self) -> None:
        find_mistakes(self._page.controller, self._page.explain)

    def _explain_again(self) -> None:
        paths = [Path(item.path) for item in self._rows()]
        self._page.controller.guard(lambda: self._page.explain(paths))

    def _rows(self) -> Sequence[ExplainedImage | UnreadableImage]:
        return () if self._document is None else self._document.explanations

    def show_document(self, document: ExplainDocument | None) -> None:
        """Show what was explained; None: nothing."""
        self._document = document if document is not None and document.explanations else None
        self.grid.show_pictures([self._picture(item) for item in self._rows()])
        if self._rows():
            self.grid.setCurrentIndex(self.grid.pictures.index(0, 0))
        self._show_one()
        self._either.show_content(self._document is not None)

    def forget(self) -> None:
        """Show no explanation."""
        self.show_document(None)

    def _picture(self, item: ExplainedImage | UnreadableImage) -> Picture:
        if isinstance(item, UnreadableImage):
            return Picture(item.path, item.error, wrong=True)
        return Picture(self._file(item.files.overlay), f"{item.predicted} ({100 * item.confidence:.1f}%)")

    def _file(self, name: str) -> str:
        """A picture in the folder of the explanations."""
        return str(Path(self._document.folder) / name) if self._document is not None else ""

    def _show_one(self) -> None:
        place, rows = self.grid.currentIndex().row(), self._rows()
        item = rows[place] if 0 <= place < len(rows) else None
        if self._document is None or item is None or isinstance(item, UnreadableImage):
            self.image.show_image(QImage())
            self.map.show_image(QImage())
            self._says.setText(item.error if isinstance(item, UnreadableImage) else "")
            self._why.setText(item.path if item is not None else "")
            self.deletion.hide()
            return
        plain = QImage(self._file(item.files.image))
        self.image.show_image(plain)
        self.map.show_image(plain, QImage(self._file(item.files.overlay)))
        self._says.setText(_answer(item))
        self._why.setText(" ".join(_reasons(item, self._document.title)))
        self._show_deletion(item.faithful)

    def _show_deletion(self, faithful: FaithfulnessCheck | None) -> None:
        self.deletion.setVisible(faithful is not None)
        if faithful is not None:
            found = faithful.deletion
            self.deletion.show_lines(
                [
                    PlotLine("highest values first", "train", found.shares, found.curve),
                    PlotLine("reference maps", "val", found.shares, found.random_curve),
                ]
            )

    def close_threads(self) -> None:
        """Wait for pictures that are being decoded."""
        self.grid.close_threads()


def _answer(item: ExplainedImage) -> str:
    said = f"{item.predicted}, {100 * item.confidence:.1f}% confident"
    if item.class_ == item.predicted:
        return said
    return f"{said}; the map explains {item.class_} ({100 * item.probability:.1f}%)"


def _reasons(item: ExplainedImage, title: str) -> list[str]:
    layer = f", maps of {item.layer}" if item.layer else ""
    parts = [f"{Path(item.path).name}: {title}{layer}."]
    return parts if item.faithful is None else [*parts, item.faithful.sentence]
