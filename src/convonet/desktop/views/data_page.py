"""The images: how many of each class, what they look like, what was left out and why."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QScrollArea, QWidget

from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.views.data_rows import picture_of, rows_to_show
from convonet.desktop.views.fault_note import FaultNote
from convonet.desktop.views.folders import FoldersView
from convonet.desktop.views.marking import Marker
from convonet.desktop.views.marks_view import MarksView
from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.views.plan_strip import PlanStrip
from convonet.desktop.views.quality import QualityView
from convonet.desktop.views.sizes import SizesView
from convonet.desktop.widgets.bars import SERIES, Bar, BarView, Legend
from convonet.desktop.widgets.basic import GAP, EmptyState, Tile, column, frame, label, row
from convonet.desktop.widgets.folding import FoldingRow, TileLayout
from convonet.desktop.widgets.image_grid import ImageGrid
from convonet.desktop.widgets.sentences import SentenceList
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView
from convonet.tasks import Split
from convonet.text import counted

_NAMES: dict[Split, str] = {"train": "Training", "val": "Validation", "test": "Test"}


_HIGHEST = 96


class DataPage(Page):
    """Looks at the sets that are loaded."""

    title = "Data"
    parts = ("data", "hyper", "recipe", "sets")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self.add_buttons(
            controller.button("load_train", "Training folder …"),
            controller.button("load_test", "Test folder …"),
            controller.button("show_sort", "Sort images …"),
            controller.button("show_map", "Map …"),
            controller.button("edit_data", "Edit parameters"),
        )
        self._empty = EmptyState(
            "No images yet",
            "Choose a folder that holds one folder per class, or drop it here. The names of the folders become "
            "the classes.",
            controller.button("load_train", "Choose a folder …", primary=True),
            controller.button("show_sort", "Sort unlabeled images …"),
            controller.button("demo", "Use handwritten digits"),
        )
        self._fault = FaultNote(controller)
        self.tiles = {name: Tile(title) for name, title in _TILES.items()}
        tiles = TileLayout(*self.tiles.values(), gap=GAP)
        self.tabs = Tabs("Views of the images")
        self.grid = ImageGrid("Images")
        self.grid.opened.connect(self._open)
        self.set_box, self.class_box = QComboBox(), QComboBox()
        self.set_box.setAccessibleName("Set")
        self.class_box.setAccessibleName("Class")
        for box in (self.set_box, self.class_box):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        # `activated` comes only from a person, so filling the boxes shows no images in between.
        self.set_box.activated.connect(lambda _: self._set_chosen())
        self.class_box.activated.connect(lambda _: self._show_images())
        chooser: QHBoxLayout = row(
            label("Set", "muted"), self.set_box, 8, label("Show", "muted"), self.class_box
        )
        self._shown = label("", "muted")
        chooser.addStretch(1)
        chooser.addWidget(self._shown)
        images = QWidget()
        images.setLayout(column(8, chooser, self.grid, gap=8))
        self.bars = BarView("Images per class", SERIES)
        scroll = QScrollArea()
        scroll.setAccessibleName("Images per class")
        scroll.setWidgetResizable(True)
        scroll.setWidget(self.bars)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._legend = Legend(SERIES)
        self.counts = TableView(("Class", "Training", "Validation", "Test"), "images of each class")
        chart = frame(column(self._legend, scroll, gap=8, margin=14))
        charts = FoldingRow(chart, self.counts, wanted=(260, 260), stretch=(1, 1), gap=14)
        classes = QWidget()
        classes.setLayout(column(8, charts))
        self.sizes = SizesView(controller.background, controller.session.images)
        self.skipped = TableView(
            ("Set", "File", "Reason"),
            "skipped files",
            empty="No files are skipped. Damaged files are found when images are read.",
        )
        self.marker = Marker(controller)
        self.quality, self.marks = QualityView(controller, self.marker), MarksView(self.marker)
        self.folders = FoldersView(controller.background)
        self.folders.opened.connect(self.show_folder)
        for widget, name in (
            (images, "Images"),
            (classes, "Classes"),
            (self.folders, "Folders"),
            (self.sizes, "Sizes and pixels"),
            (self.skipped, "Skipped files"),
            (self.quality, "Quality"),
            (self.marks, "Marks"),
        ):
            self.tabs.addTab(widget, name)
        self.tabs.currentChanged.connect(lambda _: self._show_tab())
        self._findings = SentenceList(_HIGHEST)
        self.strip = PlanStrip(controller)
        self._either = Either(self._empty, column(self.strip, tiles, self._findings, self.tabs))
        self.body.addWidget(self._fault)
        self.body.addWidget(self._either, 1)

    def refresh(self) -> None:
        sets, controller = self.session.sets, self.controller
        self._fault.show_errors(controller.scan_errors)
        self._either.show_content(bool(sets.listings))
        if controller.scanning:
            self._empty.say(
                "Reading folders …", "Only file names are read now; images are read when they are needed."
            )
        else:
            self._empty.say(
                "No images yet",
                "Choose a folder that holds one folder per class, or drop it here. The names of the folders "
                "become the classes.",
            )
        root = self.session.params.data.train_dir or self.session.params.data.test_dir
        self.lead.setText(str(root) if root else "The images, and what they look like")
        if sets.listings:
            self.strip.refresh()
            self._show_findings()
            self._show_counts()
            self._fill_choosers()
            self._show_images()
            self._show_skipped()
            self._show_tab()

    def _show_findings(self) -> None:
        """What a person should know of the images before training."""
        found = self.session.sets.findings
        self._findings.setVisible(bool(found))
        self._findings.show_sentences(found)

    def _is_held_out(self) -> bool:
        listings = self.session.sets.listings
        return "train" in listings and listings["test"].root == listings["train"].root

    def _show_counts(self) -> None:
        sets = self.session.sets
        self.tiles["classes"].show_value(f"{len(sets.classes):,}", _few(sets.classes))
        for name, split in (("train", "train"), ("val", "val"), ("test", "test")):
            count = sets.images(split)  # type: ignore[arg-type]
            note = "" if count else "not given"
            share = self.session.params.data.test_share
            # With test images of their own, nothing is held out.
            if name == "test" and count and share and self._is_held_out():
                note = f"{100 * share:g}% held out"
            if name == "val" and not count:
                note = f"{100 * self.session.params.data.validation_share:g}% of training images"
            self.tiles[name].show_value(f"{count:,}" if count else "–", note)
        skipped = sum(len(listing.skipped) for listing in sets.listings.values())
        # Short, since the tiles are narrow in a small window; the tab of skipped files says what may still be found.
        self.tiles["skipped"].show_value(f"{skipped:,}", "see below" if skipped else "so far")
        counts = {split: listing.counts() for split, listing in sets.listings.items()}
        splits = list(counts)
        self._legend.show_names([_NAMES[split] for split in splits])
        self.bars.show_bars(
            [
                Bar(
                    name,
                    tuple(float(counts[split].get(name, 0)) for split in splits),
                    " / ".join(f"{counts[split].get(name, 0):,}" for split in splits),
                )
                for name in sets.classes
            ]
        )
        # Before the rows are there, which are measured whenever a column comes or goes.
        self.counts.setColumnHidden(2, "val" not in counts)
        self.counts.show_rows(
            [
                (name, *(counts[split].get(name, 0) if split in counts else None for split in _NAMES))
                for name in sets.classes
            ]
        )

    def _fill_choosers(self) -> None:
        split = self.set_box.currentData()
        self.set_box.clear()
        for name in self.session.sets.listings:
            self.set_box.addItem(_NAMES[name], name)
        place = self.set_box.findData(split)
        # The set that was looked at may be gone.
        self.set_box.setCurrentIndex(max(place, 0))
        self._fill_classes()

    def _fill_classes(self) -> None:
        chosen = self.class_box.currentText()
        self.class_box.clear()
        self.class_box.addItem("Samples of the classes", -2)
        self.class_box.addItem("All images", -1)
        for place, name in enumerate(self.session.sets.classes):
            self.class_box.addItem(name, place)
        # Other images may lack the class that was looked at; then samples are shown.
        self.class_box.setCurrentIndex(max(self.class_box.findText(chosen), 0))

    def _set_chosen(self) -> None:
        self._fill_classes()
        self._show_images()

    def open_part(self, part: str) -> None:
        places = {"quality": self.quality, "marks": self.marks}
        if part in places:
            self.tabs.setCurrentWidget(places[part])

    def _show_images(self) -> None:
        listing = self.session.sets[self.set_box.currentData()]
        rows = rows_to_show(listing, self.class_box.currentData())
        self.grid.show_many(len(rows), lambda place: picture_of(listing, int(rows[place])))
        self._shown.setText(f"{len(rows):,} of {counted(len(listing), 'image')}")

    def _show_skipped(self) -> None:
        rows = [
            (_NAMES[split], item.path, item.reason)
            for split, listing in self.session.sets.listings.items()
            for item in listing.skipped
        ]
        self.skipped.show_rows(rows)
        place = self.tabs.indexOf(self.skipped)
        self.tabs.setTabText(place, f"Skipped files ({len(rows):,})" if rows else "Skipped files")

    def _show_tab(self) -> None:
        """What takes a while is done when its tab is looked at."""
        listings = dict(self.session.sets.listings)
        if not listings:
            return
        if self.tabs.currentWidget() is self.sizes:
            self.sizes.look_at(listings, self.session.params.data)
        elif self.tabs.currentWidget() is self.folders:
            self.folders.look_at(listings)
        elif self.tabs.currentWidget() is self.quality:
            self.quality.refresh()
        elif self.tabs.currentWidget() is self.marks:
            self.marker.read()

    def show_folder(self, split: str, path: str) -> None:
        """The images of one folder."""
        self.set_box.setCurrentIndex(self.set_box.findData(split))
        self._fill_classes()
        listing = self.session.sets[self.set_box.currentData()]
        # Text in place of a number tells a folder from a class.
        self.class_box.insertItem(0, f"Folder {path or listing.root.name}", path)
        self.class_box.setCurrentIndex(0)
        self._show_images()
        self.tabs.setCurrentIndex(0)

    def _open(self, place: int) -> None:
        ImageDialog(self.grid.pictures, place, self).exec()

    def close_page(self) -> None:
        self.grid.close_threads()
        self.quality.close_threads()


_TILES = {
    "classes": "Classes",
    "train": "Training images",
    "val": "Validation images",
    "test": "Test images",
    "skipped": "Skipped files",
}


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:6])
    return shown if len(names) <= 6 else f"{shown} …"
