"""Training: what will be trained, the curves while it learns, what it came to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QPlainTextEdit, QProgressBar, QTabWidget, QWidget

from convonet.desktop.views.page import Either, Page
from convonet.desktop.widgets.basic import EmptyState, Tile, column, frame, label, row
from convonet.desktop.widgets.curves import CurveView, Series
from convonet.desktop.widgets.table import Table, percent
from convonet.workbench.progress import Progress, time_left

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_COLUMNS = ("Epoch", "Loss", "Accuracy", "Validation loss", "Validation accuracy", "Learning rate")
_ORDER = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


class TrainPage(Page):
    """Live while a training runs; the last training's curves afterwards."""

    title = "Train"
    parts = ("data", "hyper", "sets", "work", "model")

    def __init__(self, controller: Controller) -> None:
        super().__init__(controller)
        self._record = Progress()
        self._run_shown = ""
        self.add_buttons(
            controller.button("stop"),
            controller.button("train_only", "Train on all images"),
            controller.button("train_val", "Train with validation", primary=True),
        )
        self._empty = EmptyState(
            "",
            "",
            controller.button("load_train", "Choose a folder …", primary=True),
            controller.button("demo"),
        )
        self.tiles = {name: Tile(title) for name, title in _TILES.items()}
        self._now, self._left = label("", "section"), label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the training")
        line = row(self._now, None, self._left)
        self._progress = frame(column(line, self.bar, gap=8, margin=14))
        self.accuracy, self.loss = CurveView("Accuracy", percent=True), CurveView("Loss")
        curves = QWidget()
        curves.setLayout(column(8, row(frame(column(self.accuracy)), frame(column(self.loss)), gap=14)))
        self.table = Table(_COLUMNS, "epochs")
        self.messages = QPlainTextEdit()
        self.messages.setReadOnly(True)
        self.messages.setAccessibleName("Messages")
        self.messages.setPlaceholderText(
            "Nothing to report. Why a training has ended early, and what it warns of, stands here."
        )
        self.tabs = QTabWidget()
        self.tabs.addTab(curves, "Curves")
        self.tabs.addTab(self.table, "Epochs")
        self.tabs.addTab(self.messages, "Messages")
        self._either = Either(self._empty, column(row(*self.tiles.values()), self._progress, self.tabs))
        self.body.addWidget(self._either, 1)
        controller.progressed.connect(self._progressed)

    def refresh(self) -> None:
        work = self.bench.work
        training = work is not None and work.task.kind == "train"
        if training:
            self._record = self.controller.progress
        else:
            self._take_model_history()
        there = training or self._record.epochs_done > 0 or self.bench.sets.images("train") > 0
        self._either.show_content(there)
        self._empty.say(
            "Nothing to train on yet", "Choose a folder of images first, or begin with the digits."
        )
        self._progress.setVisible(training)
        self.lead.setText(self._sentence(training))
        self._show_record()

    def _take_model_history(self) -> None:
        """The history of the model's run, when nothing is being trained."""
        model = self.bench.model
        run = model.run if model else None
        key = f"{run.path}" if run else ""
        if run is not None and (key != self._run_shown or not self._record.epochs_done):
            self._record = Progress(run.history())
            self._record.epochs = self._record.epochs_done
            record = run.read()
            sets = (record.get("data") or {}).get("sets", {})
            self._record.images = int(sets.get("train", {}).get("images", 0))
            stopped = record.get("stopped")
            self._record.messages = [stopped] if stopped else []
        elif run is None and self._run_shown:
            self._record = Progress()
        self._run_shown = key

    def _sentence(self, training: bool) -> str:
        if training and self.bench.work is not None:
            return f"Run {self.bench.work.run.id}"
        hyper, images = self.bench.hyper, self.bench.sets.images("train")
        if self._record.epochs_done and self.bench.model:
            return f"Model {self.bench.model.name}. Training again makes a new run; this one stays."
        if not images:
            return "Accuracy and loss while the network learns"
        return (
            f"{images:,} images of {len(self.bench.sets.classes)} classes, network {hyper.family}, "
            f"{hyper.epochs} epoch{'' if hyper.epochs == 1 else 's'}, batches of {hyper.batch_size}"
        )

    def _progressed(self) -> None:
        work = self.bench.work
        if work is not None and work.task.kind == "train":
            self._record = self.controller.progress
            if self.isVisible():
                self._show_record()
            else:
                self._stale = True

    def _show_record(self) -> None:
        record = self._record
        self._now.setText(record.title)
        speed = f"{record.batch.images_per_second:,.0f} images/s" if record.batch else ""
        self._left.setText("   ".join(part for part in (speed, time_left(record.seconds_left)) if part))
        self.bar.setRange(0, 0 if record.share is None else 1000)
        self.bar.setValue(round(1000 * (record.share or 0)))
        self._show_tiles(record)
        history, epochs = (
            record.history,
            max(record.epochs, self.bench.hyper.epochs if not record.epochs else 1),
        )
        live = record.now if self.bench.work is not None else None
        for view, name in ((self.accuracy, "accuracy"), (self.loss, "loss")):
            series = [
                Series(title, color, tuple(values))
                for title, color, values in (
                    ("training", "train", history[name]),
                    ("validation", "val", history[f"val_{name}"]),
                )
                if any(map(math.isfinite, values))
            ]
            view.show_series(series, epochs, live)
        if self.table.rows.rowCount() != record.epochs_done:
            self.table.show_rows(_rows(history))
        text = "\n".join(record.messages)
        if self.messages.toPlainText() != text:
            self.messages.setPlainText(text)
            self.tabs.setTabText(2, f"Messages ({len(record.messages)})" if record.messages else "Messages")

    def _show_tiles(self, record: Progress) -> None:
        done, last = record.epochs_done, record.history
        self.tiles["epoch"].show_value(f"{done} / {record.epochs}" if record.epochs else "–", "epochs done")
        batch = record.batch if self.bench.work is not None else None
        now = batch.accuracy if batch and batch.accuracy is not None else _last(last["accuracy"])
        self.tiles["accuracy"].show_value(_percent(now), "on the training images")
        best = max((v for v in last["val_accuracy"] if math.isfinite(v)), default=math.nan)
        note = f"best {_percent(best)}" if math.isfinite(best) else "on images that are held out"
        self.tiles["val_accuracy"].show_value(_percent(_last(last["val_accuracy"])), note)
        loss = batch.loss if batch else _last(last["loss"])
        note = f"validation {_last(last['val_loss']):.4f}" if _finite(last["val_loss"]) else ""
        self.tiles["loss"].show_value(f"{loss:.4f}" if math.isfinite(loss) else "–", note)


_TILES = {
    "epoch": "Epochs",
    "accuracy": "Accuracy",
    "val_accuracy": "Validation accuracy",
    "loss": "Loss",
}


def _finite(values: list[float]) -> bool:
    return bool(values) and math.isfinite(values[-1])


def _last(values: list[float]) -> float:
    return values[-1] if values else math.nan


def _percent(value: float | None) -> str:
    return f"{100 * value:.2f} %" if value is not None and math.isfinite(value) else "–"


def _rows(history: dict[str, list[float]]) -> list[tuple[Any, ...]]:
    count = max(map(len, history.values()))
    return [(place + 1, *(_value(name, history[name], place) for name in _ORDER)) for place in range(count)]


def _value(name: str, values: list[float], place: int) -> float | None:
    if place >= len(values) or not math.isfinite(values[place]):
        return None
    return percent(values[place]) if name.endswith("accuracy") else values[place]
