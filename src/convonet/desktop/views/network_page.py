"""The layers of the network: a table with totals, and a drawing of how the maps shrink."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea

from convonet.desktop.views.foreign_note import ForeignNote
from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.widgets.amounts import rounded
from convonet.desktop.widgets.basic import GAP, EmptyState, Tile, column
from convonet.desktop.widgets.folding import TileLayout
from convonet.desktop.widgets.layer_drawing import LayerDrawing
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView, Written
from convonet.documents.network import LayerRow
from convonet.params import FAMILIES

_COLUMNS = (
    "Layer",
    "Type",
    "Output",
    "Parameters",
    "Kernel",
    "Stride",
    "Padding",
    "Activation",
    "Receptive field",
    "Multiply-adds",
    "Memory",
)
_TIPS = {
    "Receptive field": "Side length of the receptive field, in pixels",
    "Multiply-adds": "Multiply-adds per image",
    "Memory": "Memory of the layer's feature maps for one image",
}


class NetworkPage(Page):
    """Shows the summary that a worker has made."""

    title = "Network"
    parts = ("summary", "hyper", "data", "sets", "work", "model")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self.add_buttons(
            controller.button("edit_hyper", "Edit parameters"),
            controller.button("initialise", "Initialize", primary=True),
        )
        self._build = controller.button("initialise", "Initialize", primary=True)
        self._fetch = (
            controller.button("load_train", "Choose a folder …", primary=True),
            controller.button("demo"),
        )
        self._empty = EmptyState("", "", self._build, *self._fetch)
        self.tiles = {name: Tile(title) for name, title in _TILES.items()}
        self.table = TableView(_COLUMNS, "layers", tips=_TIPS)
        self.drawing = LayerDrawing()
        area = QScrollArea()
        area.setAccessibleName("Drawing of the network")
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self.drawing)
        area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.tabs = Tabs("Views of the network")
        self.tabs.addTab(self.table, "Layers")
        self.tabs.addTab(area, "Drawing")
        self._either = Either(self._empty, column(TileLayout(*self.tiles.values(), gap=GAP), self.tabs))
        self.foreign = ForeignNote(controller)
        self.body.addWidget(self.foreign)
        self.body.addWidget(self._either, 1)

    def refresh(self) -> None:
        self.foreign.refresh()
        summary = self.session.summary
        family = (
            FAMILIES.get(self.session.params.hyper.family) if not self.session.params.faults.hyper else None
        )
        self.lead.setText(f"{family.title}: {family.description}" if family else "")
        self._either.show_content(summary is not None)
        if summary is None:
            self._say_why()
            return
        self.tiles["params"].show_value(
            f"{summary['params']:,}",
            f"{summary['trainable']:,} trainable" if summary.non_trainable else "all trainable",
        )
        self.tiles["bytes"].show_value(_bytes(summary.bytes), "weights in memory")
        self.tiles["macs"].show_value(rounded(summary.macs), "for one image")
        learnt = sum(bool(layer.params) for layer in summary.layers)
        self.tiles["layers"].show_value(str(len(summary.layers)), f"{learnt} with weights")
        self.table.show_rows([_row(layer) for layer in summary.layers])
        self.drawing.show_layers(summary.layers)

    def _say_why(self) -> None:
        work, there = self.session.work, bool(self.session.sets.images("train"))
        building = work is not None and work.task.kind == "summary"
        self._build.setVisible(there and not building)
        for made in self._fetch:
            made.setVisible(not there)
        if building:
            self._empty.say("Building the network …", "The layer table will be ready in a few seconds.")
            return
        if not there:
            self._empty.say("No network yet", "Choose a folder of images first, or start with the digits.")
            return
        reason = self.session.why_not("initialise")
        ready = "Build the network and look at its layers before you train it."
        self._empty.say("No network yet", ready if reason is None else f"{reason.sentence}.")


_TILES = {"params": "Parameters", "bytes": "Memory", "macs": "Multiply-adds", "layers": "Layers"}


def _row(layer: LayerRow) -> tuple[Any, ...]:
    return (
        layer.name,
        layer.type,
        _sides(layer.output),
        layer.params,
        _sides(layer.kernel),
        _sides(layer.stride),
        layer.padding,
        layer.activation,
        _sides(layer.receptive_field),
        layer.macs,
        Written(layer.bytes, _bytes(layer.bytes)),
    )


def _sides(value: int | tuple[int | None, ...] | None) -> str:
    if value is None:
        return ""
    return " × ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _bytes(count: int) -> str:
    if count < 2**10:
        return f"{count} B"
    return f"{count / 2**20:,.1f} MiB" if count >= 2**20 else f"{count / 2**10:,.1f} KiB"
