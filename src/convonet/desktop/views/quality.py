"""What may be wrong with the images: copies, leaks, contradicting labels, images that stand out, shortcuts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.views.marking import MarkBar, Marker
from convonet.desktop.views.page import Either
from convonet.desktop.widgets.basic import EmptyState, button, column, row
from convonet.desktop.widgets.image_grid import ImageGrid, Picture
from convonet.desktop.widgets.sentences import SentenceList
from convonet.desktop.widgets.table import TableView
from convonet.documents.inspection import InspectionDocument, LeakRow
from convonet.documents.suspects import SuspectsDocument
from convonet.launch.work import WorkEnded
from convonet.tasks import InspectTask, Split, SuspectsTask
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_IN_CONFLICT = "The same image in several classes: at least one label is wrong"
_LEAKED = "Test scores are too high: the network has seen these images"
_SAID_HEIGHT, _LEAST_ROWS = 132, 3
_NAMES: dict[str, str] = {"train": "Training", "test": "Test"}


class QualityFinding(NamedTuple):
    """One kind of fault: its name, what it means, and its images with what stands below each."""

    set: str
    name: str
    meaning: str
    pictures: tuple[Picture, ...]


class QualityView(QWidget):
    """Asks a worker to look at every image, and shows what it finds with the images."""

    def __init__(self, controller: Controller, marker: Marker) -> None:
        super().__init__()
        self._controller = controller
        self._findings: list[QualityFinding] = []
        self._asked: tuple[Path, Path | None] | None = None
        start = button("Check the images", self.check, primary=True)
        self._empty = EmptyState("Not checked yet", "", start, self._make_suspects_button())
        self.warnings = SentenceList(_SAID_HEIGHT)
        self.table = TableView(
            ("Set", "Finding", "Images", "Meaning"), "findings", empty="Nothing was found."
        )
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_images())
        self.grid = ImageGrid("Images with this finding")
        self.grid.opened.connect(lambda place: ImageDialog(self.grid.pictures, place, self).exec())
        self.bar = MarkBar(controller, self.grid, marker)
        again, suspects = button("Check again", self.check), self._make_suspects_button()
        head = row(self.warnings, again, suspects, gap=8)
        head.setStretch(0, 1)
        for made in (self.warnings, again, suspects):
            head.setAlignment(made, Qt.AlignmentFlag.AlignTop)
        content = column(head, self.table, self.bar, self.grid, gap=8)
        content.setStretch(1, 1)
        content.setStretch(3, 1)
        self._either = Either(self._empty, content)
        self.setLayout(column(8, self._either))
        controller.ended.connect(self._ended)
        controller.changed.connect(lambda part: self.refresh() if part in ("work", "sets") else None)
        self.refresh()

    def _make_suspects_button(self) -> QWidget:
        tip = (
            "Trains several times on some of the images and predicts the rest. Labels that the models "
            "contradict are probably wrong. Takes about as long as 15 training runs"
        )
        return button("Find suspicious labels", self.suspect, tip=tip)

    def suspect(self) -> None:
        """Let models that were trained without an image judge its label."""
        session = self._controller.session
        self._controller.guard(lambda: session.start(session.tasks.suspects()))

    def check(self) -> None:
        """Start the look."""
        data = self._controller.session.params.data
        self._controller.guard(lambda: self._controller.session.start(InspectTask(data=data)))
        self.refresh()

    def refresh(self) -> None:
        """Say what is under way, and forget findings of other images."""
        session = self._controller.session
        self.bar.show_classes(session.sets.classes)
        task = session.work.task if session.work is not None else None
        checking = isinstance(task, (InspectTask, SuspectsTask))
        if self._asked is not None and self._asked != self._roots():
            self._asked = None
        self._either.show_content(self._asked is not None and not checking)
        if isinstance(task, SuspectsTask):
            self._empty.say(
                "Training on some of the images …", "Progress is shown below. You can stop at any time."
            )
        elif checking:
            self._empty.say(
                "Checking all images …", "The first time takes longer, because all images have to be decoded."
            )
        else:
            self._empty.say(
                "Not checked yet",
                "Finds duplicates, images in both training and test, conflicting labels, dark, bright, blurred "
                "and odd-sized images, and shortcuts that give a class away.",
            )

    def _roots(self) -> tuple[Path, Path | None] | None:
        listings = self._controller.session.sets.listings
        if "train" not in listings:
            return None
        return listings["train"].root, listings["test"].root if "test" in listings else None

    def _ended(self, ended: WorkEnded) -> None:
        if not isinstance(ended.task, (InspectTask, SuspectsTask)):
            return
        if self._roots() is not None:
            if inspected := ended.answer(InspectTask, InspectionDocument):
                self._asked = self._roots()
                self.show_document(inspected)
            if suspected := ended.answer(SuspectsTask, SuspectsDocument):
                self._asked = self._roots()
                self.show_suspects(suspected)
        self.refresh()

    def show_suspects(self, document: SuspectsDocument) -> None:
        """Show the labels that models trained without the image do not believe, the most suspicious first."""
        root, _ = self._roots() or (Path(), None)
        pictures = tuple(
            _picture(root, item.path, f"{item.class_}? {item.suggested}") for item in document.suspects
        )
        verb = "is" if document.likely == 1 else "are"
        meaning = (
            f"{document.likely:,} of {counted(document.images, 'label')} {verb} probably wrong, according to models "
            "that were not trained on the image in question; most suspicious first"
        )
        found = QualityFinding("Training", "Suspicious labels", meaning, pictures)
        # A new list of suspicious labels replaces the old one and keeps what the inspection found.
        self._show_findings([found, *(item for item in self._findings if item.name != found.name)])

    def show_document(self, document: InspectionDocument) -> None:
        """Show the document of an inspection."""
        roots = self._roots() or (Path(), None)
        more = document.test.warnings if document.test is not None else ()
        sentences = [f"{text}." for text in document.warnings] + [f"Test: {text}." for text in more]
        self.warnings.show_sentences(sentences or ["No problems were found."])
        self._show_findings(list(findings(document, *roots)))

    def _show_findings(self, found: list[QualityFinding]) -> None:
        self._findings = found
        self.table.show_rows([(item.set, item.name, len(item.pictures), item.meaning) for item in found])
        # The images take the room that the rows leave.
        self.table.fit_height(_LEAST_ROWS)
        self.grid.show_pictures(())
        if self._findings:
            self.table.selectRow(0)

    def _show_images(self) -> None:
        chosen = self.table.chosen()
        wanted = chosen[0][:2] if chosen else None
        # By name and not by place, since the table may have been sorted.
        found = next((item for item in self._findings if (item.set, item.name) == wanted), None)
        self.grid.show_pictures(found.pictures if found else ())

    def close_threads(self) -> None:
        """Wait for pictures that are being decoded."""
        self.grid.close_threads()


def findings(document: InspectionDocument, root: Path, test_root: Path | None) -> Iterator[QualityFinding]:
    """What an inspection found, the gravest first.

    Args:
        root, test_root: what the paths of each set are relative to.
    """
    if test_root is not None:
        for name, meaning, pairs in (
            ("In training and test", _LEAKED, document.leaks),
            ("Similar in both", "A test image that looks like a training image", document.near_leaks),
        ):
            if pairs:
                yield QualityFinding("Both", name, meaning, tuple(_both(pairs, root, test_root)))
    yield from _of_set("train", document, root)
    if test_root is not None and document.test is not None:
        yield from _of_set("test", document.test, test_root)


def _both(pairs: Sequence[LeakRow], root: Path, test_root: Path) -> Iterator[Picture]:
    """Each training image, and the test image beside it."""
    for pair in pairs:
        yield _picture(root, pair.train, f"training: {_class(pair.train)}")
        yield _picture(test_root, pair.test, f"test: {_class(pair.test)}")


def _of_set(split: Split, document: InspectionDocument, root: Path) -> Iterator[QualityFinding]:
    for name, meaning, groups in (
        ("In more than one class", _IN_CONFLICT, document.conflicts),
        (
            "Exact duplicates",
            "The same file occurs several times and counts each time",
            document.exact_duplicates,
        ),
        (
            "Near duplicates",
            "Images that look the same but are not identical files",
            document.near_duplicates,
        ),
    ):
        if groups:
            pictures = tuple(
                _picture(root, path, f"{number}: {_class(path)}")
                for number, group in enumerate(groups, 1)
                for path in group
            )
            yield QualityFinding(_NAMES[split], name, meaning, pictures)
    for name, meaning, paths in (
        ("Dark", "Much darker than the others", document.dark),
        ("Bright", "Much brighter than the others", document.bright),
        ("Blurred", "Much less sharp than the others", document.blurred),
        ("Unusual size", "Different in size or shape from the others", document.odd_sized),
    ):
        if paths:
            pictures = tuple(_picture(root, path, _class(path)) for path in paths)
            yield QualityFinding(_NAMES[split], name, meaning, pictures)


def _class(path: str) -> str:
    return path.partition("/")[0]


def _picture(root: Path, path: str, title: str) -> Picture:
    return Picture(str((root.parent if "#" in path else root) / path), title)
