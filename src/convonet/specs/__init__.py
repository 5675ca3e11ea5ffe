"""Frozen job specs."""

from convonet.specs.explain_tasks import DreamTask, ExplainTask, LayersTask
from convonet.specs.inspect_task import InspectTask
from convonet.specs.report_task import ReportTask
from convonet.specs.study_task import StudyTask
from convonet.specs.suspects_task import SuspectsTask
from convonet.specs.tasks import (
    ExportTask,
    PredictTask,
    ResumableTask,
    Split,
    SummaryTask,
    Task,
    TestTask,
    TrainTask,
    read_task,
    traits_of,
)
from convonet.specs.technique_tasks import AugmentTask, FindRateTask
from convonet.specs.tune_task import TuneTask
from convonet.specs.verify_task import VerifyTask

__all__ = [
    "AugmentTask",
    "DreamTask",
    "ExplainTask",
    "ExportTask",
    "FindRateTask",
    "InspectTask",
    "LayersTask",
    "PredictTask",
    "ReportTask",
    "ResumableTask",
    "Split",
    "StudyTask",
    "SummaryTask",
    "SuspectsTask",
    "Task",
    "TestTask",
    "TrainTask",
    "TuneTask",
    "VerifyTask",
    "read_task",
    "traits_of",
]
