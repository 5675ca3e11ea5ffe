"""A model that was made elsewhere: how it wants its pixels, and which class each of its outputs is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QComboBox, QFrame

from convonet.desktop.widgets.basic import column, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.inference.labels import LABELS, label_file, labels_beside, read_labels

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_SCALINGS = {
    "As in the file": None,
    "0 to 1": "unit",
    "−1 to 1": "symmetric",
    "ImageNet": "imagenet",
    "None: 0 to 255": "none",
}
_BESIDE = "Names from the file next to the model"
_NATURAL = "Folders in natural order (2 before 10)"
_LETTERS = "Folders in alphabetical order (10 before 2)"
_FILE = "Names from a file …"
_SHOWN = 8


class ForeignNote(QFrame):
    """Stands on the pages of a model that does not say all of this itself; hidden for others."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self.setObjectName("note")
        self.scaling, self.names = QComboBox(), QComboBox()
        self.scaling.addItems(list(_SCALINGS))
        self.scaling.setAccessibleName("Pixel scaling of the model")
        self.names.setAccessibleName("Order of the model's classes")
        self.scaling.activated.connect(lambda _: controller.guard(self._set_scaling))
        self.names.activated.connect(lambda _: controller.guard(self._set_names))
        self._order = label("", "small", wrap=True)
        line = FlowLayout(
            holder(row(label("Pixel scaling", "muted"), self.scaling, gap=8)),
            holder(row(label("Classes", "muted"), self.names, gap=8)),
            gap=14,
        )
        made = label("This model was made elsewhere.", "muted", wrap=True)
        self.setLayout(column(made, line, self._order, gap=6, margin=10))

    def refresh(self) -> None:
        """Show what is known of the model, and the order before it is used."""
        session = self._controller.session
        model = session.model
        self.setVisible(model is not None and (model.info is None or not model.info.classes))
        if model is None:
            return
        offered = [_BESIDE] if label_file(model.file) else []
        offered += ([_NATURAL, _LETTERS] if session.sets.classes else []) + [_FILE]
        present = self.names.currentText()
        self.names.clear()
        self.names.addItems(offered)
        self.names.setCurrentText(present if present in offered else offered[0])
        names = session.class_names
        order = ", ".join(f"{place} = {name}" for place, name in enumerate(names[:_SHOWN]))
        more = f" … {len(names):,} in all" if len(names) > _SHOWN else ""
        unknown = (
            f"The class names are not known. Choose a file with the class names ({LABELS}), or load images to use the "
            "names of their folders."
        )
        self._order.setText(f"{order}{more}" if names else unknown)

    def _set_scaling(self) -> None:
        session = self._controller.session
        if (model := session.model) is not None:
            chosen: Any = _SCALINGS[self.scaling.currentText()]
            session.set_model(replace(model, scaling=chosen))

    def _set_names(self) -> None:
        session, chosen = self._controller.session, self.names.currentText()
        model = session.model
        names = None if model is None else self._chosen_names(chosen, model.file)
        if model is not None and names is not None:
            session.set_model(replace(model, classes=names))
            self._controller.scan()

    def _chosen_names(self, chosen: str, file: Path) -> tuple[str, ...] | None:
        """The names in the order that was chosen; None: given up."""
        # The window can be seen sooner without numpy and Pillow, which this loads.
        from convonet.data.names import natural_key

        if chosen == _BESIDE:
            return labels_beside(file)
        if chosen == _LETTERS:
            return tuple(sorted(self._controller.session.sets.classes))
        if chosen == _NATURAL:
            return tuple(sorted(self._controller.session.sets.classes, key=natural_key))
        asker = self._controller.ask
        path = (
            asker.open_file("Class names, one per line", "Text (*.txt);;All files (*)", str(file.parent))
            if asker
            else None
        )
        return read_labels(path) if path is not None else None
