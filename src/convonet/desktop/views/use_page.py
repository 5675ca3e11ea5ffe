"""Using the model: images dropped or chosen get an answer at once; a digit can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QDoubleSpinBox, QWidget

from convonet.desktop.dialogs.image import ImageDialog
from convonet.desktop.views.camera_tab import CameraTab
from convonet.desktop.views.foreign_note import ForeignNote
from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.widgets.bars import Bar, BarView
from convonet.desktop.widgets.basic import EmptyState, button, column, frame, label, row
from convonet.desktop.widgets.folding import FoldingRow
from convonet.desktop.widgets.image_grid import ImageGrid, Picture
from convonet.desktop.widgets.pad import Pad
from convonet.desktop.widgets.stacks import Tabs
from convonet.desktop.widgets.table import TableView, Written
from convonet.documents.predictions import UnreadableImage
from convonet.errors import ConvonetError
from convonet.events import Watch
from convonet.inference.decide import top_k
from convonet.params import PixelParams
from convonet.scratch import Scratch

# Sets frame their digits differently: up to the edge, or with the margin of the well-known 28 × 28 set.
_FRAMINGS = (20 / 28, 0.86, 1.0)


class UsePage(Page):
    """Predictions of new images."""

    title = "Use"
    parts = ("model", "sets", "work", "predictions")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self._shown: object = None
        self._network: Any = None
        self.add_buttons(
            controller.button("load_model", "Open a model …"),
            controller.button("predict_images", "Choose images …", primary=True),
        )
        self._empty = EmptyState(
            "No model yet",
            "Train a network or open a model. Then drop images here to predict their classes.",
            controller.button("load_model", "Open a model …", primary=True),
            controller.button("demo"),
        )
        self.pad, self.bars = Pad(), BarView("Most likely classes", full=1.0)
        self.tabs = Tabs("Sources of images")
        self.tabs.addTab(self._images_tab(), "Images")
        self.tabs.addTab(self._pad_tab(), "Draw")
        self.camera = CameraTab(is_remote=self.session.backend.is_remote)
        self.camera.taken.connect(self._predict_picture)
        self.tabs.addTab(self.camera, "Camera")
        self._folder, self._taken = Scratch(), 0
        controller.paste_wanted.connect(self._paste)
        self.foreign = ForeignNote(controller)
        self._either = Either(self._empty, column(self.foreign, self.tabs))
        self.body.addWidget(self._either, 1)

    def _images_tab(self) -> QWidget:
        self.drop = frame(
            column(
                _centred("Drop images or a folder of images here", "section"),
                _centred(
                    "Or paste an image with Ctrl+V. PNG, JPEG, TIFF, WebP and others. "
                    + (
                        "They are sent to the server"
                        if self.session.backend.is_remote
                        else "Nothing is uploaded"
                    ),
                    "muted",
                ),
                gap=4,
                margin=18,
            ),
            "drop",
        )
        self.unsure = QDoubleSpinBox()
        self.unsure.setRange(0, 100)
        self.unsure.setValue(50)
        self.unsure.setSuffix("%")
        self.unsure.setDecimals(0)
        self.unsure.setAccessibleName("Unsure below")
        self.unsure.valueChanged.connect(lambda _: self._show_answers())
        self.grid = ImageGrid("Predicted images")
        self.grid.offer("Explain", self.context.tasks.explain_pictures)
        self.grid.opened.connect(lambda place: ImageDialog(self.grid.pictures, place, self).exec())
        self.table = TableView(
            ("Image", "Prediction", "Confidence", "Note"), "predictions", gives_way="Image"
        )
        self._count = label("", "muted")
        both = FoldingRow(self.grid, self.table, wanted=(260, 260), stretch=(3, 2), gap=14)
        line = row(self._count, None, label("Unsure below", "muted"), self.unsure, gap=8)
        made = QWidget()
        made.setLayout(column(10, self.drop, line, both, gap=10))
        return made

    def _pad_tab(self) -> QWidget:
        self.pad.drawn.connect(self._drawn)
        self._answer = label("–", "hero-title")
        self._says = label(
            "Draw an image. The model predicts its class after each stroke.", "muted", wrap=True
        )
        left = column(self.pad, button("Clear", self._clear), None, gap=10)
        right = column(label("Prediction", "muted"), self._answer, self._says, 10, self.bars, None, gap=4)
        parts = (frame(left_margin(left)), frame(left_margin(right)))
        both = FoldingRow(*parts, wanted=(None, 220), stretch=(0, 1), gap=14)
        made = QWidget()
        made.setLayout(column(10, both, None))
        return made

    def open_part(self, part: str) -> None:
        self.tabs.setCurrentIndex({"draw": 1, "camera": 2}.get(part, 0))

    def refresh(self) -> None:
        model = self.session.model
        self._either.show_content(model is not None)
        if model is None:
            self.lead.setText("Classify new images")
            return
        names = self.session.class_names
        shown = ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
        self.lead.setText(f"Model {model.title}" + (f": distinguishes {shown}" if shown else ""))
        self.foreign.refresh()
        # The page is refreshed for other reasons, too, and a grid that is filled anew jumps to the top.
        if self._shown is not self.session.predictions:
            self._shown = self.session.predictions
            self._show_answers()
        # The network that answers drawings still belongs to the earlier model.
        if self._network is not None and self._network[0] != model.path:
            self._network = None

    def _show_answers(self) -> None:
        limit = self.unsure.value() / 100
        rows: list[tuple[Any, ...]] = []
        pictures = []
        for answer in self.session.predictions:
            name = Path(answer.path).name
            if isinstance(answer, UnreadableImage):
                rows.append((name, "", None, answer.error))
                pictures.append(Picture(answer.path, f"{name}: {answer.error}", wrong=True))
                continue
            unsure, unknown = answer.confidence < limit, bool(answer.unknown)
            sure = f"{100 * answer.confidence:.1f}%"
            note = "none of these" if unknown else "unsure" if unsure else ""
            rows.append((name, answer.predicted, Written(answer.confidence, sure), note))
            top = tuple((item.class_, item.probability) for item in answer.top)
            words = f"{answer.predicted} ({sure}) {note}".rstrip()
            if unknown:
                words = f"None of these (nearest: {answer.predicted})"
            pictures.append(Picture(answer.path, words, unsure or unknown, top))
        self.table.show_rows(rows)
        self.grid.show_pictures(pictures)
        self._count.setText(f"{len(rows):,} image{'s' if len(rows) > 1 else ''}" if rows else "")

    def _paste(self) -> None:
        """Predict the image on the clipboard, or the files that were copied."""
        held = QGuiApplication.clipboard().mimeData()
        paths = [Path(url.toLocalFile()) for url in held.urls() if url.isLocalFile()]
        if paths:
            self.controller.guard(lambda: self.context.files.take_paths(paths))
        elif held.hasImage():
            self._predict_picture(QImage(held.imageData()))
        else:
            self.controller.noted.emit("There is no image on the clipboard")

    def _predict_picture(self, image: QImage) -> None:
        """Ask the model about a picture that has no file yet."""
        # The grid keeps its thumbnails by path, so each picture needs a path of its own.
        self._taken += 1
        path = self._folder.path / f"picture {self._taken}.png"
        image.save(str(path))
        self.tabs.setCurrentIndex(0)
        self.controller.guard(lambda: self.session.start(self.session.tasks.predict([path])))

    def _clear(self) -> None:
        self.pad.clear()
        self.bars.show_bars(())
        self._answer.setText("–")

    def _drawn(self) -> None:
        model = self.session.model
        if model is None or self.session.models.onnx_path(model) is None:
            self._says.setText("Drawing needs a model with an ONNX file. Open a training run that has one.")
            return
        images = [self.pad.centred(share) for share in _FRAMINGS]
        # Taken here, since the window may change them while the thread works.
        network, models = self._network, self.session.models

        def answer(_: Watch) -> tuple[Any, list[tuple[str, float]]]:
            opened = network or (model.path, _open(models.fetch_onnx(model)))
            return opened, _ask(opened[1], images)

        self.controller.background.call("pad", answer, self._answered, self._not_answered)

    def _answered(self, found: tuple[Any, list[tuple[str, float]]]) -> None:
        self._network, top = found
        self._answer.setText(top[0][0])
        self._says.setText(f"{100 * top[0][1]:.1f}% confident")
        self.bars.show_bars([Bar(name, (share,), f"{100 * share:.1f}%") for name, share in top])

    def _not_answered(self, error: ConvonetError) -> None:
        self._says.setText(error.sentence("window"))

    def close_page(self) -> None:
        self.grid.close_threads()
        self.camera.stop()
        self._folder.close()


def left_margin(layout: Any) -> Any:
    """The same layout with room around it."""
    layout.setContentsMargins(18, 18, 18, 18)
    return layout


def _centred(text: str, role: str) -> QWidget:
    made = label(text, role, wrap=True)
    made.setAlignment(Qt.AlignmentFlag.AlignHCenter)
    return made


def _open(onnx: Path | None) -> Any:
    # ONNX Runtime takes half a second to load.
    from convonet.inference.onnx_model import OnnxModel

    return OnnxModel.load(str(onnx), threads=1)


def _ask(network: Any, drawings: Sequence[QImage]) -> list[tuple[str, float]]:
    """The five likeliest classes of a drawing, in the framing of which the model is surest."""
    pixels = network.info.pixels
    probabilities = network.predict(np.stack([_pixels(drawing, pixels) for drawing in drawings]))
    surest = int(probabilities.max(axis=1).argmax())
    best = top_k(probabilities[surest : surest + 1], 5)
    names = network.info.classes
    return [(names[i], float(p)) for i, p in zip(best.labels[0], best.probabilities[0], strict=True)]


def _pixels(drawing: QImage, pixels: PixelParams) -> Any:
    """The drawing as the network takes it, (height, width, channels) uint8."""
    fitted = QImage(pixels.width, pixels.height, QImage.Format.Format_Grayscale8)
    fitted.fill(0)
    painter = QPainter(fitted)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    small = drawing.scaled(
        pixels.width,
        pixels.height,
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    painter.drawImage(QRectF(0, 0, pixels.width, pixels.height), small)
    painter.end()
    # Qt pads each line to a multiple of four bytes, which a network's width need not be.
    grey = np.frombuffer(fitted.constBits(), np.uint8).reshape(pixels.height, -1)[:, : pixels.width]
    return np.repeat(grey[:, :, None], pixels.channels, axis=2)
