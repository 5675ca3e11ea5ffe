"""Frozen job specs."""

from convonet.tasks.explain_tasks import DreamTask, ExplainTask, LayersTask
from convonet.tasks.features_task import FeaturesTask
from convonet.tasks.inspect_task import InspectTask
from convonet.tasks.main_tasks import (
    EvaluateTask,
    ExportTask,
    PredictTask,
    SummaryTask,
    TrainTask,
)
from convonet.tasks.map_task import MapTask, SimilarTask
from convonet.tasks.report_task import ReportTask
from convonet.tasks.study_task import StudyTask
from convonet.tasks.suspects_task import SuspectsTask
from convonet.tasks.task import ResumableTask, Split, Task, read_task, traits_of
from convonet.tasks.technique_tasks import AugmentTask, FindRateTask
from convonet.tasks.tune_task import TuneTask
from convonet.tasks.verify_task import VerifyTask

__all__ = [
    "AugmentTask",
    "DreamTask",
    "EvaluateTask",
    "ExplainTask",
    "ExportTask",
    "FeaturesTask",
    "FindRateTask",
    "InspectTask",
    "LayersTask",
    "MapTask",
    "PredictTask",
    "ReportTask",
    "ResumableTask",
    "SimilarTask",
    "Split",
    "StudyTask",
    "SummaryTask",
    "SuspectsTask",
    "Task",
    "TrainTask",
    "TuneTask",
    "VerifyTask",
    "read_task",
    "traits_of",
]
