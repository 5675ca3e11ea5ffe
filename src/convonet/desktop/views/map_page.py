"""A map of the images: similar ones lie close together. It is zoomed and moved, colored, and selected from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QCheckBox, QComboBox, QListWidget, QListWidgetItem, QSpinBox, QSplitter

from convonet.desktop.views.map_colors import COLORINGS, NEED_ANSWERS, coloring_of
from convonet.desktop.views.map_lists import MapLists
from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.widgets.basic import EmptyState, button, column, holder, label, row
from convonet.desktop.widgets.flow import FlowLayout
from convonet.desktop.widgets.map_canvas import MapCanvas
from convonet.documents.image_map import ImageMap
from convonet.launch.work import WorkEnded
from convonet.tasks import MapTask, Split
from convonet.text import counted

_SETS: dict[Split, str] = {"train": "Training", "val": "Validation", "test": "Test"}
# A QSpinBox holds a signed number of 32 bits and no larger one.
_MOST_SEED = 2**31 - 1
_ZOOM, _ICON = 1.5, 12
_LEGEND_ROWS, _LEGEND_ROW = 6, 28
_Key = tuple[Split, Path]


class MapPage(Page):
    """Asks a worker for a map of a set that is loaded, and shows it."""

    title = "Map"
    parts = ("sets", "model", "work")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self.map: ImageMap | None = None
        self._key: _Key | None = None
        self._asked: _Key | None = None
        self.draw_button = button("Draw the map", self.draw, primary=True)
        self.add_buttons(controller.button("stop"), self.draw_button)
        self.set_box, self.answers_box, self.color_box = QComboBox(), QComboBox(), QComboBox()
        self.seed_box = QSpinBox()
        self.seed_box.setRange(0, _MOST_SEED)
        self.seed_box.setMaximumWidth(110)
        for box, name in (
            (self.set_box, "Set"),
            (self.answers_box, "Predictions"),
            (self.color_box, "Color"),
            (self.seed_box, "Seed"),
        ):
            box.setAccessibleName(name)
        for box in (self.set_box, self.answers_box, self.color_box):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.answers_box.setToolTip("Model whose predictions the map shows. None: only the images")
        self.seed_box.setToolTip("The same images and seed give the same map")
        self.color_box.activated.connect(lambda _: self._recolor())
        self.canvas, self.lists = MapCanvas(), MapLists(controller)
        self.select_box = QCheckBox("Drag to select")
        self.select_box.setToolTip(
            "If unchecked, dragging moves the map, and dragging with Shift selects images"
        )
        self.select_box.toggled.connect(self._take_mode)
        self.legend = QListWidget()
        self.legend.setAccessibleName("Colors; unchecked ones are not shown")
        self.legend.itemChanged.connect(self._toggle)
        self._named = label("", "small")
        self.canvas.selected.connect(self.lists.show_selected)
        self.canvas.hovered.connect(self._name)
        self.lists.chosen.connect(self.canvas.show_rows)
        self.lists.wanted.connect(lambda rows: self.canvas.show_rows(rows, bring=True))
        self._wait = EmptyState("", "")
        self._no_images = EmptyState(
            "No images yet",
            "Choose images on the Data page to draw a map of them here.",
            controller.button("load_train", "Choose a folder …", primary=True),
        )
        self._shown = Either(self._wait, self._content())
        choice = FlowLayout(
            holder(row(label("Set", "muted"), self.set_box, gap=8)),
            holder(row(label("Predictions", "muted"), self.answers_box, gap=8)),
            holder(row(label("Seed", "muted"), self.seed_box, gap=8)),
            gap=16,
        )
        self._either = Either(self._no_images, column(choice, self._shown))
        self.body.addWidget(self._either, 1)
        controller.ended.connect(self._ended)

    def _content(self) -> QSplitter:
        tools = FlowLayout(
            holder(row(label("Color", "muted"), self.color_box, gap=8)),
            self.select_box,
            button("+", lambda: self.canvas.zoom(_ZOOM), tip="Zoom in"),
            button("−", lambda: self.canvas.zoom(1 / _ZOOM), tip="Zoom out"),
            button("Show all", self.canvas.show_all),
        )
        left = column(tools, self.canvas, self._named, gap=8)
        left.setStretch(1, 1)
        right = column(self.legend, self.lists, gap=8)
        right.setStretch(1, 1)
        upper = QSplitter(Qt.Orientation.Horizontal)
        upper.addWidget(holder(left))
        beside = holder(right)
        right.setContentsMargins(12, 0, 0, 0)
        upper.addWidget(beside)
        upper.setStretchFactor(0, 3)
        upper.setStretchFactor(1, 2)
        upper.setChildrenCollapsible(False)
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.addWidget(upper)
        whole.addWidget(self.lists.bar)
        whole.setStretchFactor(0, 1)
        whole.setChildrenCollapsible(False)
        return whole

    def refresh(self) -> None:
        session = self.session
        there = [split for split in session.sets.listings if session.sets.images(split)]
        self._either.show_content(bool(there))
        _fill(self.set_box, [(_SETS[split], split) for split in there])
        model = session.model
        _fill(self.answers_box, [("None", None), *([(model.title, str(model.path))] if model else [])])
        if self._key is not None and self._key != self._key_of(self._key[0]):
            # The map is of images that are no longer loaded.
            self.map = self._key = None
        working = session.work is not None and isinstance(session.work.task, MapTask)
        self.draw_button.setEnabled(bool(there) and session.work is None)
        self._shown.show_content(self.map is not None and not working)
        if working:
            self._wait.say("Drawing the map …", "Progress is shown below. You can stop at any time.")
        else:
            self._wait.say(
                "No map yet",
                "A frozen backbone computes features of the images once, which takes up to a minute per thousand "
                "images. A set of more than 40,000 images is sampled at random.",
            )
        self._say_lead()

    def draw(self) -> None:
        """Ask for the map."""
        split: Split = self.set_box.currentData()
        model: str | None = self.answers_box.currentData()
        task = MapTask(data=self.session.params.data, split=split, model=model, seed=self.seed_box.value())
        self._asked = self._key_of(split)
        self.controller.guard(lambda: self.session.start(task))
        self.refresh()

    def show_map(self, found: ImageMap, split: Split) -> None:
        """Show a map of a set that is loaded."""
        root = self.session.sets[split].root
        folder = root if "#" not in found.paths[0] else root.parent
        self.map, self._key = found, self._key_of(split)

        def address(index: int) -> str:
            return str(folder / found.paths[index])

        self.canvas.show_map(found, address)
        able = {by: title for by, title in COLORINGS.items() if found.predicted or by not in NEED_ANSWERS}
        _fill(self.color_box, [(title, by) for by, title in able.items()])
        self._recolor()
        self.lists.show_map(found, address)
        self._shown.show_content(True)
        self._say_lead()

    def _key_of(self, split: Split) -> _Key | None:
        listing = self.session.sets.listings.get(split)
        return None if listing is None else (split, listing.root)

    def _ended(self, ended: WorkEnded) -> None:
        if not isinstance(ended.task, MapTask) or ended.task.data is None:
            return
        split = ended.task.split
        # Other images may have been loaded while the map was drawn.
        if ended.result is not None and self._asked is not None and self._asked == self._key_of(split):
            self.show_map(ImageMap.of(ended.result), split)
        self.refresh()

    def _say_lead(self) -> None:
        found = self.map
        if found is None:
            self.lead.setText("Similar images lie close together")
            return
        some = (
            f"{found.images:,} of {counted(found.total, 'image')}"
            if found.images < found.total
            else counted(found.images, "image")
        )
        self.lead.setText(f"{some}; similar ones lie close together")

    def _recolor(self) -> None:
        if self.map is None:
            return
        made = coloring_of(self.map, self.color_box.currentData() or "class")
        self.canvas.show_groups(made.groups, made.colors)
        # Otherwise each check mark set here would be taken for a click by a person.
        self.legend.blockSignals(True)
        self.legend.clear()
        for group, (title, each) in enumerate(zip(made.titles, made.colors, strict=True)):
            swatch = QPixmap(_ICON, _ICON)
            swatch.fill(each)
            item = QListWidgetItem(QIcon(swatch), f"{title}  {int((made.groups == group).sum()):,}")
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
            item.setCheckState(Qt.CheckState.Checked)
            self.legend.addItem(item)
        self.legend.blockSignals(False)
        self.legend.setFixedHeight(min(self.legend.count(), _LEGEND_ROWS) * _LEGEND_ROW + 8)

    def _toggle(self, item: QListWidgetItem) -> None:
        self.canvas.show_group(self.legend.row(item), item.checkState() is Qt.CheckState.Checked)

    def _take_mode(self, is_selecting: bool) -> None:
        self.canvas.is_selecting = is_selecting

    def _name(self, index: int) -> None:
        found = self.map
        if found is None or index < 0:
            self._named.setText("")
            return
        parts = [found.paths[index], found.classes[found.labels[index]]]
        if found.predicted is not None and found.confidence is not None:
            answer = found.classes[found.predicted[index]]
            parts.append(f"predicted {answer} ({100 * found.confidence[index]:.1f}%)")
        if found.wrong_label_scores[index] > 0:
            parts.append(f"its neighbors are mostly {found.classes[found.suggested[index]]}")
        self._named.setText(" · ".join(parts))

    def close_page(self) -> None:
        self.canvas.close_threads()
        self.lists.close_threads()


def _fill(box: QComboBox, choices: list[tuple[str, object]]) -> None:
    """Offer choices; the one that was taken stays where it is still there."""
    if [(box.itemText(index), box.itemData(index)) for index in range(box.count())] == choices:
        return
    chosen = box.currentData()
    box.clear()
    for title, value in choices:
        box.addItem(title, value)
    box.setCurrentIndex(max(box.findData(chosen), 0))
