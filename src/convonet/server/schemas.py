"""The requests and answers of the API that no job writes; what jobs write is described by `convonet.documents`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from convonet.documents.document import Document
from convonet.documents.evaluation import SkippedFile
from convonet.documents.predictions import ClassProbability
from convonet.documents.run_record import Fault, Machine
from convonet.documents.runs import RunDocument, RunRow
from convonet.json_values import JsonObject
from convonet.params.fields import ParamValues
from convonet.params.recipes import PlannedRecipe, Recipe, TrainRecipe

SplitName = Literal["train", "val", "test"]


class Problem(Document):
    """A request that was rejected (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="The whole error as text.")
    error: Fault


class Health(Document):
    """The server is running."""

    status: Literal["ok"]
    version: str
    token_needed: bool


class Ready(Document):
    """The server is ready to answer requests.

    Attributes:
        workers: processes that answer prediction requests.
    """

    status: Literal["ready"]
    workers: int


class Login(BaseModel):
    """The server's token, which becomes a cookie that browsers also send for images and event streams."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "the token of the server"}})
    token: str = Field(max_length=1000)


class FieldInfo(Document):
    """A parameter, with what a form needs to show it."""

    name: str
    label: str
    help: str
    kind: str
    default: Any
    group: str
    unit: str
    low: float | None
    high: float | None
    choices: list[Any]
    tunable: bool
    optional: bool
    default_text: str
    expected: str


class KindInfo(Document):
    """A kind of run, and the names of its `options`."""

    kind: str
    options: list[str]
    needs: list[str]
    traits: dict[str, bool | str] = Field(
        description="Properties of this kind: `keeps_run`, `resumable`, `reported`, `fills_table`, `step` …"
    )


class ScoreInfo(Document):
    """How a score of an evaluation is shown. `name` is its key in the evaluation and in its intervals."""

    name: str
    label: str
    percent: bool


class About(Document):
    """The server, its parameters and its kinds of runs."""

    version: str
    versions: dict[str, str]
    machine: Machine
    root: str
    limits: dict[str, float]
    kinds: list[KindInfo]
    fields: dict[Literal["data", "hyper"], list[FieldInfo]]
    families: list[JsonObject]
    bases: list[JsonObject] = Field(
        description="Pretrained backbones; `here` is true if the weights are on the server."
    )
    presets: dict[Literal["data", "hyper"], list[str]]
    format_version: int = Field(description="Format version of the parameter files that this server writes.")
    recipes: list[Recipe] = Field(description="Recipes that a search accepts.")
    train_recipes: list[TrainRecipe] = Field(description="Recipes that training accepts.")
    default_recipe: TrainRecipe = Field(
        description="Recipe used when a training run specifies no recipe, family or base."
    )
    recipe_minutes: dict[PlannedRecipe, float] = Field(description="Default time budgets in minutes.")
    scores: list[ScoreInfo] = Field(description="The scores of an evaluation in the order of their table.")


_DATA_EXAMPLE: JsonDict = {
    "train_dir": "digits/train",
    "test_dir": "digits/test",
    "image_size": "auto",
}


class DataSetRequest(BaseModel):
    """Data parameters, as in a parameter file; paths are relative to the root."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"data": _DATA_EXAMPLE}})
    data: ParamValues
    classes: list[str] = Field(
        default_factory=list,
        max_length=100_000,
        description="The classes of a model, if there is no training set.",
    )


class SetCounts(Document):
    """The images of the training, validation or test set."""

    folder: str
    images: int
    classes: dict[str, int]
    skipped: list[SkippedFile]
    skipped_count: int


class DataSetDocument(Document):
    """The image sets of data parameters. `id` stays valid for some time; after that, read the data set again."""

    id: str
    data: ParamValues
    classes: list[str]
    sets: dict[SplitName, SetCounts]
    errors: dict[SplitName, Fault]
    findings: list[str] = Field(
        default_factory=list, description="What to know about the images before training."
    )


class ImageRow(Document):
    """An image. `image` is its path for `/images`."""

    row: int
    path: str
    image: str
    class_: str = Field(alias="class")


class ImagePage(Document):
    """Some images of a set."""

    total: int
    offset: int
    images: list[ImageRow]


class Listing(Document):
    """Every image of a set: `labels[i]`, an index into `classes`, is the label of `paths[i]`."""

    root: str
    classes: list[str]
    paths: list[str]
    labels: list[int]
    skipped: list[SkippedFile]
    groups: list[str] | None = None
    notes: list[str] = Field(default_factory=list, description="How a table was read.")


class MarkRequest(BaseModel):
    """Mark images, or undo marks."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"paths": ["digits/train/7/0012.png"], "action": "leave_out"}},
    )
    paths: list[str] = Field(min_length=1, max_length=10_000)
    action: Literal["label", "leave_out", "undo"]
    label: str | None = Field(None, description="The true class of the images, for the action `label`.")


class ParamsToCheck(BaseModel):
    """Parameters as in a form: text is parsed as if typed; a list contains alternatives."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"data": _DATA_EXAMPLE, "hyper": {"epochs": 5, "num_units": [64, 128]}}
        },
    )
    data: ParamValues | None = None
    hyper: ParamValues | None = None


