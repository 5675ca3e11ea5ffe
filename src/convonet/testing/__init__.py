"""Evaluate a model on a prepared set, predict new images, list the mistakes, write the results."""

from .decision import Decision, decide
from .evaluation import Evaluation, score
from .mistakes import Answer, in_cell, mistakes
from .models import open_predictor
from .net_testing import Predictor, evaluate
from .prediction import answers, predict_files
from .writing import write_evaluation

__all__ = [
    "Answer",
    "Decision",
    "Evaluation",
    "Predictor",
    "answers",
    "decide",
    "evaluate",
    "in_cell",
    "mistakes",
    "open_predictor",
    "predict_files",
    "score",
    "write_evaluation",
]
