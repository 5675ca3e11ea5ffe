"""The figures of a search on its page: as the run folder holds them, large on a click."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from convonet.desktop.widgets.basic import EmptyState, column, frame
from convonet.desktop.widgets.on_dark import as_shown
from convonet.desktop.widgets.picture import FIGURE_SCALE

FIGURES = {
    "importance.png": "Importance of parameters",
    "search_history.png": "Progress of the search",
    "accuracy_and_seconds.png": "Score and training time",
    "parallel_coordinates.png": "Parallel coordinates",
}
_COLUMNS = 2


class PictureFrame(QWidget):
    """A picture as large as its place allows, never larger than it is."""

    opened = Signal()

    def __init__(self, title: str) -> None:
        super().__init__()
        self._figure = self._picture = QImage()
        self.file = Path()
        self.setAccessibleName(title)
        self.setToolTip(f"{title}: click to enlarge")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_file(self, file: Path) -> None:
        """Show what the file holds now."""
        self.file = file
        self._figure = QImage(str(file))
        self._dress()
        self.updateGeometry()

    def _dress(self) -> None:
        self._picture = as_shown(self._figure)
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._dress()
        super().changeEvent(event)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        own = self._own_size()
        return round(min(width, own.width()) * own.height() / own.width()) if own.width() else 0

    def _own_size(self) -> QSize:
        return self._picture.size() * FIGURE_SCALE

    def sizeHint(self) -> QSize:
        return QSize(440, self.heightForWidth(440))

    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(240))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture.isNull():
            return
        size = self._own_size()
        fitting = size.scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio).boundedTo(size)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        left = (self.width() - fitting.width()) / 2
        target = QRectF(left, 0, fitting.width(), fitting.height())
        painter.drawImage(target, self._picture, QRectF(self._picture.rect()))
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Space):
            self.opened.emit()
        else:
            super().keyPressEvent(event)


class SearchPlots(QStackedWidget):
    """The figures that a run folder holds."""

    opened = Signal(str)
    """The title of a figure that the person wants to see large."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures: dict[str, PictureFrame] = {}
        self._cards: dict[str, QWidget] = {}
        self._shown: tuple[tuple[str, float], ...] = ()
        self.addWidget(
            EmptyState("No plots yet", "Plots are drawn when a search with two or more settings has ended.")
        )
        self._grid = QGridLayout()
        self._grid.setSpacing(12)
        inner = QWidget()
        inner.setObjectName("plain")
        whole = QVBoxLayout(inner)
        whole.setContentsMargins(0, 8, 0, 0)
        whole.addLayout(self._grid)
        whole.addStretch(1)
        area = QScrollArea()
        area.setAccessibleName("Plots")
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inner)
        self.addWidget(area)

    def show_run(self, folder: Path) -> None:
        """Show the figures of a run; what has not changed is not read again."""
        files = [folder / name for name in FIGURES if (folder / name).is_file()]
        found = tuple((str(file), file.stat().st_mtime) for file in files)
        if found == self._shown:
            return
        self._shown = found
        for file in files:
            self._picture(file.name).show_file(file)
        for name, card in self._cards.items():
            card.setVisible(folder / name in files)
        self.setCurrentIndex(int(bool(files)))

    def clear(self) -> None:
        """Show no figure."""
        self._shown = ()
        self.setCurrentIndex(0)

    def _picture(self, name: str) -> PictureFrame:
        if name not in self.pictures:
            made = self.pictures[name] = PictureFrame(FIGURES[name])
            made.opened.connect(lambda: self.opened.emit(FIGURES[name]))
            card = self._cards[name] = frame(column(made, margin=8))
            self._grid.addWidget(card, *divmod(len(self._cards) - 1, _COLUMNS))
        return self.pictures[name]
