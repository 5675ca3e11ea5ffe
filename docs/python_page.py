"""Makes `docs/python.md`: an introduction, and every function with its arguments from the docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import convonet

INTRO = """# The Python interface

Train, tune, evaluate, predict and explain from a script or notebook. Every call leaves the same run folder as the
command line.

```python
import convonet

run = convonet.train("flowers")   # a folder with one folder per class
print(run.accuracy, run.path)
run.predict("new/IMG_1.jpg")[0].predicted
run.explain("new/IMG_1.jpg")
```

`import convonet` takes a few hundredths of a second; Keras and PyTorch load when they are needed. It also chooses
PyTorch as the backend of Keras unless `KERAS_BACKEND` says otherwise, so `import convonet` comes before
`import keras`.

## Results

- `TrainedRun`: `path`, `state`, `accuracy`, `history`, `plan`, `summary`, `advice`, `diagnosis`, `findings`; methods
  `evaluate`, `predict`, `explain`, `plot`, `to_pandas`.
- `TunedRun`: `results`, `best`, `best_hyper`; methods `adopt`, `to_pandas`.
- `Evaluation`: `accuracy`, `accuracy_interval`, `loss`, `macro_f1`, `auc`, `per_class`, `confusion_matrix` …; also as a
  dictionary: `result["accuracy"]`.
- `Prediction`: `path`, `predicted`, `confidence`, `unsure`, `unknown`, `probabilities`, `error`; also as a dictionary.
- `LoadedModel`: `classes`, `image_size`, `info`; methods `predict`, `predict_proba`, `evaluate`, `explain`.
- `Explained`: `label`, `probability`, `heat`, `values`, `picture`.

A notebook shows curves, tables and pictures. `to_pandas()` needs pandas.

## Images in memory

`predict` and `explain` take a path, a file's bytes, an open binary file, a PIL image, a NumPy array (H×W, H×W×C, N×H×W
or N×H×W×C), a torch tensor (C×H×W or N×C×H×W), or a list of those, of any size. Pixels are uint8. For floating-point
pixels, say what white is: `max_value=1` or `max_value=255`. A missing file raises `FileNotFoundError`;
`errors="return"` gives a prediction with `error` instead.

```python
convonet.predict(run, array)                     # uint8
convonet.predict(run, tensor, max_value=1.0)     # 0..1
convonet.predict(run, ["a.jpg", "b.jpg"], errors="return")
```

`train` and `evaluate` take arrays `(X, y)`, a PyTorch `Dataset` or a Keras `PyDataset` in place of a folder. They are
written once to a file beside the runs, so that the run can be resumed and verified.

```python
run = convonet.train((x_train, y_train), test_data=(x_test, y_test), classes=["cat", "dog"])
convonet.evaluate(run, (x_test, y_test))
```

## Training loops of your own

`prepare` decodes images once and splits them as `train` does. Each of `train`, `val` and `test` has `images`, `labels`,
`classes` and `paths`, and is a PyTorch `Dataset` or a Keras `PyDataset` when you ask for it:

```python
sets = convonet.prepare("flowers", image_size=64)
loader = torch.utils.data.DataLoader(sets.train.to_torch(), batch_size=32, shuffle=True)   # C×H×W in 0..1
model.fit(sets.train.to_keras(32, shuffle=True), validation_data=sets.val.to_keras(32))    # H×W×C in 0..255
```

## Networks of your own

`train` takes a Keras model as the network, with layers and a loss of your own when they are registered:

```python
@keras.saving.register_keras_serializable("mine")
class Centered(keras.layers.Layer):
    def call(self, x):
        return x - keras.ops.mean(x, axis=(1, 2, 3), keepdims=True)

model = keras.Sequential([keras.Input((64, 64, 3)), Centered(), ..., keras.layers.Dense(5, "softmax")])
model.compile(loss=MyLoss())     # a loss of your own; Keras' losses are chosen by `hyper`
run = convonet.train("flowers", {"epochs": 20}, from_model=model, image_size=64, scaling="unit")
```

Resume, evaluate and use such a run in Python, after the code that registers them: the run folder keeps their names, no
code.

## Callbacks, listeners and Optuna

`callbacks` are Keras callbacks; `listen` is called with every event. What they raise reaches you unchanged, so an
Optuna objective can prune:

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

`track="tensorboard:logs"` writes parameters, metrics by epoch and figures for TensorBoard, and each setting of a search
as a row of its HParams page. `track="mlflow:sqlite:///mlflow.db"` writes them to MLflow, with the model and its
signature, and each setting of a search as a nested run. They need `pip install 'convonet[tensorboard]'` or
`'convonet[mlflow]'`. On the command line: `--track`. As objects, they are listeners:
`listen=convonet.trackers.TensorBoard("logs")`.

## scikit-learn

```python
from sklearn.model_selection import cross_val_score

classifier = convonet.ConvonetClassifier({"family": "convonet", "epochs": 10}, max_value=16)
scores = cross_val_score(classifier, digits.images, digits.target, cv=5)
```

An unfitted classifier can be pickled and cloned; a fitted one is kept with `save(path)` and `load(path)`. X holds
images, which its tags say, so scikit-learn's `check_estimator` skips the checks that hand over a table of features.
Handed over as images of one row, the tables pass all checks except these: pickling a fitted classifier, which holds an
open model; training on one class; refusing another number of features in `predict`, since images are resized; and the
attribute `n_features_in_`, which images do not have.

## For teaching texts

```python
model = convonet.build_model(num_layers=1, architecture=[32], act_func="relu")
stop = convonet.StopAtAccuracy(acc_threshold=0.9)
convonet.compile_train_model(model, x_train, y_train, callbacks=stop, batch_size=32)
figure = convonet.plot_loss_acc(model, target_acc=0.9)
```

## Errors

All errors are `convonet.ConvonetError`, with `what`, `where`, `expected`, `received` and `hint`. Input that cannot be
used is an `InputError`: `ParamError`, `DataError`, `ModelFileError`, `RunNotFoundError` … A call that is refused
leaves no run folder. Ctrl-C keeps the work and raises `KeyboardInterrupt`; `convonet.resume(run)` continues.

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
    """Heading, call, first paragraphs, a row for each argument, what it returns and raises."""
    text, sections = _sections(inspect.getdoc(function) or "")
    parts = [f"### `{name}`\n", f"{text}\n"]
    defaults = {
        argument.name: "" if argument.default is argument.empty else f"`{argument.default!r}`"
        for argument in inspect.signature(function).parameters.values()
    }
    rows = [
        f"| `{arg}` | {_cell(what)} | {defaults.get(arg, '')} |"
        for arg, what in _entries(sections.get("Args", ""))
    ]
    if rows:
        parts.append("| argument | what it is | default |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    if "Returns" in sections:
        parts.append(f"Returns: {_flow(sections['Returns'])}\n")
    if "Raises" in sections:
        raised = "; ".join(f"`{error}`: {what}" for error, what in _entries(sections["Raises"]))
        parts.append(f"Raises: {raised}\n")
    return "\n".join(parts)


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


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