class CheckedParams(Document):
    """All errors; `values` are the values that would be used."""

    valid: bool
    faults: dict[Literal["data", "hyper"], dict[str, str]]
    values: dict[Literal["data", "hyper"], ParamValues]
    varied: list[str] = Field(description="Hyperparameters with several values.")
    combinations: int | None = Field(
        description="Number of settings in the grid; null if a range makes it infinite."
    )


class StartRun(BaseModel):
    """The run to start: its kind, its parameters, and the options of that kind (`/about` lists them)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kind": "train",
                "data": _DATA_EXAMPLE,
                "hyper": {"seed": 1},
                "options": {"recipe": "auto", "minutes": 5},
            }
        },
    )
    kind: str
    data: ParamValues | None = None
    hyper: ParamValues | None = None
    options: JsonObject = Field(default_factory=dict)
    name: str | None = Field(None, max_length=200, description="The run's folder name.")
    recipe: TrainRecipe | None = Field(
        None,
        description="For training, the same as `recipe` in `options`: `auto`, `fast` and `best` make a plan for the "
        "images, in which the values of `hyper` are used; `none` trains with `hyper` only. For other kinds, "
        "`fast` and `best` add good hyperparameters that `hyper` does not set.",
    )


class Resume(BaseModel):
    """How to resume a run."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"accept_changed_data": False}})
    accept_changed_data: bool = False
    data: ParamValues | None = Field(
        None, description="The new folders of the images, if the images have moved."
    )


class Rename(BaseModel):
    """A new name for a run."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "The best so far"}})
    title: str = Field(max_length=1000, description="If empty, the name is the data set, network and date.")


class ListedRun(RunRow):
    """A row of the list of runs."""

    position: int | None = Field(
        None, description="Runs ahead of it in the queue; null unless it is waiting."
    )


class ShownRun(RunDocument):
    """Everything about a run."""

    position: int | None = Field(
        None, description="Runs ahead of it in the queue; null unless it is waiting."
    )


class RunList(Document):
    """Runs, newest first."""

    total: int
    runs: list[ListedRun]


class RunFile(Document):
    """A file in a run folder."""

    name: str
    bytes: int
    modified: float
    media_type: str


class FileList(Document):
    """The files of a run."""

    files: list[RunFile]


class Answer(Document):
    """The prediction for one image in a test. `image` is its path for `/images`, or null if it is outside the root."""

    name: str
    image: str | None
    true: str
    predicted: str
    confidence: float
    top: list[ClassProbability]


class AnswerPage(Document):
    """Predictions of a test, highest confidence first."""

    total: int
    offset: int
    answers: list[Answer]


class ModelDescription(Document):
    """A model; `info` is the metadata in its file, or null if Convonet did not make it."""

    path: str
    name: str
    run: str | None = Field(description="The id of the run it belongs to.")
    file: str
    bytes: int
    onnx: bool = Field(description="Whether there is an ONNX file beside it.")
    info: JsonObject | None


class Uploaded(Document):
    """The paths of uploaded files, in order. Use them in a run soon, because old uploads are removed."""

    paths: list[str]


class ImportRequest(BaseModel):
    """Images to upload."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "flowers", "kind": "folder", "files": 2, "bytes": 4096}},
    )
    name: str = Field(min_length=1, max_length=300, description="Name of the new folder.")
    kind: Literal["folder", "zip"]
    files: int = Field(ge=1, le=10**9, description="Number of files; 1 for an archive.")
    bytes: int = Field(ge=1, le=10**15, description="Total size in bytes.")


class ImportState(Document):
    """An upload and what the server has received of it."""

    id: str
    name: str
    kind: Literal["folder", "zip"]
    received: int = Field(description="Bytes received.")
    paths: dict[str, int] = Field(description="For a folder: path and size in bytes of each file received.")


class ImportBytes(Document):
    """Bytes of an archive that the server has received."""

    received: int


class SkippedUpload(Document):
    """A skipped file and the reason."""

    path: str
    reason: str


class ImportResult(Document):
    """The number of accepted files, and the skipped ones."""

    taken: int
    skipped: list[SkippedUpload]


class Imported(Document):
    """The folder of uploaded images."""

    train_dir: str
    images: int
    skipped: list[SkippedUpload]
    skipped_count: int


class Sample(BaseModel):
    """A sample set: `digits` comes with Convonet; Keras downloads the others."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "digits"}})
    name: Literal["digits", "mnist", "fashion_mnist", "cifar10", "cifar100"]


class SampleFolders(Document):
    """Folders below the root."""

    train_dir: str
    test_dir: str


class RecipeValues(Document):
    """The hyperparameters of a recipe for some images."""

    recipe: Recipe
    hyper: ParamValues


class PlanRequest(BaseModel):
    """A recipe, its time budget, and values that its candidates use."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"recipe": "auto", "minutes": 5, "hyper": {"seed": 1}}}
    )
    recipe: PlannedRecipe = "auto"
    minutes: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Time budget; the default of the recipe if null."
    )
    hyper: ParamValues | None = Field(
        None, description="Used by every candidate that has these hyperparameters."
    )


class RunCode(Document):
    """The command and the Python code that start the same run."""

    command: str
    python: str
