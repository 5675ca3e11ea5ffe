"""The Tasks menu: build, train, test, predict, stop. Each starts a worker and shows the page to watch it on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convonet.desktop.runs_again import RunsAgain
from convonet.errors import ConvonetError, InputError
from convonet.runs.naming import title_of

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller
    from convonet.desktop.widgets.image_grid import Picture
    from convonet.events import Watch
    from convonet.runs import Run
    from convonet.tasks import Split, TrainTask

_IMAGES = "Images (*.png *.jpg *.jpeg *.bmp *.gif *.tif *.tiff *.webp *.ppm *.pgm);;All files (*)"


class TaskActions:
    """Each method is the action of that id."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._session = controller.session
        self._again = RunsAgain(controller)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Id → what it does."""
        names = (
            "tune study stop_tuning initialise train_only train_val train_further evaluate show_matrix "
            "predict_images paste_images explain_images check_quality show_augmented find_rate show_marks "
            "save_report stop demo"
        )
        return {name: getattr(self, name) for name in names.split()}

    def tune(self) -> None:
        """Search with the options of the page, which listens once it is shown."""
        self._show("tune/tune")
        self._controller.search_wanted.emit("tune")

    def study(self) -> None:
        """Begin a target study with the options of the page."""
        self._show("tune/study")
        self._controller.search_wanted.emit("study")

    def stop_tuning(self) -> None:
        self.stop()

    def initialise(self) -> None:
        self._session.start(self._session.tasks.summary())
        self._show("network")

    def train_only(self) -> None:
        self._train(validation=False)

    def train_val(self) -> None:
        self._train(validation=True)

    def train_further(self) -> None:
        self._train(validation=True, further=True)

    def _train(self, *, validation: bool, further: bool = False) -> None:
        self._session.start(self._session.tasks.train(validation=validation, further=further))
        self._show("train")

    def evaluate(self, split: Split = "test") -> None:
        self._session.start(self._session.tasks.evaluate(split))
        self._show("test")

    def show_matrix(self) -> None:
        """The confusion matrix; the model is tested first where it was not yet."""
        if self._session.evaluation is None:
            self._session.start(self._session.tasks.evaluate())
        self._show("test/matrix")

    def predict_images(self) -> None:
        asker = self._controller.ask
        paths = (
            asker.open_files("Images to predict", _IMAGES, self._controller.window_state.folder)
            if asker
            else []
        )
        if paths:
            self._session.start(self._session.tasks.predict(paths))
            self._show("use")

    def paste_images(self) -> None:
        """Predict what is on the clipboard."""
        self._show("use")
        self._controller.paste_wanted.emit()

    def explain_images(self) -> None:
        """Ask for images and explain the model's answers for them."""
        asker = self._controller.ask
        paths = (
            asker.open_files("Images to explain", _IMAGES, self._controller.window_state.folder)
            if asker
            else []
        )
        self.explain_paths(paths)

    def explain_pictures(self, pictures: Sequence[Picture]) -> None:
        """Explain images that were selected in a grid."""
        # A row of an array file is not a file that can be opened by its path.
        paths = [Path(picture.address) for picture in pictures if "#" not in picture.address]
        self._controller.guard(lambda: self.explain_paths(paths))

    def explain_paths(self, paths: Sequence[Path]) -> None:
        """Explain images with what is chosen on the page."""
        if paths:
            self._show("explain")
            self._controller.explain_wanted.emit(paths)

    def check_quality(self) -> None:
        """Look for what may be wrong with the images."""
        self._session.start(self._session.tasks.inspect())
        self._show("data/quality")

    def show_augmented(self) -> None:
        """Training images as the settings vary them."""
        self._show("params/preview")
        self._controller.preview_wanted.emit("augment")

    def find_rate(self) -> None:
        """A good learning rate for the network that is set."""
        self._show("params/preview")
        self._controller.preview_wanted.emit("find_rate")

    def show_marks(self) -> None:
        self._show("data/marks")

    def save_report(self) -> None:
        """The run of the model as one HTML file, where the person wants it."""
        model, asker = self._session.model, self._controller.ask
        if model is None or asker is None:
            return
        if model.run is None:
            raise InputError(
                "Nothing to report",
                expected="the model of a run",
                hint="Open a run on the Runs page",
            )
        heading: str | None = ""
        # A server gives the report that it has.
        if not self._session.backend.is_remote:
            heading = asker.text("Save the report", "Title of the report", title_of(model.run))
        # An empty title is an answer; None says that the dialog was called off.
        if heading is None:
            return
        folder = Path(self._session.params.data.result_dir or self._controller.window_state.folder)
        path = asker.save_file("Save the report", "Web page (*.html)", str(folder / f"{model.name}.html"))
        if path is not None:
            out = path if path.suffix else path.with_suffix(".html")
            self._session.start(self._session.tasks.report(model.run, out, heading.strip()))

    def stop(self) -> None:
        self._session.stop()

    def resume(self, run: Run) -> None:
        """Go on with a run; images that have moved are asked for."""
        self._again.resume(run)

    def verify(self, run: Run) -> None:
        """Repeat a finished run and compare; images that have moved are asked for."""
        self._again.verify(run)

    def demo(self) -> None:
        """The digits: written once, loaded, trained and tested."""

        def make(_: Watch) -> TrainTask:
            return self._session.images.demo()

        self._controller.prepare("Saving 1,797 images of handwritten digits …")
        self._show("train")
        self._controller.background.call("demo", make, self._start_demo, self._failed)

    def _start_demo(self, task: TrainTask) -> None:
        self._controller.prepare("")
        self._session.params.take_task(task)
        self._controller.scan()
        # Other work may have begun while the digits were written; then this says why they are not trained on.
        self._controller.guard(lambda: self._session.start(task))
        self._show("train")

    def _failed(self, error: ConvonetError) -> None:
        self._controller.prepare("")
        self._controller.show_error(error)

    def _show(self, page: str) -> None:
        self._controller.page_wanted.emit(page)
