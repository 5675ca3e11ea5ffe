"""The look at a set: counts, sizes, doubles, leaks, images that stand out."""

from __future__ import annotations

from convonet.data.inspection import inspect_folder
from convonet.documents.inspection import InspectionDocument
from convonet.errors import ParamError
from convonet.events import StageStarted, Watch
from convonet.runs import Run
from convonet.tasks import InspectTask


def work(run: Run, task: InspectTask, watch: Watch) -> InspectionDocument:
    """Inspect; the answer is the document of `convonet inspect`.

    Raises:
        DataError: nothing to look at.
    """
    watch.tell(StageStarted(stage="inspect", title="Checking all images"))
    folder = task.data.train_dir
    if not folder:
        raise ParamError.of({"train_dir": "train_dir: an inspection needs a folder"})
    return inspect_folder(folder, test=task.data.test_dir, data=task.data, watch=watch).document()
