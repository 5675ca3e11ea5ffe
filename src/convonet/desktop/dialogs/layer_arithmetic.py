"""What a stack of layers makes of an image's size: shapes, parameters, receptive field, multiply-adds."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QSpinBox, QWidget

from convonet.desktop.widgets.basic import column, label, row
from convonet.desktop.widgets.table import TableView
from convonet.errors import ConvonetError
from convonet.kernels import MapSize, through_layers
from convonet.text import counted

_COLUMNS = ("Layer", "Output", "Parameters", "Receptive field", "Multiply-adds")
_FIRST = "conv:32,3,same pool:2 conv:32,3,same pool:2 flatten dense:512 dense:10"
_HELP = (
    "Layers separated by spaces: conv:FILTERS,KERNEL, pool:SIZE, flatten, gap, dense:UNITS. Append ,s2 for a stride of "
    "2, and ,same or ,valid for the padding."
)


class LayerArithmetic(QWidget):
    """A size and layers in short words; the table follows while they are typed."""

    def __init__(self) -> None:
        super().__init__()
        self.sides = {name: QSpinBox() for name in ("Height", "Width", "Channels")}
        for (name, box), value in zip(self.sides.items(), (28, 28, 1), strict=True):
            box.setRange(1, 100_000)
            box.setValue(value)
            box.setAccessibleName(name)
            box.valueChanged.connect(lambda _: self.compute())
        self.layers = QLineEdit(_FIRST)
        self.layers.setAccessibleName("Layers")
        self.layers.textChanged.connect(lambda _: self.compute())
        self.fault, self.total = label("", "bad", wrap=True), label("", "section")
        self.table = TableView(_COLUMNS, "layers")
        named = [item for name, box in self.sides.items() for item in (label(name, "muted"), box)]
        note = label(_HELP, "muted", wrap=True)
        content = column(8, row(*named, None), self.layers, note, self.fault, self.table, self.total, gap=8)
        content.setStretch(5, 1)
        self.setLayout(content)
        self.compute()

    def compute(self) -> None:
        """Follow the sizes through the layers; what cannot be read is said and the table stays."""
        height, width, channels = (box.value() for box in self.sides.values())
        try:
            found = through_layers(MapSize(height, width, channels), self.layers.text().split())
        except ConvonetError as error:
            self.fault.setText(error.sentence("window"))
            self.fault.show()
            return
        self.fault.hide()
        self.table.show_rows(
            [(one.text, one.output.text, one.params, one.receptive_field, one.multiply_adds) for one in found]
        )
        self.total.setText(counted(sum(one.params for one in found), "parameter"))
