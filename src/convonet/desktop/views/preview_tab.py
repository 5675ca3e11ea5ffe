"""Looks before a training: training images as they will be varied, and a good learning rate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.plan_preview import PlanPreview
from convonet.desktop.views.tune_plots import PictureFrame
from convonet.desktop.widgets.basic import button, column, label, row
from convonet.desktop.widgets.image_grid import Picture, PictureCells
from convonet.documents.drawings import AugmentDocument, RateCurveDocument
from convonet.launch.work import WorkEnded
from convonet.params import HyperParams
from convonet.scratch import Scratch
from convonet.session.recipes import expert_values
from convonet.tasks import AugmentTask, FindRateTask

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

LookTask = AugmentTask | FindRateTask
_AUGMENTED = "Each row shows a training image and its variations. Each epoch uses new variations."
_NO_AUGMENTATION = (
    "No augmentation is set. Set rotation, flips or another parameter in the Augmentation group "
    "to see its effect here."
)
_RATE = "Raises the rate from batch to batch to find where the loss falls fastest. The trained weights are discarded."
_NO_RATE = (
    "The loss did not fall at any of the learning rates. Check the images and their classes, or try a different "
    "network."
)
_EARLIER = "This result was computed with earlier settings."


class PreviewCard(QFrame):
    """A button that asks a worker, and the picture that it draws.

    Args:
        action: the action of the button.
        make: makes the task for a file, with what is set now.
        more: stands beside the button.
    """

    def __init__(
        self,
        controller: Controller,
        title: str,
        action: str,
        make: Callable[[Path], LookTask],
        *more: QWidget,
    ) -> None:
        super().__init__()
        self.setObjectName("card")
        self._make = make
        self._made: LookTask | None = None
        self.note, self.picture = label("", "muted", wrap=True), PictureFrame(title)
        self.picture.opened.connect(self._enlarge)
        self.picture.hide()
        text = column(label(title, "section"), self.note, gap=2)
        head = row(text, *more, controller.button(action))
        head.setStretch(0, 1)
        self.setLayout(column(head, self.picture, gap=10, margin=14))

    @property
    def is_made(self) -> bool:
        """Whether there is a picture."""
        return self._made is not None

    @property
    def is_earlier(self) -> bool:
        """Whether the picture was made with other settings than those of now."""
        made = self._made
        return made is not None and self._make(Path(made.out or "")) != made

    def take(self, task: LookTask, picture: Path) -> None:
        """Show what a worker has drawn."""
        self._made = task
        self.picture.show_file(picture)
        self.picture.show()

    def _enlarge(self) -> None:
        cells = PictureCells()
        cells.show(1, lambda _: Picture(str(self.picture.file), self.picture.accessibleName()))
        ImageDialog(cells, 0, self).exec()


class PreviewTab(QScrollArea):
    """Stands beside the forms, so that a value can be changed and looked at again."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.setAccessibleName("Preview")
        self._controller, self._session = controller, controller.session
        self._folder, self._count = Scratch(), 0
        self._plans = PlanPreview.of(controller)
        self.suggested: float | None = None
        self.use_rate = button("Use this rate", self._use_rate, primary=True)
        self.augmented = PreviewCard(controller, "Augmentation", "show_augmented", self._augment)
        self.rate = PreviewCard(controller, "Learning rate", "find_rate", self._find_rate, self.use_rate)
        inner = QWidget()
        inner.setObjectName("plain")
        inner.setLayout(column(10, self.augmented, self.rate, None, gap=12))
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setWidget(inner)
        self._plans.changed.connect(self.refresh)
        controller.ended.connect(self._ended)
        controller.changed.connect(self._part_changed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._plans.request()
        self.refresh()

    def _part_changed(self, part: str) -> None:
        if self.isVisible() and part in ("data", "hyper", "recipe", "sets"):
            self._plans.request()
            self.refresh()

    def start_augment(self) -> None:
        """Draw training images as the settings vary them."""
        self._session.start(self._augment(self._new_file()))

    def start_find_rate(self) -> None:
        """Look for a learning rate."""
        self._session.start(self._find_rate(self._new_file()))

    def _augment(self, out: Path) -> AugmentTask:
        return self._session.tasks.augment(out).changed(**self._planned())

    def _find_rate(self, out: Path) -> FindRateTask:
        task = self._session.tasks.find_rate(out).changed(**self._planned())
        # The finder sets the rate itself, so a curve stays true when its rate is used.
        values = {name: value for name, value in task.hyper.set_values().items() if name != "init_rate"}
        return task.changed(hyper=HyperParams.of(values))

    def _planned(self) -> dict[str, Any]:
        """Pixels and network of a plan's main candidate, where a plan will be trained."""
        plan = self._plans.plan
        if self._session.params.recipe == "none" or plan is None:
            return {}
        pixels, hyper = expert_values(plan)
        return {"data": self._session.params.data.changed(**pixels), "hyper": HyperParams.of(hyper)}

    def _new_file(self) -> Path:
        """A file of its own for each picture: one that is shown is never written over."""
        self._count += 1
        return self._folder.path / f"{self._count:04}.png"

    def refresh(self) -> None:
        """Say what there is to see, and whether it still belongs to the settings."""
        if self._session.params.faults.count:
            return
        if self.augmented.is_earlier:
            self.augmented.note.setText(_EARLIER)
        else:
            varies = self._augment(Path("-")).hyper.augments
            self.augmented.note.setText(_AUGMENTED if varies else _NO_AUGMENTATION)
        self.rate.note.setText(self._said())
        self.use_rate.setVisible(self.suggested is not None)
        self.use_rate.setEnabled(self._session.params.hyper.init_rate != self.suggested)

    def _said(self) -> str:
        if not self.rate.is_made:
            return _RATE
        if self.rate.is_earlier:
            return _EARLIER
        if self.suggested is None:
            return _NO_RATE
        is_set = self._session.params.hyper.init_rate == self.suggested
        return f"The loss falls fastest at {self.suggested:g}." + (
            " This is now the learning rate." if is_set else ""
        )

    def _ended(self, ended: WorkEnded) -> None:
        if ended.result is None or not isinstance(ended.task, LookTask):
            return
        if isinstance(ended.task, AugmentTask):
            self.augmented.take(ended.task, Path(AugmentDocument.of(ended.result).path))
        else:
            self._take_curve(ended.task, RateCurveDocument.of(ended.result))
        self.refresh()

    def _take_curve(self, task: FindRateTask, curve: RateCurveDocument) -> None:
        """Two digits are enough: the curve does not tell more."""
        self.suggested = None if curve.suggested is None else float(f"{curve.suggested:.2g}")
        self.use_rate.setText("" if self.suggested is None else f"Use {self.suggested:g}")
        self.rate.take(task, Path(curve.path))

    def _use_rate(self) -> None:
        params, rate = self._session.params, self.suggested
        self._controller.guard(lambda: params.set_space(params.space.changed({"init_rate": [rate]})))
        self._controller.noted.emit(f"The learning rate is now {rate:g}")

    def close_tab(self) -> None:
        """Remove the pictures."""
        self._folder.close()
