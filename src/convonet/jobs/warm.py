"""What a worker loads before its run is known: all that a training needs until its first batch.

Each part is otherwise loaded when it is first used, which together takes longer than building a small network.
"""

from __future__ import annotations

import importlib

from convonet.documents.run_record import RunRecord

# Imported only to be loaded.
from convonet.jobs import train_job, train_stages  # noqa: F401
from convonet.nets import backend, summary  # noqa: F401
from convonet.tasks import TrainTask

# Torch need not be installed where another backend computes.
_OF_TORCH = ("convonet.nets.torch_path.forward", "convonet.training.torch_step", "convonet.training.updates")

for name in ("numpy.random", *(_OF_TORCH if backend.name() == "torch" else ())):
    importlib.import_module(name)
# Pydantic builds these models when they are first used.
for model in (RunRecord, TrainTask):
    model.model_rebuild()
# The first optimizer makes Keras import all of its optimizers for PyTorch.
backend.keras.optimizers.SGD(name="warm")
