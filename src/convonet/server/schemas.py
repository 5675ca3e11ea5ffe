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
    """A request that was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = Field(description="Everything in one sentence.")
    error: Fault


class Health(Document):
    """The server is there."""

    status: Literal["ok"]
    version: str
    token_needed: bool


class Ready(Document):
    """Requests of every kind are answered.

    Attributes:
        workers: processes that answer predictions.
    """

    status: Literal["ready"]
    workers: int


class Login(BaseModel):
    """A token, for a cookie that browsers send with pictures and event streams."""

    model_config = ConfigDict(json_schema_extra={"example": {"token": "a token of the server"}})
    token: str = Field(max_length=1000)


class FieldInfo(Document):
    """One declared parameter: what a form needs."""

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
    """One kind of run, and what its `options` may hold."""

    kind: str
    options: list[str]
    needs: list[str]
    traits: dict[str, bool | str] = Field(
        description="What a client must know of it: `keeps_run`, `resumable`, `reported`, `fills_table`, `step` …"
    )


class ScoreInfo(Document):
    """How a score of an evaluation is shown: `name` is its key there and, if it has one, that of its interval."""

    name: str
    label: str
    percent: bool


class About(Document):
    """What this server is and what it can be asked."""

    version: str
    versions: dict[str, str]
    machine: Machine
    root: str
    limits: dict[str, float]
    kinds: list[KindInfo]
    fields: dict[Literal["data", "hyper"], list[FieldInfo]]
    families: list[JsonObject]
    bases: list[JsonObject] = Field(
        description="Pretrained backbones; `here`: the weights are on this machine."
    )
    presets: dict[Literal["data", "hyper"], list[str]]
    format_version: int = Field(description="Of the parameter files that this server writes.")
    recipes: list[Recipe] = Field(description="Sets of hyperparameters for a search.")
    train_recipes: list[TrainRecipe] = Field(description="What `recipe` of a training may be.")
    default_recipe: TrainRecipe = Field(
        description="What a training follows when neither a recipe nor a family or base is given."
    )
    recipe_minutes: dict[PlannedRecipe, float] = Field(description="Default time budgets in minutes.")
    scores: list[ScoreInfo] = Field(description="The scores of an evaluation in the order of their table.")


_DATA_EXAMPLE: JsonDict = {
    "train_dir": "digits/train",
    "test_dir": "digits/test",
    "image_size": "auto",
}


class Look(BaseModel):
    """Data parameters, as in their file; paths are relative to the root."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"data": _DATA_EXAMPLE}})
    data: ParamValues
    classes: list[str] = Field(
        default_factory=list,
        max_length=100_000,
        description="A model's classes, where no training set is given.",
    )


class SetCounts(Document):
    """One set."""

    folder: str
    images: int
    classes: dict[str, int]
    skipped: list[SkippedFile]
    skipped_count: int


class DataSetDocument(Document):
    """The sets that data parameters name. `id` is known for some time; then look again."""

    id: str
    data: ParamValues
    classes: list[str]
    sets: dict[SplitName, SetCounts]
    errors: dict[SplitName, Fault]
    findings: list[str] = Field(
        default_factory=list, description="What a person should know of the images before training."
    )


class ImageRow(Document):
    """One image. `image` is its address for `/images`."""

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
    """Every image of one set: path i has label i, which is a place in `classes`."""

    root: str
    classes: list[str]
    paths: list[str]
    labels: list[int]
    skipped: list[SkippedFile]
    groups: list[str] | None = None
    notes: list[str] = Field(default_factory=list, description="How a table was read.")


class MarkWish(BaseModel):
    """What is to become of the marks of some images."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"paths": ["digits/train/7/0012.png"], "action": "leave_out"}},
    )
    paths: list[str] = Field(min_length=1, max_length=10_000)
    action: Literal["label", "leave_out", "undo"]
    label: str | None = Field(None, description="The class that the images are of, for `label`.")


class ParamsToCheck(BaseModel):
    """Parameters as a form holds them: texts are read as a person types them; a list means alternatives."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"data": _DATA_EXAMPLE, "hyper": {"epochs": 5, "num_units": [64, 128]}}
        },
    )
    data: ParamValues | None = None
    hyper: ParamValues | None = None


