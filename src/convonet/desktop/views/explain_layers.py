"""What the layers of a network see, and what excites their channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QComboBox, QListWidget, QScrollArea, QSpinBox, QWidget

from convonet.desktop.views.page import Either
from convonet.desktop.widgets.basic import EmptyState, button, column, frame, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.picture import FigureView
from convonet.documents.explanation import DreamDocument, LayersDocument
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.desktop.views.explain_page import ExplainPage

_KINDS = {"filters": "filters", "maps": "maps"}
_LAYERS = (
    "The filters of each convolution, and the feature maps of an image: edges first, parts of objects later."
)
_DREAM = (
    "Generates an image that activates a channel as strongly as possible. In the last layer, channels are "
    "classes."
)


class LayersTab(QWidget):
    """Filters, and the feature maps of an image."""

    def __init__(self, page: ExplainPage) -> None:
        super().__init__()
        self._page = page
        self._document: LayersDocument | None = None
        self.list = QListWidget()
        self.list.setMinimumWidth(150)
        self.list.setMaximumWidth(230)
        self.list.setAccessibleName("Layers that were drawn")
        self.list.currentRowChanged.connect(self._show)
        self.picture = FigureView("Layer")
        area = QScrollArea()
        area.setAccessibleName("Layer")
        area.setWidgetResizable(True)
        area.setWidget(self.picture)
        both = row(self.list, area, gap=14)
        both.setStretch(0, 1)
        both.setStretch(1, 3)
        self._draw = button("Draw the filters", lambda: page.controller.guard(lambda: page.draw_layers(None)))
        self._with = button("With an image …", self._with_image)
        self._empty = EmptyState("Nothing drawn yet", _LAYERS)
        self._either = Either(self._empty, both)
        words, buttons = label(_LAYERS, "muted", wrap=True), holder(FlowLayout(self._draw, self._with))
        line = FoldingRow(words, buttons, wanted=(260, None), stretch=(1, 0))
        self.setLayout(column(10, line, self._either, gap=10))

    def _with_image(self) -> None:
        def ask() -> None:
            for path in self._page.choose_images("Choose an image to show its feature maps")[:1]:
                self._page.draw_layers(path)

        self._page.controller.guard(ask)

    def refresh(self, *, working: bool) -> None:
        """What can be done now."""
        free = self._page.session.work is None
        self._draw.setEnabled(free)
        self._with.setEnabled(free)
        self._either.show_content(self._document is not None and not working)
        self._empty.say("Drawing …" if working else "Nothing drawn yet", "" if working else _LAYERS)

    def show_document(self, document: LayersDocument) -> None:
        """Show the pages that were drawn."""
        self.list.clear()
        self._document = document
        self.list.addItems([f"{item.name}: {_KINDS[item.kind]}" for item in document.layers])
        self.list.setCurrentRow(0)
        self._either.show_content(True)

    def forget(self) -> None:
        """Show no layer."""
        self._document = None
        self.list.clear()
        self._either.show_content(False)

    def _show(self, place: int) -> None:
        if self._document is not None and 0 <= place < len(self._document.layers):
            self.picture.show_figure(QImage(str(self._document.path(self._document.layers[place]))))


class DreamTab(QWidget):
    """Gradient ascent on the input, for a layer and channel."""

    def __init__(self, page: ExplainPage) -> None:
        super().__init__()
        self._page = page
        self._is_shown = False
        self.layer = QComboBox()
        self.layer.setEditable(True)
        self.layer.setMinimumWidth(180)
        self.layer.setAccessibleName("Layer")
        self.channel, self.steps, self.seed = (
            _number("Channel", -1, 100_000, -1),
            _number("Steps", 1, 10_000, 256),
            _number("Seed", 0, 2**31 - 1, 0),
        )
        self.channel.setSpecialValueText("the first twelve")
        self._start = button("Generate picture", self._excite, primary=True)
        self.picture = FigureView("What activates the channel")
        self._says = label("", "muted", wrap=True)
        self._empty = EmptyState("No picture yet", _DREAM)
        shown = column(self._says, self.picture, gap=8)
        shown.setStretch(1, 1)
        self._either = Either(self._empty, shown)
        named = (("Layer", self.layer), ("Channel", self.channel), ("Steps", self.steps), ("Seed", self.seed))
        pairs = [holder(row(label(name, "muted"), widget, gap=8)) for name, widget in named]
        line = column(FlowLayout(*pairs, self._start, gap=10), margin=12)
        self.setLayout(column(10, frame(line), self._either, gap=10))

    def _excite(self) -> None:
        channel = self.channel.value() if self.channel.value() >= 0 else None
        page, layer = self._page, self.layer.currentText().strip()
        values = layer, channel, self.steps.value(), self.seed.value()
        page.controller.guard(lambda: page.excite(*values))

    def refresh(self, *, working: bool) -> None:
        """The layers of the model, where they are known; what can be done now."""
        summary = self._page.session.summary
        names = [layer.name for layer in summary.layers if layer.params] if summary else []
        known = [self.layer.itemText(place) for place in range(self.layer.count())]
        if names and known != names:
            self.layer.clear()
            self.layer.addItems(names)
            self.layer.setCurrentIndex(len(names) - 1)
        elif not known:
            self.layer.setEditText("output")
        self._start.setEnabled(self._page.session.work is None)
        self._either.show_content(self._is_shown and not working)
        self._empty.say(
            "Generating the picture …" if working else "No picture yet", "" if working else _DREAM
        )

    def show_document(self, document: DreamDocument) -> None:
        """Show the picture that was made."""
        self.picture.show_figure(QImage(document.path))
        same = f"Layer {document.layer} has {counted(document.channels, 'channel')}."
        self._says.setText(f"{same} The same seed gives the same picture.")
        self._is_shown = True
        self._either.show_content(True)

    def forget(self) -> None:
        """Show no dream; the layers are those of another model."""
        self._is_shown = False
        self.layer.clear()
        self._either.show_content(False)


def _number(name: str, low: int, high: int, value: int) -> QSpinBox:
    made = QSpinBox()
    made.setRange(low, high)
    made.setValue(value)
    made.setAccessibleName(name)
    return made
