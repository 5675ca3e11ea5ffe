"""One call for each job, done in this process: for scripts and notebooks.

Parameters are given as values, as plain dictionaries, or as paths of their JSON files; each call leaves the same
run folder that the command line leaves, and returns what is in it. Names load on first use: whoever predicts does
not wait for what draws.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

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
    from convonet.api.models import (
        LoadedModel,
        load,
    )
    from convonet.api.predicting import (
        predict,
    )
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
    from convonet.api.search import (
        study,
        tune,
    )
    from convonet.api.training import (
        report,
        train,
    )

__all__ = [
    "Dreamt",
    "Evaluation",
    "Explained",
    "KnownRun",
    "LayerTable",
    "LoadedModel",
    "Prediction",
    "Predictions",
    "RunListing",
    "TrainedRun",
    "TunedRun",
    "augment",
    "compare",
    "dream",
    "evaluate",
    "explain",
    "export",
    "find_rate",
    "inspect",
    "kernel",
    "layers",
    "list_runs",
    "load",
    "mark",
    "open_run",
    "predict",
    "report",
    "resume",
    "samples",
    "study",
    "summary",
    "suspects",
    "train",
    "tune",
    "verify",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module 'convonet.api' has no attribute {name!r}")
        # The package above, which knows where each name is.
        return getattr(sys.modules["convonet"], name)
