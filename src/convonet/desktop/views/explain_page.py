"""Why the model says so: maps over images, what its layers see, what excites a channel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from convonet.desktop.views.explain_layers import DreamTab, LayersTab
from convonet.desktop.views.explain_why import WhyTab
from convonet.desktop.views.page import Either, Page, PageContext
from convonet.desktop.widgets.basic import EmptyState, column
from convonet.desktop.widgets.stacks import Tabs
from convonet.documents.explanation import DreamDocument, ExplainDocument, LayersDocument
from convonet.launch.work import WorkEnded
from convonet.scratch import Scratch
from convonet.tasks import DreamTask, ExplainTask, LayersTask

_IMAGES = "Images (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.ppm *.pgm);;All files (*)"


class ExplainPage(Page):
    """Starts explanations in a worker and shows the pictures that they leave in a folder of the page."""

    title = "Explain"
    parts = ("model", "work", "explanations", "scores", "summary")

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        controller = context.controller
        self._folder = Scratch()
        self._count = 0
        self._model: Path | None = None
        self.add_buttons(
            controller.button("stop"), controller.button("explain_images", "Choose images …", primary=True)
        )
        self.why = WhyTab(self)
        self.layers, self.dream = LayersTab(self), DreamTab(self)
        self.tabs = Tabs("Kinds of explanation")
        self.tabs.addTab(self.why, "Why this prediction")
        self.tabs.addTab(self.layers, "Filters and feature maps")
        self.tabs.addTab(self.dream, "What activates a channel")
        self._empty = EmptyState(
            "No model yet",
            "Train a network or open a model. Then see what it looks at, its feature maps, and what activates a "
            "channel.",
            controller.button("load_model", "Open a model …", primary=True),
            controller.button("demo"),
        )
        self._either = Either(self._empty, column(self.tabs))
        self.body.addWidget(self._either, 1)
        controller.ended.connect(self._ended)
        controller.explain_wanted.connect(self._explain)

    def refresh(self) -> None:
        model, work = self.session.model, self.session.work
        self._either.show_content(model is not None)
        self.lead.setText(f"Model {model.title}" if model else "Why the model made its predictions")
        path = model.path if model else None
        if path != self._model:
            # Explanations of another model are not this one's.
            self._model = path
            for tab in (self.why, self.layers, self.dream):
                tab.forget()
        kind = work.task.kind if work is not None else ""
        self.why.refresh(working=kind == "explain")
        self.layers.refresh(working=kind == "layers")
        self.dream.refresh(working=kind == "dream")

    def choose_images(self, title: str = "Images to explain") -> list[Path]:
        """Ask for images; none when it was given up."""
        asker = self.controller.ask
        return asker.open_files(title, _IMAGES, self.controller.window_state.folder) if asker else []

    def _explain(self, paths: Sequence[Path]) -> None:
        self.controller.guard(lambda: self.explain(paths))

    def explain(self, paths: Sequence[Path]) -> None:
        """Explain images with what is chosen on the page."""
        if paths:
            self.tabs.setCurrentWidget(self.why)
            options = self.why.task_options()
            self.session.start(self.session.tasks.explain(paths, self.new_folder(), **options))

    def draw_layers(self, image: Path | None) -> None:
        """Draw filters and, of an image, the feature maps."""
        self.session.start(self.session.tasks.layers(self.new_folder(), image))

    def excite(self, layer: str, channel: int | None, steps: int, seed: int) -> None:
        """Make the picture that excites a channel."""
        out = self.new_folder() / "dream.png"
        self.session.start(self.session.tasks.dream(layer, out, channel, steps=steps, seed=seed))

    def new_folder(self) -> Path:
        """A folder of its own for each answer: pictures that are shown are never written over."""
        self._count += 1
        made = self._folder.path / f"{self._count:04}"
        made.mkdir()
        return made

    def _ended(self, ended: WorkEnded) -> None:
        if explained := ended.answer(ExplainTask, ExplainDocument):
            self.why.show_document(explained)
        elif drawn := ended.answer(LayersTask, LayersDocument):
            self.layers.show_document(drawn)
        elif dreamed := ended.answer(DreamTask, DreamDocument):
            self.dream.show_document(dreamed)

    def open_part(self, part: str) -> None:
        views = {LayersTask.kind: self.layers, DreamTask.kind: self.dream}
        self.tabs.setCurrentWidget(views.get(part, self.why))

    def close_page(self) -> None:
        self.why.close_threads()
        self._folder.close()
