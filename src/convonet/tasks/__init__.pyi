"""The public names of this room, each imported from where it is defined. Made by `make generate`.

Type checkers read this file, and so does the package, which loads a name's module when the name is first used.
"""

from convonet.tasks.by_kind import kinds as kinds
from convonet.tasks.by_kind import read_task as read_task
from convonet.tasks.by_kind import traits_of as traits_of
from convonet.tasks.command_words import WORDS as WORDS
from convonet.tasks.command_words import recipe_follows as recipe_follows
from convonet.tasks.command_words import several as several
from convonet.tasks.explain_tasks import DreamTask as DreamTask
from convonet.tasks.explain_tasks import ExplainTask as ExplainTask
from convonet.tasks.explain_tasks import LayersTask as LayersTask
from convonet.tasks.explain_tasks import Method as Method
from convonet.tasks.export_formats import EXPORT_FORMATS as EXPORT_FORMATS
from convonet.tasks.export_formats import EXPORT_OPTIONS as EXPORT_OPTIONS
from convonet.tasks.export_formats import ExportFormat as ExportFormat
from convonet.tasks.export_formats import export_format as export_format
from convonet.tasks.features_task import FeaturesTask as FeaturesTask
from convonet.tasks.inspect_task import InspectTask as InspectTask
from convonet.tasks.main_tasks import Cost as Cost
from convonet.tasks.main_tasks import EvaluateTask as EvaluateTask
from convonet.tasks.main_tasks import ExportTask as ExportTask
from convonet.tasks.main_tasks import PredictTask as PredictTask
from convonet.tasks.main_tasks import Size as Size
from convonet.tasks.main_tasks import SummaryTask as SummaryTask
from convonet.tasks.main_tasks import TrainTask as TrainTask
from convonet.tasks.map_task import MapTask as MapTask
from convonet.tasks.map_task import SimilarTask as SimilarTask
from convonet.tasks.moved import FOLDERS as FOLDERS
from convonet.tasks.moved import check_images as check_images
from convonet.tasks.python_lines import LINES as LINES
from convonet.tasks.report_task import ReportTask as ReportTask
from convonet.tasks.shown_as import as_command as as_command
from convonet.tasks.shown_as import as_python as as_python
from convonet.tasks.shown_as import quoted as quoted
from convonet.tasks.shown_as import words_of as words_of
from convonet.tasks.study_task import StudyMetric as StudyMetric
from convonet.tasks.study_task import StudyTask as StudyTask
from convonet.tasks.suspects_task import SuspectsTask as SuspectsTask
from convonet.tasks.task import SPEC_VERSION as SPEC_VERSION
from convonet.tasks.task import TRAITS as TRAITS
from convonet.tasks.task import ExecutorName as ExecutorName
from convonet.tasks.task import ResumableTask as ResumableTask
from convonet.tasks.task import Split as Split
from convonet.tasks.task import Task as Task
from convonet.tasks.technique_tasks import AugmentTask as AugmentTask
from convonet.tasks.technique_tasks import FindRateTask as FindRateTask
from convonet.tasks.tune_task import DRAWN_TRIALS as DRAWN_TRIALS
from convonet.tasks.tune_task import IMAGE_LIMIT as IMAGE_LIMIT
from convonet.tasks.tune_task import Objective as Objective
from convonet.tasks.tune_task import Pruner as Pruner
from convonet.tasks.tune_task import Search as Search
from convonet.tasks.tune_task import TuneTask as TuneTask
from convonet.tasks.verify_task import VerifyTask as VerifyTask

__all__: list[str]
