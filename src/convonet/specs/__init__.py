"""Frozen job specs."""

from convonet.specs.tasks import (
    ExportTask,
    PredictTask,
    Split,
    SummaryTask,
    Task,
    TestTask,
    TrainTask,
    read_task,
)

__all__ = ["ExportTask", "PredictTask", "Split", "SummaryTask", "Task", "TestTask", "TrainTask", "read_task"]
