"""Every action as data: what it is called, where it stands, its key, and what must be true for it."""

from __future__ import annotations

from dataclasses import dataclass

MENUS = ("App", "Tasks", "View", "Tools", "Help")


@dataclass(frozen=True)
class ActionSpec:
    """One entry of the menus.

    Attributes:
        id: the name of the method that does it.
        needs: asked of `Session.why_not`; empty: always possible.
        new_group: a line stands above it.
        key: keyboard shortcut in Qt's portable words.
    """

    id: str
    menu: str
    title: str
    tip: str
    key: str = ""
    needs: str = ""
    new_group: bool = False


ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("new_data", "App", "New Data Params", "Start with default data parameters"),
    ActionSpec("load_data", "App", "Load Data Params …", "Open a JSON file with data parameters", "Ctrl+D"),
    ActionSpec("edit_data", "App", "Edit Data Params", "Folders, image size, classes"),
    ActionSpec("save_data", "App", "Save Data Params …", "Save data parameters as a JSON file"),
    ActionSpec(
        "new_hyper",
        "App",
        "New Hyper Params",
        "Start with default hyperparameters and the Balanced recipe",
        new_group=True,
    ),
    ActionSpec("load_hyper", "App", "Load Hyper Params …", "Open a JSON file with hyperparameters", "Ctrl+H"),
    ActionSpec("edit_hyper", "App", "Edit Hyper Params", "Network and training", "Ctrl+E"),
    ActionSpec(
        "save_hyper",
        "App",
        "Save Hyper Params …",
        "Save hyperparameters as a JSON file, including lists of values",
        "Ctrl+S",
    ),
    ActionSpec(
        "load_train",
        "App",
        "Load Training Dataset …",
        "A folder with one folder per class",
        "Ctrl+O",
        new_group=True,
    ),
    ActionSpec("load_test", "App", "Load Test Dataset …", "Images for testing only", "Ctrl+Shift+O"),
    ActionSpec(
        "load_model", "App", "Load Network Model …", "A .keras, .h5 or .onnx file", "Ctrl+L", new_group=True
    ),
    ActionSpec(
        "load_run_model", "App", "Load Model from a Run Folder …", "The model and scores of an earlier run"
    ),
    ActionSpec(
        "save_model",
        "App",
        "Save Network Model …",
        "Save the model under a name of your choice",
        needs="save_model",
    ),
    ActionSpec(
        "export_model",
        "App",
        "Export Network Model …",
        "For other programs: ONNX, a folder with a script, a web page, OpenVINO, LiteRT, PyTorch",
        needs="export",
    ),
    ActionSpec("exit", "App", "Exit", "Close the window", "Ctrl+Q", new_group=True),
    ActionSpec("edit_hyper", "Tasks", "Edit Hyper Params", "Network and training"),
    ActionSpec("tune", "Tasks", "Tuning", "Search for the best values", needs="tune", new_group=True),
    ActionSpec(
        "study",
        "Tasks",
        "Target Study",
        "How many epochs each setting needs to reach a target accuracy",
        needs="study",
    ),
    ActionSpec(
        "stop_tuning",
        "Tasks",
        "Stop Tuning Task",
        "Stop the search; finished trials are kept",
        needs="stop_tuning",
    ),
    ActionSpec(
        "initialise",
        "Tasks",
        "Initialize New Network Model",
        "Build the network and show its layers",
        "Ctrl+I",
        "initialise",
        new_group=True,
    ),
    ActionSpec(
        "train_only",
        "Tasks",
        "Training Only",
        "Train on all training images, without validation",
        needs="train",
    ),
    ActionSpec(
        "train_val",
        "Tasks",
        "Training With Validation",
        "Train, and validate on held-out images after each epoch",
        "Ctrl+T",
        "train",
    ),
    ActionSpec(
        "train_further",
        "Tasks",
        "Train the Model Further",
        "Continue from the model's weights",
        needs="further",
    ),
    ActionSpec(
        "evaluate",
        "Tasks",
        "Evaluation",
        "Accuracy and loss on the test images",
        "Ctrl+R",
        "evaluate",
        new_group=True,
    ),
    ActionSpec(
        "show_matrix",
        "Tasks",
        "Prediction",
        "Confusion matrix: true classes against predicted classes",
        "",
        "evaluate",
    ),
    ActionSpec(
        "predict_images",
        "Tasks",
        "Predict New Images …",
        "Classify image files",
        "Ctrl+P",
        "predict",
    ),
    ActionSpec(
        "paste_images",
        "Tasks",
        "Predict Pasted Image",
        "Classify the image or the files on the clipboard",
        "Ctrl+V",
        "predict",
    ),
    ActionSpec(
        "explain_images", "Tasks", "Explain Images …", "Show what the model looks at", needs="explain"
    ),
    ActionSpec("stop", "Tasks", "Stop", "Stop; finished work is kept", "Ctrl+.", "stop", new_group=True),
    ActionSpec("show_start", "View", "Start", "The first page", "Ctrl+0"),
    ActionSpec("show_data", "View", "Data", "Images, classes and skipped files", "Ctrl+1"),
    ActionSpec("show_params", "View", "Parameters", "Data and hyperparameters", "Ctrl+2"),
    ActionSpec("show_network", "View", "Network", "Layers of the network", "Ctrl+3"),
    ActionSpec("show_train", "View", "Train", "Training curves", "Ctrl+4"),
    ActionSpec("show_test", "View", "Test", "Scores and mistakes", "Ctrl+5"),
    ActionSpec("show_use", "View", "Use", "Classify images or draw a digit", "Ctrl+6"),
    ActionSpec("show_tune", "View", "Tune", "Search for good settings", "Ctrl+7"),
    ActionSpec("show_explain", "View", "Explain", "Why the model made its predictions", "Ctrl+8"),
    ActionSpec("show_runs", "View", "Runs", "All runs", "Ctrl+9"),
    ActionSpec(
        "show_sort",
        "View",
        "Sort Images",
        "Label unlabeled images and write a label table",
        "Ctrl+Shift+S",
        new_group=True,
    ),
    ActionSpec("show_map", "View", "Map of Images", "Similar images lie close together", "Ctrl+M"),
    ActionSpec("light", "View", "Light", "Dark text on a light background", new_group=True),
    ActionSpec("dark", "View", "Dark", "Light text on a dark background"),
    ActionSpec("system", "View", "Follow System", "Use the system setting"),
    ActionSpec("demo", "Tools", "Train on Handwritten Digits", "Train and test on 1,797 digits; no download"),
    ActionSpec(
        "check_quality",
        "Tools",
        "Check the Images",
        "Find duplicates, images in both training and test, conflicting labels and other problems",
        needs="initialise",
    ),
    ActionSpec(
        "show_augmented",
        "Tools",
        "Show Augmented Images",
        "Training images after augmentation",
        needs="augment",
    ),
    ActionSpec(
        "find_rate",
        "Tools",
        "Find Learning Rate",
        "The loss at increasing learning rates, and a good rate to start with",
        needs="find_rate",
    ),
    ActionSpec(
        "many_sets",
        "Tools",
        "Train on Many Data Sets …",
        "Train a separate model on each data set in a folder, with one table of results",
        needs="many_sets",
    ),
    ActionSpec("show_marks", "Tools", "Marked Images", "Show and remove marks"),
    ActionSpec("plots", "Tools", "Plots …", "The run's plots: zoom, copy or save them", needs="save_model"),
    ActionSpec(
        "save_report", "Tools", "Save Report …", "Save the run's report as one HTML file", needs="save_model"
    ),
    ActionSpec(
        "draw",
        "Tools",
        "Draw a Digit …",
        "Draw on a pad; the model predicts after each stroke",
        needs="save_model",
    ),
    ActionSpec(
        "kernel_bench",
        "Tools",
        "Kernel Explorer …",
        "Slide a kernel over an image, or calculate the output sizes and parameters of layers",
    ),
    ActionSpec(
        "show_as",
        "Tools",
        "Show as Command and Python …",
        "Show how to do the same on the command line or in Python",
        needs="show_as",
        new_group=True,
    ),
    ActionSpec(
        "open_results", "Tools", "Open the Run's Folder", "Show it in the file manager", needs="open_results"
    ),
    ActionSpec("about", "Help", "About", "Versions, backend and device"),
    ActionSpec("tutorial", "Help", "Tutorial", "Four workflows, step by step", "F1"),
    ActionSpec("snap", "Help", "Snap …", "Save a screenshot of the window", "F12"),
)

PAGES = (
    "start",
    "data",
    "sort",
    "map",
    "params",
    "network",
    "train",
    "test",
    "use",
    "tune",
    "explain",
    "runs",
)
"""Pages of the window; `show_<page>` shows one."""