class CheckedParams(Document):
    """Every fault at once; `values` is what would be taken."""

    valid: bool
    faults: dict[Literal["data", "hyper"], dict[str, str]]
    values: dict[Literal["data", "hyper"], ParamValues]
    varied: list[str] = Field(description="Hyperparameters with several values.")
    combinations: int | None = Field(description="Of a grid; None where a range makes it endless.")


class StartRun(BaseModel):
    """A job: its kind, its parameters, and the options of its kind (`/about` lists them)."""

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
        description="Of a training, the same as `recipe` in `options`: `auto`, `fast` and `best` plan it for the "
        "images, and what `hyper` sets is imposed on the plan; `none` trains what `hyper` says. Of other kinds, "
        "`fast` and `best` are known good hyperparameters for what `hyper` does not set.",
    )


class Resume(BaseModel):
    """How a run goes on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"accept_changed_data": False}})
    accept_changed_data: bool = False
    data: ParamValues | None = Field(
        None, description="The folders of the images, where they are in another place now."
    )


class Rename(BaseModel):
    """The name that people read for a run."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "The best so far"}})
    title: str = Field(max_length=1000, description="Empty: data set, network and date.")


class ListedRun(RunRow):
    """One row of the list of runs."""

    position: int | None = Field(None, description="Runs that come before it; None unless it waits.")


class ShownRun(RunDocument):
    """Everything that is known of a run."""

    position: int | None = Field(None, description="Runs that come before it; None unless it waits.")


class RunList(Document):
    """Runs, the newest first."""

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
    """What a model said of one image of its test. `image` is its address for `/images`, if it is below the root."""

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
    """A model and what its file says of itself; `info` is null for one that was made elsewhere."""

    path: str
    name: str
    run: str | None = Field(description="The id of the run it belongs to.")
    file: str
    bytes: int
    onnx: bool = Field(description="An ONNX file lies beside it.")
    info: JsonObject | None


class Uploaded(Document):
    """Where uploaded files lie, in their order: give these paths to a run soon; old ones are removed."""

    paths: list[str]


class ImportWish(BaseModel):
    """Images that are to be uploaded."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"name": "flowers", "kind": "folder", "files": 2, "bytes": 4096}},
    )
    name: str = Field(min_length=1, max_length=300, description="Of the new folder.")
    kind: Literal["folder", "zip"]
    files: int = Field(ge=1, le=10**9, description="Files that will come; 1 for an archive.")
    bytes: int = Field(ge=1, le=10**15, description="Bytes that will come.")


class ImportState(Document):
    """An upload and what has come of it."""

    id: str
    name: str
    kind: Literal["folder", "zip"]
    received: int = Field(description="Bytes.")
    paths: dict[str, int] = Field(description="Path and bytes of each file of a folder.")


class ImportBytes(Document):
    """How much of an archive has come."""

    received: int


class NotTaken(Document):
    """A file that was not taken, and why."""

    path: str
    reason: str


class ImportTaken(Document):
    """What became of some files."""

    taken: int
    skipped: list[NotTaken]


class Imported(Document):
    """Where uploaded images lie."""

    train_dir: str
    images: int
    skipped: list[NotTaken]
    skipped_count: int


class Sample(BaseModel):
    """A set of images that comes with the software, or that Keras fetches."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"name": "digits"}})
    name: Literal["digits", "mnist", "fashion_mnist", "cifar10", "cifar100"]


class SampleFolders(Document):
    """Folders below the root."""

    train_dir: str
    test_dir: str


class RecipeValues(Document):
    """The hyperparameters of a recipe for a set of images."""

    recipe: Recipe
    hyper: ParamValues


class PlanRequest(BaseModel):
    """A recipe, and what it is to keep to."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"recipe": "auto", "minutes": 5, "hyper": {"seed": 1}}}
    )
    recipe: PlannedRecipe = "auto"
    minutes: float | None = Field(None, gt=0, allow_inf_nan=False, description="None: the recipe's own.")
    hyper: ParamValues | None = Field(None, description="Imposed on every candidate that has them.")


class Words(Document):
    """What does the same elsewhere."""

    command: str
    python: str
