"""The App menu: parameters, images and models from files and into files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from convonet import tasks
from convonet.desktop.dialogs.pick import Choice
from convonet.desktop.dropped import check_for_server, has_folders, params_kind
from convonet.errors import ConvonetError, InputError, ParamError
from convonet.params import DataParams, SearchSpace, preset
from convonet.params.migrations import VERSION_KEY
from convonet.runs import RECORD
from convonet.session.parameters import ParamForm

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller
    from convonet.desktop.dialogs.ask import Asker

_JSON = "Parameters (*.json);;All files (*)"
_MODELS = "Models (*.keras *.h5 *.hdf5 *.onnx);;All files (*)"
_MODEL_SUFFIXES = (".keras", ".h5", ".hdf5", ".onnx")


class FileActions:
    """Each method is the action of that id."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self._session = controller.session

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Id → what it does."""
        names = (
            "new_data load_data edit_data save_data new_hyper load_hyper edit_hyper save_hyper load_train "
            "load_test load_model load_run_model save_model export_model"
        )
        return {name: getattr(self, name) for name in names.split()}

    def new_data(self) -> None:
        self._session.params.set_data(DataParams())
        # Otherwise Save would offer the file of the old parameters.
        self._session.params.files.pop("data", None)
        self.edit_data()

    def load_data(self) -> None:
        path = self._ask_file("Load data parameters", _JSON)
        if path is not None:
            self.take_params(path, "data")

    def edit_data(self) -> None:
        self._controller.page_wanted.emit("params/data")

    def save_data(self) -> None:
        self._check_faults("data")
        path = self._ask_target("Save data parameters", _JSON, "data", "data_params.json")
        if path is not None:
            self._session.params.save_data(path)
            self._saved(path)

    def new_hyper(self) -> None:
        self._session.params.new_hyper()
        self.edit_hyper()

    def load_hyper(self) -> None:
        path = self._ask_file("Load hyperparameters", _JSON)
        if path is not None:
            self.take_params(path, "hyper")

    def edit_hyper(self) -> None:
        self._controller.page_wanted.emit("params/hyper")

    def save_hyper(self) -> None:
        self._check_faults("hyper")
        path = self._ask_target("Save hyperparameters", _JSON, "hyper", "hyper_params.json")
        if path is not None:
            self._session.params.save_hyper(path)
            self._saved(path)

    def take_preset(self, name: str) -> None:
        """Take the parameters of a preset; folders that are set stay."""
        # The version is that of the file's format, not a parameter.
        values = {k: v for k, v in preset("hyper", name).items() if k != VERSION_KEY}
        self._session.params.set_exact(SearchSpace.of(values))
        self._controller.noted.emit(f"Hyperparameters of the {name} preset")

    def take_own_network(self) -> None:
        """Take hyperparameters of a small network from scratch that suit the images that are loaded."""

        def done(space: SearchSpace) -> None:
            self._session.params.set_exact(space)
            self._controller.noted.emit("Hyperparameters for these images")

        # It looks into images, or asks a server that does.
        self._controller.background.call(
            "own_network", lambda _: self._session.first_space(), done, self._failed
        )

    def load_train(self) -> None:
        folder = self._ask_folder(
            "Training images: a folder with one folder per class", self._session.params.data.train_dir
        )
        if folder is not None:
            self.take_folder(folder, "train_dir")

    def load_test(self) -> None:
        folder = self._ask_folder(
            "Test images: a folder with one folder per class", self._session.params.data.test_dir
        )
        if folder is not None:
            self.take_folder(folder, "test_dir")

    def load_model(self) -> None:
        path = self._ask_file("Load a network model", _MODELS)
        if path is not None:
            self.take_model(path)

    def load_run_model(self) -> None:
        folder = self._ask_folder("A run folder", str(self._session.backend.folder))
        if folder is not None:
            self.take_model(folder)

    def save_model(self) -> None:
        model = self._session.model
        if model is None:
            return
        suggestion = str(
            Path(self._session.params.data.result_dir or self._controller.window_state.folder) / "model.keras"
        )
        path = self._asker().save_file("Save the network model", _MODELS, suggestion)
        if path is not None:
            self._controller.background.call(
                "save_model",
                lambda _: self._session.models.save(model, path),
                self._model_saved,
                self._failed,
            )

    def _model_saved(self, files: list[Path]) -> None:
        self._saved(files[0])

    def _failed(self, error: ConvonetError) -> None:
        self._controller.show_error(error)

    def export_model(self) -> None:
        """Ask for format and place; a worker writes and checks it."""
        model = self._session.model
        if model is None:
            return
        titles = {found.title: found for found in tasks.EXPORT_FORMATS.values()}
        choices = [
            Choice(
                found.title,
                f"{found.description[:1].upper()}{found.description[1:]}",
                "" if found.installed else f"Not installed: pip install {found.package}",
            )
            for found in titles.values()
        ]
        answer = self._asker().pick("Export the model as", choices, "Export …")
        if answer is None:
            return
        wanted = tasks.export_format(titles[answer].name)
        folder = Path(self._session.params.data.result_dir or self._controller.window_state.folder)
        options = self._web_options() if wanted.name == "web" else {}
        if options is None:
            return
        name = f"{model.file.stem}{wanted.suffix or f'-{wanted.folder_word}'}"
        path = self._asker().save_file(f"Export as {wanted.title}", "All files (*)", str(folder / name))
        if path is not None:
            self._session.start(self._session.tasks.export(wanted.name, path).changed(**options))

    def _web_options(self) -> dict[str, bool] | None:
        """What a person allows for a page for browsers; None where the export is called off."""
        # Only this export needs them.
        from convonet.exporting.browsers import find_chromium
        from convonet.exporting.runtime import DOWNLOAD_MIB, is_cached

        options = {}
        if not is_cached():
            text = (
                f"The page needs ONNX Runtime Web, which is not on this machine. Download it ({DOWNLOAD_MIB} MiB) "
                "with npm? It is kept for later exports."
            )
            if self._asker().choose("Download ONNX Runtime Web", text, ["Download", "Cancel"]) != "Download":
                return None
            options["fetch"] = True
        if find_chromium() is None:
            text = (
                "There is no Chromium, Chrome or Edge on this machine, so the page cannot be compared with the model "
                "in a browser. Export it without the check?"
            )
            if (
                self._asker().choose("No browser found", text, ["Export without the check", "Cancel"])
                == "Cancel"
            ):
                return None
            options["unchecked"] = True
        return options

    def take_params(self, path: Path, kind: str = "") -> None:
        """Read a parameter file. Raises InputError with all faults."""
        kind = kind or params_kind(path)
        if kind == "data":
            self._session.params.load_data(path)
            self._controller.scan(loud=True)
        else:
            self._session.params.load_hyper(path)
        self._controller.remember(path)
        self._controller.page_wanted.emit("data" if kind == "data" else "params/hyper")

    def take_folder(self, folder: Path, field: str = "train_dir") -> None:
        """Use a folder of images as one of the sets."""
        self._session.params.choose_images(folder, field, replaces="train" in self._session.sets)
        self._controller.scan(loud=True, chosen=folder)
        self._controller.page_wanted.emit("data")

    def take_model(self, path: Path) -> None:
        """Open a model to test or use it; a worker tries its file, and says what is wrong with it."""
        self._controller.open_model(path, lambda: self._model_opened(path))

    def _model_opened(self, path: Path) -> None:
        self._controller.remember(path)
        self._controller.page_wanted.emit("test" if self._session.sets.images("test") else "use")
        # A second task is refused while other work is under way, and the model is open already.
        if self._session.work is None:
            self._session.start(self._session.tasks.model())

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Whatever was dropped: parameters, a model, a run, a set of images, or images to predict.

        Raises:
            InputError: nothing that can be used.
        """
        # The window can be seen sooner without numpy and Pillow, which this loads.
        from convonet.data.names import IMAGE_SUFFIXES

        first = paths[0]
        is_image = first.suffix.lower().lstrip(".") in IMAGE_SUFFIXES
        if self._session.backend.is_remote:
            check_for_server(first, is_image=is_image)
        if first.suffix.lower() == ".json":
            self.take_params(first)
        elif first.suffix.lower() in _MODEL_SUFFIXES or (first / RECORD).is_file():
            self.take_model(first)
        elif first.is_dir() and has_folders(first):
            self.take_folder(first)
        elif first.is_dir() or is_image:
            self._controller.page_wanted.emit("use")
            self._session.start(self._session.tasks.predict(paths))
        elif first.suffix.lower() in (".csv", ".tsv", ".npz"):
            self.take_folder(first)
        else:
            raise InputError(
                "This cannot be opened here",
                where=first,
                expected="a folder of images, images, a parameter file (.json) or a model (.keras, .h5, .onnx)",
            )

    def _asker(self) -> Asker:
        assert self._controller.ask is not None, "the window sets it"
        return self._controller.ask

    def _ask_file(self, title: str, kinds: str) -> Path | None:
        return self._asker().open_file(title, kinds, self._controller.window_state.folder)

    def _ask_folder(self, title: str, present: str | None) -> Path | None:
        return self._asker().folder(title, present or self._controller.window_state.folder)

    def _ask_target(self, title: str, kinds: str, kind: str, name: str) -> Path | None:
        known = self._session.params.files.get(kind) or Path(self._controller.window_state.folder) / name
        path = self._asker().save_file(title, kinds, str(known))
        # A name that was typed without a suffix would not be listed when it is to be opened.
        return path if path is None or path.suffix else path.with_suffix(".json")

    def _check_faults(self, form: ParamForm) -> None:
        if self._session.params.faults.of(form):
            raise ParamError.of(self._session.params.faults.of(form))

    def _saved(self, path: Path) -> None:
        self._controller.remember(path)
        self._controller.noted.emit(f"Saved: {path}")
