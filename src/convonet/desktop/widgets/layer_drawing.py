"""A drawing of a network: each layer a slab as high as its maps and as deep as its channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from convonet.desktop.style import color
from convonet.desktop.widgets.amounts import rounded
from convonet.documents.network import LayerRow

_HIGHEST, _LEAST = 520.0, 10.0
_TOP, _WORDS = 40.0, 90.0
_STEP, _WIDEST_STEP = 126, 190
_LEFT = 4.0
_SKIPPED = ("InputLayer", "Rescaling", "Dropout", "SpatialDropout2D", "Activation", "ReLU")


class LayerDrawing(QWidget):
    """Draws the rows of a layer table; layers that change no shape are left out."""

    def __init__(self) -> None:
        super().__init__()
        self._layers: list[LayerRow] = []
        self.setObjectName("plain")
        self.setAccessibleName("Drawing of the network")

    def show_layers(self, layers: Sequence[LayerRow]) -> None:
        """Draw another network."""
        self._layers = [layer for layer in layers if layer.type not in _SKIPPED]
        self.setMinimumSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(len(self._layers) * _STEP + round(_LEFT), 300)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        largest = max((_side(layer) for layer in self._layers), default=1.0)
        room = min(max(self.height() - _TOP - _WORDS, 120.0), _HIGHEST)
        middle = _TOP + room / 2
        step = min(max((self.width() - _LEFT) / max(len(self._layers), 1), _STEP), _WIDEST_STEP)
        for place, layer in enumerate(self._layers):
            # A layer that is no stack of maps, such as a dense one, has no height and gets a fixed one.
            height = max(room * _side(layer) / largest, _LEAST) if _side(layer) else room * 0.75
            left = _LEFT + place * step
            self._paint_layer(painter, layer, left, middle, height, step / _STEP)
            self._write(painter, layer, QRectF(left, middle + room / 2 + 14, step - 6, 18))
        painter.end()

    def _paint_layer(
        self,
        painter: QPainter,
        layer: LayerRow,
        left: float,
        middle: float,
        height: float,
        zoom: float,
    ) -> None:
        shape = layer.output_shape
        # A logarithm, since a layer may have three channels or hundreds of them.
        depth = 6.0 + 4.0 * math.log2(max(float(shape[-1] or 1), 1.0))
        depth = zoom * (min(depth, 46.0) if len(shape) == 4 else 12.0)
        slant = min(height * 0.18, 18.0 * zoom)
        ground = QColor(
            color("train" if "Conv" in layer.type else "val" if "Dense" in layer.type else "faint")
        )
        front = QRectF(left, middle - height / 2, depth, height)
        top = QPolygonF(
            [
                front.topLeft(),
                front.topRight(),
                front.topRight() + QPointF(slant, -slant),
                front.topLeft() + QPointF(slant, -slant),
            ]
        )
        side = QPolygonF(
            [
                front.topRight(),
                front.bottomRight(),
                front.bottomRight() + QPointF(slant, -slant),
                front.topRight() + QPointF(slant, -slant),
            ]
        )
        painter.setPen(QPen(color("surface"), 1))
        painter.setBrush(ground)
        painter.drawRect(front)
        painter.setBrush(ground.lighter(125))
        painter.drawPolygon(top)
        painter.setBrush(ground.darker(125))
        painter.drawPolygon(side)

    def _write(self, painter: QPainter, layer: LayerRow, box: QRectF) -> None:
        words = (layer.type, " × ".join(str(item) for item in layer.output))
        for line, text in enumerate((*words, _counted(layer.params))):
            painter.setPen(color("ink" if line == 0 else "muted"))
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box.translated(0, 18 * line), Qt.AlignmentFlag.AlignLeft, shown)


def _counted(params: int) -> str:
    if not params:
        return ""
    return f"{rounded(params)} parameters"


def _side(layer: LayerRow) -> float:
    """The height of a map; 0 where places are gone."""
    shape = layer.output_shape
    return float(shape[1] or 1) if len(shape) == 4 else 0.0
