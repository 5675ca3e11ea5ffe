"""The kernel explorer: a kernel slides over an image, one value is followed, and the arithmetic of layers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QTabWidget,
    QWidget,
)

from convonet.data.decode import read_whole
from convonet.desktop.dialogs.layer_arithmetic import LayerArithmetic
from convonet.desktop.widgets.basic import (
    button,
    column,
    holder,
    label,
    pad_spin_boxes,
    resize_within_screen,
    row,
)
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.picture import PictureView
from convonet.errors import ConvonetError
from convonet.kernels import KERNELS, KernelResult, apply_kernel, kernel_of, steps_at

if TYPE_CHECKING:
    from convonet.desktop.background import Background
    from convonet.desktop.dialogs.ask import Asker

_IMAGES = "Images (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.ppm *.pgm);;All files (*)"
_OWN = "Custom weights"
_LINE = 32
_MOST_SIDE = 640
"""Larger images are shown smaller: a kernel of a few pixels does nothing that could be seen on them."""


class KernelBenchDialog(QDialog):
    """Stays open beside the window.

    Args:
        image: the image to begin with; None: one has to be chosen.
        folder: where to look for images first.
    """

    def __init__(
        self,
        background: Background,
        ask: Asker | None,
        image: Path | None,
        folder: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._background, self._ask, self._place = background, ask, folder
        self._pixels: Any = None
        self.setWindowTitle("Kernel explorer")
        resize_within_screen(self, 900, 700)
        self.before = PictureView("Image", "Choose an image.")
        self.after = PictureView("Result of the kernel")
        self.after.pointed.connect(self.follow)
        self.about, self.facts = label("", wrap=True), label("", "muted", wrap=True)
        self.fault = label("", "bad", wrap=True)
        self.sums = label("", wrap=True, select=True)
        tabs = QTabWidget()
        tabs.setAccessibleName("Parts of the kernel explorer")
        tabs.addTab(self._slide_tab(), "Kernel")
        tabs.addTab(LayerArithmetic(), "Layers")
        close = button("Close", self.accept, primary=True)
        self.setLayout(column(tabs, row(None, close), margin=16))
        pad_spin_boxes(self)
        self._choose_kernel()
        if image is not None:
            self.open_image(image)

    def _slide_tab(self) -> QWidget:
        self.kernel, self.weights = QComboBox(), QLineEdit()
        for name in KERNELS:
            self.kernel.addItem(name.replace("_", " ").capitalize(), name)
        self.kernel.addItem(_OWN, "")
        self.weights.setToolTip("Rows separated by slashes, such as -1 0 1 / -1 0 1 / -1 0 1")
        self.stride, self.padding, self.pooling = QSpinBox(), QComboBox(), QComboBox()
        self.stride.setRange(1, 16)
        self.padding.addItem("same", "same")
        self.padding.addItem("valid", "valid")
        self.pooling.addItem("none", None)
        for kind in ("max", "average"):
            self.pooling.addItem(kind, kind)
        self.grey, self.relu = QCheckBox("Gray"), QCheckBox("ReLU")
        for check in (self.grey, self.relu):
            check.setMinimumHeight(_LINE)
        self.row, self.column = QSpinBox(), QSpinBox()
        for widget, name in (
            (self.kernel, "Kernel"),
            (self.weights, "Weights of the kernel"),
            (self.stride, "Stride"),
            (self.padding, "Padding"),
            (self.pooling, "Pooling"),
            (self.row, "Row of the value to calculate"),
            (self.column, "Column of the value to calculate"),
        ):
            widget.setAccessibleName(name)
        self._listen()
        choose = button("Choose image …", self._choose_image)
        options = FlowLayout(
            _named("Stride", self.stride),
            _named("Padding", self.padding),
            _named("2 × 2 pooling", self.pooling),
            self.grey,
            self.relu,
            gap=14,
        )
        first = row(choose, self.kernel, self.weights)
        first.setStretch(2, 1)
        pictures = row(self.before, self.after, gap=14)
        where = FlowLayout(
            _named("Calculate the value in row", self.row), _named("column", self.column), gap=8
        )
        content = column(
            8, first, options, self.fault, self.about, pictures, self.facts, where, self.sums, gap=8
        )
        content.setStretch(5, 1)
        # On a small screen it is scrolled; the dialog never grows beyond the screen.
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(holder(content))
        return area

    def _listen(self) -> None:
        self.kernel.activated.connect(lambda _: self._choose_kernel())
        # `textEdited` rather than `textChanged`, so that the shown weights of a known kernel do not become custom ones.
        self.weights.textEdited.connect(lambda _: self._own_weights())
        self.stride.valueChanged.connect(lambda _: self.slide())
        for box in (self.padding, self.pooling):
            box.activated.connect(lambda _: self.slide())
        for check in (self.grey, self.relu):
            check.toggled.connect(lambda _: self.slide())
        for place in (self.row, self.column):
            place.valueChanged.connect(lambda _: self._show_sums())

    def _choose_image(self) -> None:
        path = self._ask.open_file("Choose an image", _IMAGES, self._place) if self._ask is not None else None
        if path is not None:
            self._place = str(path.parent)
            self.open_image(path)

    def open_image(self, path: Path) -> None:
        """Take an image, made smaller where it is large."""

        def read(_: object) -> Any:
            return _smaller(read_whole(path))

        self._background.call("bench image", read, self._take_image, self._show_fault)

    def _take_image(self, pixels: Any) -> None:
        self._pixels = pixels
        self.before.show_image(_as_image(pixels))
        self.slide()

    def _choose_kernel(self) -> None:
        name = self.kernel.currentData()
        if name:
            self.weights.setText(KERNELS[name].text)
        self.slide()

    def _own_weights(self) -> None:
        self.kernel.setCurrentText(_OWN)
        self.slide()

    def _chosen(self) -> Any:
        """The kernel. Raises ParamError."""
        return kernel_of(self.kernel.currentData() or self.weights.text())

    def slide(self) -> None:
        """Slide the kernel over the image, in a thread."""
        self.fault.hide()
        try:
            kernel = self._chosen()
        except ConvonetError as error:
            self._show_fault(error)
            return
        self.about.setText(kernel.about)
        pixels, options = self._pixels, self._options()
        if pixels is None:
            return

        def work(_: object) -> KernelResult:
            return apply_kernel(
                pixels,
                kernel,
                relu=self.relu.isChecked(),
                pooling=self.pooling.currentData(),
                **options,
            )

        self._background.call("bench", work, self._show, self._show_fault)

    def _options(self) -> dict[str, Any]:
        return {
            "stride": self.stride.value(),
            "padding": self.padding.currentData(),
            "grey": self.grey.isChecked(),
        }

    def _show(self, found: KernelResult) -> None:
        values = found.values
        self.after.show_image(_as_image(found.picture))
        shape = " × ".join(map(str, values.shape))
        given = " × ".join(map(str, self._pixels.shape))
        self.facts.setText(f"Input {given}. Output {shape}, values {values.min():g} to {values.max():g}.")
        self.row.setMaximum(values.shape[0] - 1)
        self.column.setMaximum(values.shape[1] - 1)
        self._show_sums()

    def follow(self, row: int, column: int) -> None:
        """Show the sum behind one value of the output."""
        self.row.setValue(row)
        self.column.setValue(column)

    def _show_sums(self) -> None:
        if self._pixels is None or self.pooling.currentData():
            self.sums.setText(
                "Turn off pooling to see the calculation of one value." if self.pooling.currentData() else ""
            )
            return
        try:
            found = steps_at(
                self._pixels, self._chosen(), self.row.value(), self.column.value(), **self._options()
            )
        except ConvonetError:
            # The kernel's fault is told already.
            return
        self.sums.setText("\n".join(step.sentence for step in found))

    def _show_fault(self, error: ConvonetError) -> None:
        self.fault.setText(error.sentence("window"))
        self.fault.show()


def _named(name: str, widget: QWidget) -> QWidget:
    return holder(row(label(name, "muted"), widget, gap=6))


def _smaller(pixels: Any) -> Any:
    """The same pixels, or fewer of them where a side is too long; (H, W) or (H, W, 3) uint8."""
    if max(pixels.shape[:2]) <= _MOST_SIDE:
        return pixels
    image = Image.fromarray(pixels)
    image.thumbnail((_MOST_SIDE, _MOST_SIDE))
    return np.asarray(image)


def _as_image(pixels: Any) -> QImage:
    """(H, W) or (H, W, 3) uint8 as Qt's image, which owns its pixels."""
    height, width = pixels.shape[:2]
    is_grey = pixels.ndim == 2
    kind = QImage.Format.Format_Grayscale8 if is_grey else QImage.Format.Format_RGB888
    return QImage(pixels.tobytes(), width, height, width * (1 if is_grey else 3), kind).copy()
