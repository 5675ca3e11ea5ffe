"""What a session works on: the images, models, runs and workers of this machine, or those of a server.

`local/` and `remote/` each have an implementation. What is asked here may take a while, unless its docstring says
otherwise: an interface that must not wait calls it in a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from convonet import documents, tasks
from convonet.errors import ConvonetError
from convonet.events import RunState, Watch
from convonet.launch.work import Work
from convonet.params import DataParams, HyperParams
from convonet.params.data_params import Scaling
from convonet.params.recipes import Recipe, TrainRecipe
from convonet.runs import Run
from convonet.session.conditions import Reason
from convonet.session.look import SizesFound
from convonet.session.opened import OpenedModel
from convonet.session.predictions import Answers
from convonet.session.sets import LoadedSets

if TYPE_CHECKING:
    from convonet.data.listing import ImageListing
    from convonet.data.marking import MarkedImage
    from convonet.documents.plan import Plan


class Images(Protocol):
    """Questions about images."""

    def load_sets(self, data: DataParams, classes: Sequence[str], watch: Watch) -> LoadedSets:
        """List every set that the parameters name; nothing is decoded.

        Args:
            classes: a model's names, for sets that come without a training set.

        Raises:
            Cancelled: the watch says so.
        """

    def find_sizes(
        self, listings: Mapping[tasks.Split, ImageListing], data: DataParams, watch: Watch
    ) -> SizesFound:
        """Heights, widths and pixels of an even share of the images."""

    def make_plan(
        self,
        data: DataParams,
        hyper: HyperParams,
        recipe: TrainRecipe,
        listing: ImageListing,
        *,
        minutes: float | None,
        validation: int,
    ) -> Plan | None:
        """What a recipe would train on listed images; None for `none`. Nothing is trained.

        Args:
            minutes: the time budget; None: the recipe's own.
            validation: images of a validation set of its own.

        Raises:
            DataError: no image can be read.
            ParamError: values that do not go together.
        """

    def recipe_values(self, name: Recipe, data: DataParams, listing: ImageListing) -> dict[str, Any]:
        """Known good hyperparameters for listed training images. Raises DataError."""

    def marks(self, data: DataParams, watch: Watch) -> list[MarkedImage]:
        """What a person said about images of the sets. Raises DataError."""

    def mark(
        self, data: DataParams, paths: Sequence[str], *, label: str | None, undo: bool, watch: Watch
    ) -> list[MarkedImage]:
        """Say that images are of another class, or (neither label nor undo) that they are to be left out.

        The listings are as before: list them again after it.

        Args:
            paths: absolute or relative to their set.
            undo: take their marks away.

        Returns:
            All marks as they are now.

        Raises:
            ParamError: no such image or class; nothing is changed then.
            OutputError: the folder of the images cannot be written to.
        """

    def answers(self, root: Path, scores: documents.RunEvaluation) -> Answers:
        """The model's prediction for each image of an evaluation, whose set is in `root`. Raises InputError."""

    def demo(self) -> tasks.TrainTask:
        """The training of the demonstration; its images are written once. Raises WorkerError."""


class Models(Protocol):
    """Run folders and model files."""

    def open(
        self, path: Path, *, scaling: Scaling | None = None, classes: Sequence[str] | None = None
    ) -> OpenedModel:
        """Look at a run folder or model file; see `open_model`. Raises ModelFileError."""

    def is_in(self, run: Run) -> bool:
        """Whether a training has left a model. Answers at once."""

    def onnx_path(self, model: OpenedModel) -> Path | None:
        """Where its ONNX file is, or will be once it is fetched; None: it has none. Answers at once."""

    def fetch_onnx(self, model: OpenedModel) -> Path | None:
        """Its ONNX file on this machine; None: it has none."""

    def save(self, model: OpenedModel, target: Path) -> list[Path]:
        """Copy the model, and its ONNX file beside it. Gives the files written.

        Raises:
            OutputError: the folder cannot be written to.
        """


class Runs(Protocol):
    """The runs that are known."""

    def known(self) -> list[Run]:
        """All of them, the newest first."""

    def rows(self) -> list[documents.RunRow]:
        """What a list shows of each, the newest first; `run` is the folder on this machine."""

    def find(self, name: str) -> Run:
        """The run of that path or id. Raises RunNotFoundError."""

    def state(self, run: Run, record: documents.RunRecord | None = None) -> RunState:
        """What a run is doing now. Answers at once.

        Args:
            record: its record where it was read already.
        """

    def fetch(self, run: Run) -> None:
        """Make sure that the files of a run are on this machine."""

    def rename(self, run: Run, title: str) -> None:
        """Give a run a new name; an empty one restores its own. Raises InputError."""

    def delete(self, run: Run) -> None:
        """Remove a run and all in it. Raises RunAliveError."""

    def compare(self, runs: Sequence[Run]) -> documents.RunComparison:
        """Runs side by side; see `RunStore.compare`."""


class Backend(Protocol):
    """Everything that a session asks for.

    Attributes:
        folder: where runs go when the data parameters name no results folder.
        is_remote: the work is a server's: it continues when this process ends, and no file of it lies here.
    """

    folder: Path
    is_remote: bool

    @property
    def images(self) -> Images: ...

    @property
    def models(self) -> Models: ...

    @property
    def runs(self) -> Runs: ...

    def why_not(self, action: str) -> Reason | None:
        """Why an action can never be done here; None when it can. Answers at once."""

    def start(self, task: tasks.Task) -> Work:
        """Begin a task in a new run, without waiting for it.

        Raises:
            ConvonetError: the run folder cannot be made.
        """

    def resume(self, run: Run, *, accept_changed_data: bool, data: DataParams | None) -> Work | None:
        """Continue a run; None when nothing is left to do. See `Session.resume`. Raises ConvonetError."""

    def follow(self, run: Run) -> Work:
        """Follow a run that another process works on."""

    def examine(self) -> documents.InstallationDocument:
        """What the machine that works can do; see `doctor`."""

    def warm(self) -> None:
        """Let a spare worker get ready in the background."""

    def close(self) -> None:
        """End what is kept ready, and follow nothing any longer."""


def busy(work: Work) -> ConvonetError:
    """The error for a second piece of work."""
    return ConvonetError("Another task is running", where=work.run.path, hint="Stop it or wait")
