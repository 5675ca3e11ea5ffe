"""One call for each job, done in this process: for scripts and notebooks.

Parameters are given as values, as plain dictionaries, or as paths of their JSON files; each call leaves the same
run folder that the command line leaves, and gives back what is in it.
"""

from convonet.api.evaluating import evaluate, export, predict, verify
from convonet.api.explaining import Dreamt, Explained, dream, explain, layers
from convonet.api.images import inspect, mark, suspects
from convonet.api.inputs import Data, Hyper, Listener
from convonet.api.results import TrainedRun, TunedRun
from convonet.api.search import study, tune
from convonet.api.training import report, train

__all__ = [
    "Data",
    "Dreamt",
    "Explained",
    "Hyper",
    "Listener",
    "TrainedRun",
    "TunedRun",
    "dream",
    "evaluate",
    "explain",
    "export",
    "inspect",
    "layers",
    "mark",
    "predict",
    "report",
    "study",
    "suspects",
    "train",
    "tune",
    "verify",
]
