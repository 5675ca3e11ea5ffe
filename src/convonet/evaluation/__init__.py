"""Evaluate a model on a prepared set, predict new images, list the mistakes, write the results."""

from convonet.inference.answers import answers
from convonet.inference.decision import Decision, decide

from .choosing import Chosen, ThresholdRequest, choose
from .comparison import SideBySide, compare_models, side_by_side
from .curves import ClassCurves, curves_of
from .evaluation import Evaluation, score
from .keeping import keep
from .mistakes import Mistake, in_cell, mistakes
from .models import open_predictor
from .net_evaluation import Predictor, choose_on, evaluate
from .prediction import predict_files
from .writing import write_evaluation

__all__ = [
    "Chosen",
    "ClassCurves",
    "Decision",
    "Evaluation",
    "Mistake",
    "Predictor",
    "SideBySide",
    "ThresholdRequest",
    "answers",
    "choose",
    "choose_on",
    "compare_models",
    "curves_of",
    "decide",
    "evaluate",
    "in_cell",
    "keep",
    "mistakes",
    "open_predictor",
    "predict_files",
    "score",
    "side_by_side",
    "write_evaluation",
]
