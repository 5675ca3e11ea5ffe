"""Training: what will be trained, the curves while it learns, what it came to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QPlainTextEdit, QProgressBar, QWidget

from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.views.recipe_card import RecipeCard
from convonet.desktop.views.training_rows import candidate_lines, epoch_rows, is_finite, last_of, percent_text
from convonet.desktop.views.training_summary import SummaryView
from convonet.desktop.widgets.basic import GAP, EmptyState, Tile, column, frame, label, row
from convonet.desktop.widgets.candidates import CandidateList
from convonet.desktop.widgets.curves import CurveView, Series
from convonet.desktop.widgets.folding import FoldingRow, TileLayout
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView
from convonet.documents.summary import NextStep
from convonet.runs.naming import title_of
from convonet.runs.summary import summary_of
from convonet.session.progress import Progress, stored_messages, time_left
from convonet.tasks import TrainTask
from convonet.text import counted

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller
    from convonet.runs import Run

_CURVE = 300
"""Width that a figure wants beside another one, in pixels."""
_COLUMNS = ("Epoch", "Loss", "Accuracy", "Validation loss", "Validation accuracy", "Learning rate")


class TrainPage(Page):
    """The plan before, live while a training runs, a summary and the curves afterwards."""

    title = "Train"
    parts = ("data", "hyper", "recipe", "sets", "work", "model", "scores")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self._record = Progress()
        self._run_shown = ""
        self._live_run = ""
        self._live_images: str | None = None
        self._was_training = self._is_new_run = False
        self.add_buttons(
            controller.button("stop"),
            controller.button("train_only", "Train without validation"),
            controller.button("train_val", "Train", primary=True),
        )
        self._empty = EmptyState(
            "",
            "",
            controller.button("load_train", "Choose a folder …", primary=True),
            controller.button("demo"),
        )
        self.card = RecipeCard(controller)
        self._progress = self._make_progress()
        self._make_tabs(controller)
        # It takes the room of the tabs while these are hidden, so that the card stays at the top.
        self._rest = QWidget()
        self._either = Either(self._empty, column(self.card, self._progress, self.tabs, self._rest))
        self.body.addWidget(self._either, 1)
        controller.progressed.connect(self._progressed)

    def _make_progress(self) -> QFrame:
        self._plan = label("", "muted", wrap=True, select=True)
        self._now, self._left = label("", "section"), label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Training progress")
        self.candidates = CandidateList(heads=False)
        line = row(self._now, None, self._left)
        return frame(column(self._plan, line, self.bar, self.candidates, gap=8, margin=14))

    def _make_tabs(self, controller: Controller) -> None:
        self.summary = SummaryView(controller)
        self.summary.followed.connect(lambda step: controller.guard(lambda: self._follow(step)))
        self.tiles = {name: Tile(title) for name, title in _TILES.items()}
        self.accuracy, self.loss = CurveView("Accuracy", percent=True), CurveView("Loss")
        self._curves = QWidget()
        parts = (frame(column(self.accuracy)), frame(column(self.loss)))
        lines = FoldingRow(*parts, wanted=(_CURVE, _CURVE), stretch=(1, 1), gap=14)
        whole = column(8, TileLayout(*self.tiles.values(), gap=GAP), lines)
        whole.setStretch(2, 1)
        self._curves.setLayout(whole)
        self.table = TableView(_COLUMNS, "epochs")
        self.messages = QPlainTextEdit()
        self.messages.setReadOnly(True)
        self.messages.setAccessibleName("Messages")
        self.messages.setPlaceholderText(
            "No messages. Warnings, advice and the reason for an early stop appear here."
        )
        self.tabs = Tabs("Results of the training")
        self.tabs.addTab(self.summary, "Summary")
        self.tabs.addTab(self._curves, "Curves")
        self.tabs.addTab(self.table, "Epochs")
        self.tabs.addTab(self.messages, "Messages")

    def refresh(self) -> None:
        work = self.session.work
        training = work is not None and work.task.kind == "train"
        if training and work is not None:
            self._record, self._live_run = self.controller.progress, str(work.run.path)
            self._live_images = work.task.data.train_dir if isinstance(work.task, TrainTask) else None
        else:
            self._take_model_history()
        run = self._trained_run() if not training else None
        summary = summary_of(run) if run is not None else None
        self.summary.show_summary(summary)
        self.summary.set_may_train(work is None)
        preparing = self.controller.preparing
        there = training or summary is not None or self._record.epochs_done > 0
        images = self.session.sets.images("train")
        self._either.show_content(there or images > 0 or bool(preparing))
        self._empty.say("No images to train on", "Choose a folder of images first, or start with the digits.")
        self.card.setVisible(not training and not preparing)
        if not training:
            self.card.refresh(self._next(summary.sentence if summary else ""), with_candidates=not there)
        self._progress.setVisible(training or bool(preparing))
        self.tabs.setVisible(there)
        self._rest.setVisible(not there)
        self.lead.setText(self._sentence(training))
        self._choose_tab(training, summary is not None)
        self._show_record()
        if preparing and not training:
            self._now.setText(preparing)
            self._left.setText("")
            self.bar.setRange(0, 0)

    def _choose_tab(self, training: bool, summarized: bool) -> None:
        """The curves while it learns, the summary when it has ended."""
        before, self._was_training = self._was_training, training
        self.tabs.setTabVisible(0, summarized)
        if training and not before:
            self.tabs.setCurrentWidget(self._curves)
        elif summarized and (before or self._is_new_run):
            self.tabs.setCurrentWidget(self.summary)
        self._is_new_run = False

    def _trained_run(self) -> Run | None:
        """The run of the model, where it is a training."""
        model = self.session.model
        run = model.run if model else None
        return run if run is not None and run.read().kind == "train" else None

    def _take_model_history(self) -> None:
        """The history and messages of the model's run, when nothing is being trained."""
        model = self.session.model
        run = model.run if model else None
        key = f"{run.path}" if run else ""
        self._is_new_run = key != self._run_shown
        if run is not None and (self._is_new_run or self._live_run or not self._record.epochs_done):
            record = run.read()
            # What was said while it was watched is more than what its record keeps.
            live = self._record.messages if key == self._live_run else []
            self._record = Progress(run.history())
            self._record.epochs = self._record.epochs_done
            trained_on = record.set_record("train")
            self._record.images = trained_on.images if trained_on else 0
            self._record.messages = list(dict.fromkeys([*live, *stored_messages(run, record)]))
        elif run is None and (self._run_shown or self._live_images != self.session.params.data.train_dir):
            # What a training that left no model has shown stays until other images are chosen.
            self._record = Progress()
        self._run_shown = key
        self._live_run = ""

    def _follow(self, step: NextStep) -> None:
        """Train again as a piece of advice says."""
        run = self._trained_run()
        if run is not None:
            self.session.start(self.session.follow_advice(run, step))

    def _sentence(self, training: bool) -> str:
        if training and self.session.work is not None:
            return f"Training {title_of(self.session.work.run)}"
        if self._record.epochs_done and self.session.model:
            return f"Model {self.session.model.title}. Training again creates a new run; this one is kept."
        images = self.session.sets.images("train")
        return "Choose a recipe, then train" if images else "Accuracy and loss during training"

    def _next(self, planned: str) -> str:
        """What is trained next where no plan says it."""
        images = self.session.sets.images("train")
        if self.session.params.recipe != "none":
            return planned if not images else "Training is planned when it starts."
        hyper = self.session.params.hyper
        network = f"network {hyper.family}, {counted(hyper.epochs, 'epoch')}, batches of {hyper.batch_size}"
        classes = len(self.session.sets.classes)
        return (
            f"{counted(images, 'image')} in {counted(classes, 'class', 'classes')}, {network}"
            if images
            else network.capitalize()
        )

    def _progressed(self) -> None:
        work = self.session.work
        if work is not None and work.task.kind == "train":
            self._record = self.controller.progress
            if self.isVisible():
                self._show_record()
            else:
                # What nobody sees is drawn once, when the page is shown, and not for every message.
                self._stale = True

    def _show_record(self) -> None:
        record = self._record
        self._show_progress(record)
        self._show_tiles(record)
        history = record.history
        # Before the training has told how long it is, the axis is as long as the settings say.
        epochs = max(record.epochs, self.session.params.hyper.epochs if not record.epochs else 1)
        live = record.now if self.session.work is not None else None
        for view, training, validation in (
            (self.accuracy, history.accuracy, history.val_accuracy),
            (self.loss, history.loss, history.val_loss),
        ):
            series = [
                Series(title, color, tuple(values))
                for title, color, values in (
                    ("training", "train", training),
                    ("validation", "val", validation),
                )
                if any(map(math.isfinite, values))
            ]
            view.show_series(series, epochs, live)
        rows = epoch_rows(history)
        if self.table.rows.rows != rows:
            self.table.show_rows(rows)
        text = "\n".join(record.messages)
        # The same text set again would lose the selection and jump to the top.
        if self.messages.toPlainText() != text:
            self.messages.setPlainText(text)
        name = f"Messages ({len(record.messages)})" if record.messages else "Messages"
        self.tabs.setTabText(self.tabs.indexOf(self.messages), name)

    def _show_progress(self, record: Progress) -> None:
        self._plan.setText(record.plan.sentence if record.plan else "")
        self._plan.setVisible(bool(self._plan.text()))
        one = record.candidate
        doing = f"[{one.number}/{one.total}] {one.title}: {record.title}" if one else record.title
        self._now.setText(record.title if record.acknowledged else doing)
        speed = f"{record.batch.images_per_second:,.0f} images/s" if record.batch else ""
        self._left.setText("   ".join(part for part in (speed, time_left(record.seconds_left)) if part))
        # With an empty range the bar runs to and fro, which says that nobody knows how long it takes.
        self.bar.setRange(0, 0 if record.share is None else 1000)
        self.bar.setValue(round(1000 * (record.share or 0)))
        self.candidates.show_lines(list(candidate_lines(record)))
        self.candidates.setVisible(bool(self.candidates.lines))

    def _show_tiles(self, record: Progress) -> None:
        done, last = record.epochs_done, record.history
        self.tiles["epoch"].show_value(f"{done} / {record.epochs}" if record.epochs else "–", "epochs done")
        batch = record.batch if self.session.work is not None else None
        now = batch.accuracy if batch and batch.accuracy is not None else last_of(last.accuracy)
        self.tiles["accuracy"].show_value(percent_text(now), "on the training images")
        best = max((v for v in last.val_accuracy if math.isfinite(v)), default=math.nan)
        note = f"best {percent_text(best)}" if math.isfinite(best) else "on held-out images"
        self.tiles["val_accuracy"].show_value(percent_text(last_of(last.val_accuracy)), note)
        loss = batch.loss if batch else last_of(last.loss)
        note = f"validation {last_of(last.val_loss):.4f}" if is_finite(last.val_loss) else ""
        self.tiles["loss"].show_value(f"{loss:.4f}" if math.isfinite(loss) else "–", note)


_TILES = {
    "epoch": "Epochs",
    "accuracy": "Accuracy",
    "val_accuracy": "Validation accuracy",
    "loss": "Loss",
}
