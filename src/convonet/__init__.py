"""Convonet: from folders of images to a trained, tested, explained and usable image classifier.

Public names load on first use; `import convonet` itself loads neither keras nor torch, Qt nor matplotlib.
"""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from convonet._version import __version__

# Keras asks this variable when it is imported, maybe before the first call into Convonet.
if find_spec("torch") is not None:
    os.environ.setdefault("KERAS_BACKEND", "torch")

if TYPE_CHECKING:
    from convonet.api.evaluating import (
        evaluate,
        export,
        verify,
    )
    from convonet.api.explaining import (
        Dreamt,
        Explained,
        dream,
        explain,
        layers,
    )
    from convonet.api.images import (
        inspect,
        mark,
        samples,
        suspects,
    )
    from convonet.api.looking import (
        LayerTable,
        augment,
        find_rate,
        kernel,
        summary,
    )
    from convonet.api.mapping import image_map, similar
    from convonet.api.models import (
        LoadedModel,
        load,
    )
    from convonet.api.predicting import predict
    from convonet.api.results import (
        Evaluation,
        Prediction,
        Predictions,
    )
    from convonet.api.run_results import (
        KnownRun,
        RunListing,
        TrainedRun,
        TunedRun,
        compare,
        list_runs,
        open_run,
        resume,
    )
    from convonet.api.run_results import list_runs as runs
    from convonet.api.search import (
        study,
        tune,
    )
    from convonet.api.sorting import sort
    from convonet.api.training import (
        report,
        train,
    )
    from convonet.classifier import ConvonetClassifier
    from convonet.errors import (
        Cancelled,
        ClassMismatchError,
        ConvonetError,
        DataChangedError,
        DataError,
        ImageNotFoundError,
        InputError,
        ModelFileError,
        OutOfMemoryError,
        OutputError,
        ParamError,
        RunAliveError,
        RunNotFoundError,
        StorageError,
        TrainingError,
        WorkerError,
    )
    from convonet.events import (
        BatchEnded,
        CandidateEnded,
        CandidateStarted,
        CheckpointSaved,
        DataPrepared,
        DataScanned,
        EpochEnded,
        EvaluationEnded,
        Event,
        FileSaved,
        PlanMade,
        Progressed,
        RunEnded,
        RunStarted,
        StageStarted,
        TrainingStarted,
        TrainingStopped,
        TrialEnded,
        Warned,
    )
    from convonet.params import (
        DataParams,
        HyperParams,
        SearchSpace,
    )
    from convonet.teaching import (
        StopAtAccuracy,
        build_model,
        compile_train_model,
        plot_loss_acc,
    )

__all__ = [
    "BatchEnded",
    "Cancelled",
    "CandidateEnded",
    "CandidateStarted",
    "CheckpointSaved",
    "ClassMismatchError",
    "ConvonetClassifier",
    "ConvonetError",
    "DataChangedError",
    "DataError",
    "DataParams",
    "DataPrepared",
    "DataScanned",
    "Dreamt",
    "EpochEnded",
    "Evaluation",
    "EvaluationEnded",
    "Event",
    "Explained",
    "FileSaved",
    "HyperParams",
    "ImageNotFoundError",
    "InputError",
    "KnownRun",
    "LayerTable",
    "LoadedModel",
    "ModelFileError",
    "OutOfMemoryError",
    "OutputError",
    "ParamError",
    "PlanMade",
    "Prediction",
    "Predictions",
    "Progressed",
    "RunAliveError",
    "RunEnded",
    "RunListing",
    "RunNotFoundError",
    "RunStarted",
    "SearchSpace",
    "StageStarted",
    "StopAtAccuracy",
    "StorageError",
    "TrainedRun",
    "TrainingError",
    "TrainingStarted",
    "TrainingStopped",
    "TrialEnded",
    "TunedRun",
    "Warned",
    "WorkerError",
    "__version__",
    "augment",
    "build_model",
    "compare",
    "compile_train_model",
    "dream",
    "evaluate",
    "explain",
    "export",
    "find_rate",
    "image_map",
    "inspect",
    "kernel",
    "layers",
    "list_runs",
    "load",
    "mark",
    "open_run",
    "plot_loss_acc",
    "predict",
    "report",
    "resume",
    "runs",
    "samples",
    "similar",
    "sort",
    "study",
    "summary",
    "suspects",
    "train",
    "tune",
    "verify",
]

_MODULES: dict[str, tuple[str, ...]] = {
    "convonet.api.evaluating": (
        "evaluate",
        "export",
        "verify",
    ),
    "convonet.api.explaining": (
        "Dreamt",
        "Explained",
        "dream",
        "explain",
        "layers",
    ),
    "convonet.api.images": (
        "inspect",
        "mark",
        "samples",
        "suspects",
    ),
    "convonet.api.looking": (
        "LayerTable",
        "augment",
        "find_rate",
        "kernel",
        "summary",
    ),
    "convonet.api.mapping": ("image_map", "similar"),
    "convonet.api.models": (
        "LoadedModel",
        "load",
    ),
    "convonet.api.predicting": ("predict",),
    "convonet.api.results": (
        "Evaluation",
        "Prediction",
        "Predictions",
    ),
    "convonet.api.run_results": (
        "KnownRun",
        "RunListing",
        "TrainedRun",
        "TunedRun",
        "compare",
        "list_runs",
        "open_run",
        "resume",
    ),
    "convonet.api.search": (
        "study",
        "tune",
    ),
    "convonet.api.sorting": ("sort",),
    "convonet.api.training": (
        "report",
        "train",
    ),
    "convonet.classifier": ("ConvonetClassifier",),
    "convonet.errors": (
        "Cancelled",
        "ClassMismatchError",
        "ConvonetError",
        "DataChangedError",
        "DataError",
        "ImageNotFoundError",
        "InputError",
        "ModelFileError",
        "OutOfMemoryError",
        "OutputError",
        "ParamError",
        "RunAliveError",
        "RunNotFoundError",
        "StorageError",
        "TrainingError",
        "WorkerError",
    ),
    "convonet.events": (
        "BatchEnded",
        "CandidateEnded",
        "CandidateStarted",
        "CheckpointSaved",
        "DataPrepared",
        "DataScanned",
        "EpochEnded",
        "EvaluationEnded",
        "Event",
        "FileSaved",
        "PlanMade",
        "Progressed",
        "RunEnded",
        "RunStarted",
        "StageStarted",
        "TrainingStarted",
        "TrainingStopped",
        "TrialEnded",
        "Warned",
    ),
    "convonet.params": (
        "DataParams",
        "HyperParams",
        "SearchSpace",
    ),
    "convonet.teaching": (
        "StopAtAccuracy",
        "build_model",
        "compile_train_model",
        "plot_loss_acc",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

# Type checkers know the names above, so that a misspelled one is an error.
if not TYPE_CHECKING:

    def __getattr__(name):
        if name == "runs":  # the package of that name, which can be called
            return importlib.import_module("convonet.runs")
        if name not in _HOMES:
            raise AttributeError(f"module 'convonet' has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
