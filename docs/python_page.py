"""Makes `docs/python.md`: an introduction, and every function with its arguments from the docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import convonet

_LINE = 80
"""The longest line of a signature, in characters: about the width of the page."""

INTRO = """# The Python interface

Train, tune, evaluate, predict and explain in a script or notebook. `train`, `tune`, `study` and `suspects` write the
same run folders as the command line.

```python
import convonet

run = convonet.train("flowers")   # a folder with one folder per class
print(run.accuracy, run.path)
run.predict("new/IMG_1.jpg")[0].predicted
run.explain("new/IMG_1.jpg")
```

`import convonet` takes a few hundredths of a second, because Keras and PyTorch are loaded only when they are needed.
It selects the PyTorch backend of Keras unless `KERAS_BACKEND` is set, so write `import convonet` before `import keras`.

## Results

- `TrainedRun`: `path`, `state`, `accuracy`, `history`, `plan`, `summary`, `advice`, `diagnosis`, `findings`; methods
  `evaluate`, `predict`, `explain`, `plot`, `to_pandas`.
- `TunedRun`: `results`, `best`, `best_hyper`; methods `adopt`, `retrain`, `to_pandas`.
- `EvaluationResult`: `accuracy`, `accuracy_interval`, `loss`, `macro_f1`, `auc`, `per_class`, `confusion_matrix` …;
  also as a dictionary: `result["accuracy"]`.
- `Prediction`: `path`, `predicted`, `confidence`, `unsure`, `unknown`, `probabilities`, `error`; also as a dictionary.
- `LoadedModel`: `classes`, `image_size`, `info`; methods `predict`, `predict_proba`, `evaluate`, `explain`.
- `ImageExplanation`: `label`, `probability`, `heat`, `values`, `picture`.

Notebooks display curves, tables and pictures. `to_pandas()` requires pandas.

## Images in memory

`predict` and `explain` accept a path, the bytes of a file, an open binary file, a PIL image, a NumPy array (H×W, H×W×C,
N×H×W or N×H×W×C), a PyTorch tensor (C×H×W or N×C×H×W), or a list of those. Images can have any size. Pixels are uint8;
for floating-point pixels, set the value of white: `max_value=1` or `max_value=255`. A missing file raises
`FileNotFoundError`; with `errors="return"` you get a prediction with `error` instead.

```python
convonet.predict(run, array)                     # uint8
convonet.predict(run, tensor, max_value=1.0)     # 0..1
convonet.predict(run, ["a.jpg", "b.jpg"], errors="return")
```

`train` and `evaluate` accept arrays `(X, y)`, a PyTorch `Dataset` or a Keras `PyDataset` instead of a folder. The
images are saved to a file beside the runs, so that the run can be resumed and verified.

```python
run = convonet.train((x_train, y_train), test_data=(x_test, y_test), classes=["cat", "dog"])
convonet.evaluate(run, (x_test, y_test))
```

## Your own training loop

`prepare` decodes images once and splits them as `train` does. Each of `train`, `val` and `test` has `images`, `labels`,
`classes` and `paths`, and can be converted to a PyTorch `Dataset` or a Keras `PyDataset`:

```python
sets = convonet.prepare("flowers", image_size=64)
loader = torch.utils.data.DataLoader(sets.train.to_torch(), batch_size=32, shuffle=True)   # C×H×W in 0..1
model.fit(sets.train.to_keras(32, shuffle=True), validation_data=sets.val.to_keras(32))    # H×W×C in 0..255
```

## Your own network

`train` accepts a Keras model as the network, with custom layers and a custom loss if they are registered:

```python
@keras.saving.register_keras_serializable("mine")
class Centered(keras.layers.Layer):
    def call(self, x):
        return x - keras.ops.mean(x, axis=(1, 2, 3), keepdims=True)

model = keras.Sequential([keras.Input((64, 64, 3)), Centered(), ..., keras.layers.Dense(5, "softmax")])
model.compile(loss=MyLoss())     # a custom loss; choose Keras' losses with `hyper`
run = convonet.train("flowers", {"epochs": 20}, from_model=model, image_size=64, scaling="unit")
```

Resume, evaluate and use such a run in Python, after running the code that registers the custom objects: the run folder
contains their names, but no code.

## Callbacks, listeners and Optuna

`callbacks` are Keras callbacks, and `listen` is called with every event. Exceptions that they raise are passed on
unchanged, so an Optuna objective can prune trials:

```python
class Prune(keras.callbacks.Callback):
    def __init__(self, trial):
        super().__init__()
        self.trial = trial

    def on_epoch_end(self, epoch, logs=None):
        self.trial.report(logs["val_accuracy"], epoch)
        if self.trial.should_prune():
            raise optuna.TrialPruned
```

## Trackers

`track="tensorboard:logs"` writes parameters, the metrics of each epoch and figures for TensorBoard; each setting of a
search becomes a row of the HParams dashboard. `track="mlflow:sqlite:///mlflow.db"` writes the same to MLflow, with the
model and its signature; each setting of a search becomes a nested run. This requires `pip install
'convonet[tensorboard]'` or `'convonet[mlflow]'`. On the command line, use `--track`. Trackers can also be used as
listeners: `listen=convonet.trackers.TensorBoard("logs")`.

## scikit-learn

```python
from sklearn.model_selection import cross_val_score

classifier = convonet.ConvonetClassifier({"family": "convonet", "epochs": 10}, max_value=16)
scores = cross_val_score(classifier, digits.images, digits.target, cv=5)
```

