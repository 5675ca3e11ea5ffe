"""Heights and widths of the images, and the mean and spread of their pixels, looked at in the background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QCheckBox, QLabel, QScrollArea, QWidget

from convonet.desktop.widgets.bars import SERIES, Bar, BarView, Legend
from convonet.desktop.widgets.basic import column, frame, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.params import DataParams
from convonet.session.backend import Images
from convonet.session.look import SizesFound
from convonet.tasks import Split
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing
    from convonet.desktop.background import Background

_BINS = 12
_MEANS, _MEAN_SIDE = 40, 80
_NAMES: dict[Split, str] = {"train": "Training", "val": "Validation", "test": "Test"}


class SizesView(QScrollArea):
    """Histograms, pixel statistics and the mean image of each class."""

    def __init__(self, background: Background, images: Images) -> None:
        super().__init__()
        self.setAccessibleName("Sizes and pixels")
        self._background, self._images = background, images
        self._shown: object = None
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self._note = label("", "muted", wrap=True)
        self._heights = BarView("Heights", SERIES)
        self._widths = BarView("Widths", SERIES)
        self._means = FlowLayout(gap=10)
        self._found: SizesFound | None = None
        self._legend = Legend(SERIES)
        self.counts = QCheckBox("Counts instead of fractions")
        self.counts.toggled.connect(lambda _: self._show_bars())
        histograms = FoldingRow(
            frame(column(label("Height in pixels", "section"), self._heights, None, margin=14)),
            frame(column(label("Width in pixels", "section"), self._widths, None, margin=14)),
            wanted=(240, 240),
            stretch=(1, 1),
            gap=14,
        )
        choice = row(self._legend, self.counts)
        choice.setStretch(0, 1)
        means = frame(column(label("Mean image of each class", "section"), self._means, margin=14))
        self.setWidget(holder(column(8, self._note, choice, histograms, means, None, gap=14)))

    def look_at(self, listings: Mapping[Split, ImageListing], data: DataParams) -> None:
        """Look at these sets, unless they are what is shown."""
        key = tuple(id(listing) for listing in listings.values()), data
        if key == self._shown:
            return
        self._shown = key
        self._note.setText("Reading the images …")
        self._background.call(
            "sizes", lambda watch: self._images.find_sizes(listings, data, watch), self.show_found
        )

    def show_found(self, found: SizesFound) -> None:
        """Show what was found."""
        height, width, channels = found.shape
        parts = [f"The network sees {height} × {width} pixels, {'grayscale' if channels == 1 else 'color'}"]
        for split, (mean, spread) in found.pixels.items():
            seen = f"{counted(found.looked_at[split], 'image')} measured"
            parts.append(
                f"{_NAMES[split]}: mean {mean:.1f}, standard deviation {spread:.1f} (pixel values 0–255), {seen}"
            )
        self._note.setText("\n".join(f"{part}." for part in parts))
        self._found = found
        self._legend.show_names([_NAMES[split] for split in found.heights])
        self._show_bars()
        self._show_means(found.means)

    def _show_bars(self) -> None:
        if self._found is not None:
            for view, sizes in ((self._heights, self._found.heights), (self._widths, self._found.widths)):
                view.show_bars(_bars(sizes, as_counts=self.counts.isChecked()))

    def _show_means(self, means: Mapping[str, Any]) -> None:
        while (item := self._means.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for name, pixels in list(means.items())[:_MEANS]:
            self._means.addWidget(_mean(name, pixels))


def _bars(counts: Mapping[Split, Counter[int]], *, as_counts: bool) -> list[Bar]:
    """A histogram with at most twelve bars; shares compare sets of unequal size."""
    values = sorted({size for counter in counts.values() for size in counter})
    if not values:
        return []
    width = max(-(-(values[-1] - values[0] + 1) // _BINS), 1)
    bars = []
    for low in range(values[0], values[-1] + 1, width):
        numbers = [sum(counter[size] for size in range(low, low + width)) for counter in counts.values()]
        if not any(numbers):
            continue
        name = str(low) if width == 1 else f"{low}–{low + width - 1}"
        totals = [max(counter.total(), 1) for counter in counts.values()]
        shares = [number / total for number, total in zip(numbers, totals, strict=True)]
        if as_counts:
            bars.append(Bar(name, tuple(map(float, numbers)), " / ".join(f"{n:,}" for n in numbers)))
        else:
            bars.append(Bar(name, tuple(shares), " / ".join(f"{100 * share:.0f}%" for share in shares)))
    return bars


def _enlarged(image: QImage, ratio: float) -> QPixmap:
    """A small image with equal squares for its pixels, a large one smoothly."""
    side, room = max(image.width(), image.height()), round(_MEAN_SIDE * ratio)
    if side <= room:
        shown = image.scaled(image.size() * (room // side))
    else:
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        shown = image.scaled(room, room, keep, smooth)
    pixmap = QPixmap.fromImage(shown)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _mean(name: str, pixels: Any) -> QWidget:
    # The window can be seen sooner without numpy.
    import numpy as np

    rgb = np.ascontiguousarray(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)
    height, width = rgb.shape[:2]
    image = QImage(rgb.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    picture = QLabel()
    picture.setPixmap(_enlarged(image, picture.devicePixelRatio()))
    picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    picture.setAccessibleName(f"Mean image of {name}")
    title = label(name if len(name) < 14 else f"{name[:12]} …", "small")
    title.setToolTip(name)
    title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return holder(column(picture, title, gap=2))
