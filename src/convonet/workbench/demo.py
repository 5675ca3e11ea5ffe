"""The demonstration: handwritten digits that ship with scikit-learn, and parameters that suit them."""

from __future__ import annotations

from convonet.data.samples import write_samples
from convonet.home import home
from convonet.params import DataParams, HyperParams
from convonet.runs.environment import available_cores
from convonet.specs import TrainTask


def demo_task() -> TrainTask:
    """Train and test on the digits; the images are written into the person's Convonet folder once."""
    folder = home() / "samples" / "digits"
    if not (folder / "train").is_dir():
        write_samples("digits", folder)
    data = DataParams.of(
        {"train_dir": str(folder / "train"), "test_dir": str(folder / "test"), "image_size": 16}
    )
    hyper = HyperParams.of({"epochs": 12, "num_units": 256, "batch_size": 32})
    return TrainTask(data=data, hyper=hyper, then_test=True, threads=available_cores())