An unfitted classifier can be pickled and cloned; save and load a fitted one with `save(path)` and `load(path)`.
The tags of the classifier declare that X contains images, so scikit-learn's `check_estimator` skips checks that use
tabular data. If each row of a table is passed as an image, all checks pass except these: pickling a fitted classifier,
which contains an open model; training on one class; rejecting a different number of features in `predict`, because
images are resized; and the attribute `n_features_in_`, which has no meaning for images.

## Functions for teaching

```python
model = convonet.build_model(num_layers=1, architecture=[32], act_func="relu")
stop = convonet.StopAtAccuracy(acc_threshold=0.9)
convonet.compile_train_model(model, x_train, y_train, callbacks=stop, batch_size=32)
figure = convonet.plot_loss_acc(model, target_acc=0.9)
```

## Errors

All errors are subclasses of `convonet.ConvonetError` with the attributes `what`, `where`, `expected`, `received`
and `hint`. Input that cannot be used raises an `InputError`, such as `ParamError`, `DataError`, `ModelFileError` or
`RunNotFoundError`. A missing required package raises a
`MissingPackageError`. A missing optional package (for exports, trackers, Ray or pandas) raises an `InputError`. Its
hint is the command that installs the
package. A call that is rejected does not create a run folder. Ctrl-C saves a checkpoint and raises
`KeyboardInterrupt`; `convonet.resume(run)` continues the run.

## Types in the signatures

| type | accepts |
|---|---|
| `PathLike` | a string or a `pathlib.Path` |
| `Data` | a folder of class folders, a table, or data parameters: a JSON file, a dictionary or `DataParams` |
| `ArrayData` | arrays `(X, y)`, a PyTorch `Dataset` or a Keras `PyDataset` |
| `Hyper` | a dictionary, `HyperParams`, a `SearchSpace` or a JSON file of hyperparameters |
| `Model` | a run folder, the id of a run, a model file, or the result of `train` or `load` |
| `AnyRun` | a run folder, the id of a run, the result of `train` or `tune`, or an entry of `list_runs()` |
| `Images` | everything that [Images in memory](#images-in-memory) lists |
| `Listener` | a function that is called with every event, or None |

"""


def python_page() -> str:
    """The page."""
    parts = [INTRO, "## Functions\n"]
    for name in sorted(convonet.__all__, key=str.lower):
        value = getattr(convonet, name)
        if inspect.isfunction(value):
            parts.append(_function(name, value))
    parts.append("## Classes\n")
    for name in ("ConvonetClassifier", "StopAtAccuracy"):
        parts.append(_function(name, getattr(convonet, name)))
    return "\n".join(parts)


def _function(name: str, function: Any) -> str:
    """Heading, signature, first paragraphs, a row for each argument, what it returns and raises."""
    text, sections = _sections(inspect.getdoc(function) or "")
    parts = [f"### `{name}`\n", f"```python\n{_signature(name, function)}\n```\n", f"{text}\n"]
    rows = [f"| `{arg}` | {_cell(_sentence(what))} |" for arg, what in _entries(sections.get("Args", ""))]
    if rows:
        parts.append("| argument | meaning |\n|---|---|\n" + "\n".join(rows) + "\n")
    if "Returns" in sections:
        parts.append(f"**Returns** {_flow(sections['Returns'])}\n")
    if "Raises" in sections:
        raised = (f"- `{error}`: {what}" for error, what in _entries(sections["Raises"]))
        parts.append("**Raises**\n\n" + "\n".join(raised) + "\n")
    return "\n".join(parts)


def _signature(name: str, function: Any) -> str:
    """The call with types and defaults: on one line where it fits, else one argument per line."""
    signature = inspect.signature(function)
    arguments: list[str] = []
    for argument in signature.parameters.values():
        if argument.kind is argument.KEYWORD_ONLY and "*" not in arguments:
            arguments.append("*")
        star = "*" if argument.kind is argument.VAR_POSITIONAL else ""
        default = "" if argument.default is argument.empty else f" = {argument.default!r}"
        arguments.append(f"{star}{argument.name}: {argument.annotation}{default}")
    # A class's own signature says None.
    returns = "" if inspect.isclass(function) else f" -> {signature.return_annotation}"
    line = f"convonet.{name}({', '.join(arguments)}){returns}"
    if len(line) <= _LINE:
        return line
    return f"convonet.{name}(\n" + "".join(f"    {each},\n" for each in arguments) + f"){returns}"


def _sections(doc: str) -> tuple[str, dict[str, str]]:
    """The text before the first section of a Google-style docstring, and the sections by name."""
    pieces = re.split(r"^(Args|Attributes|Returns|Raises):\n", doc, flags=re.MULTILINE)
    return pieces[0].strip(), dict(zip(pieces[1::2], pieces[2::2], strict=True))


def _entries(section: str) -> Iterator[tuple[str, str]]:
    """Each `name: text` of a section, the lines that belong to it joined."""
    for entry in re.split(r"\n(?=    \S)", section.strip("\n")):
        name, _, what = _flow(entry).partition(": ")
        if name:
            yield name, what


def _flow(text: str) -> str:
    return " ".join(text.split())


def _sentence(text: str) -> str:
    """With a capital letter, unless it begins with code."""
    return text[:1].upper() + text[1:]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
