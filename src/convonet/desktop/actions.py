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
    ActionSpec("new_data", "App", "New Data Params", "Begin with empty data parameters"),
    ActionSpec("load_data", "App", "Load Data Params …", "Read a JSON file of data parameters", "Ctrl+D"),
    ActionSpec("edit_data", "App", "Edit Data Params", "Folders, image size, classes"),
    ActionSpec("save_data", "App", "Save Data Params …", "Write them as JSON"),
    ActionSpec(
        "new_hyper",
        "App",
        "New Hyper Params",
        "Begin with empty hyper parameters and the recipe auto",
        new_group=True,
    ),
    ActionSpec("load_hyper", "App", "Load Hyper Params …", "Read a JSON file of hyper parameters", "Ctrl+H"),
    ActionSpec("edit_hyper", "App", "Edit Hyper Params", "The network and how it is trained", "Ctrl+E"),
    ActionSpec("save_hyper", "App", "Save Hyper Params …", "Write them as JSON, lists as lists", "Ctrl+S"),
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
        "load_run_model", "App", "Load Model of a Run Folder …", "The model and scores of an earlier run"
    ),
    ActionSpec("save_model", "App", "Save Network Model …", "Under a name of your own", needs="save_model"),
    ActionSpec(
        "export_model",
        "App",
        "Export Network Model …",
        "For other programs: ONNX, a folder that predicts by itself, OpenVINO, LiteRT, PyTorch",
        needs="export",
    ),
    ActionSpec("exit", "App", "Exit", "Close the window", "Ctrl+Q", new_group=True),
    ActionSpec("edit_hyper", "Tasks", "Edit Hyper Params", "The network and how it is trained"),
    ActionSpec("tune", "Tasks", "Tuning", "Find the best of several values", needs="tune", new_group=True),
    ActionSpec(
        "study",
        "Tasks",
        "Target Study",
        "How many epochs each setting needs to an accuracy",
        needs="study",
    ),
    ActionSpec("stop_tuning", "Tasks", "Stop Tuning Task", "What was tried is kept", needs="stop_tuning"),
    ActionSpec(
        "initialise",
        "Tasks",
        "Initialize New Network Model",
        "Build the network and show its layers",
        "Ctrl+I",
        "initialise",
        new_group=True,
    ),
    ActionSpec("train_only", "Tasks", "Training Only", "Train on all images, hold none out", needs="train"),
    ActionSpec(
        "train_val",
        "Tasks",
        "Training With Validation",
        "Train, and look after each epoch at images that are held out",
        "Ctrl+T",
        "train",
    ),
    ActionSpec(
        "train_further", "Tasks", "Train the Model Further", "Go on from the model's weights", needs="further"
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
        "The confusion matrix: true label against predicted",
        "",
        "evaluate",
    ),
    ActionSpec(
        "predict_images", "Tasks", "Predict New Images …", "Tell the class of files", "Ctrl+P", "predict"
    ),
    ActionSpec(
        "paste_images",
        "Tasks",
        "Predict Pasted Image",
        "Tell the class of the image or the files on the clipboard",
        "Ctrl+V",
        "predict",
    ),
    ActionSpec(
        "explain_images", "Tasks", "Explain Images …", "Which part of an image counted", needs="explain"
    ),
    ActionSpec("stop", "Tasks", "Stop", "What was done is kept", "Ctrl+.", "stop", new_group=True),
    ActionSpec("show_start", "View", "Start", "The first page", "Ctrl+0"),
    ActionSpec("show_data", "View", "Data", "Look at the images", "Ctrl+1"),
    ActionSpec("show_params", "View", "Parameters", "Data and hyper parameters", "Ctrl+2"),
    ActionSpec("show_network", "View", "Network", "The layers", "Ctrl+3"),
    ActionSpec("show_train", "View", "Train", "Curves while training", "Ctrl+4"),
    ActionSpec("show_test", "View", "Test", "Scores and mistakes", "Ctrl+5"),
    ActionSpec("show_use", "View", "Use", "Predict images, draw a digit", "Ctrl+6"),
    ActionSpec("show_tune", "View", "Tune", "Settings that were tried", "Ctrl+7"),
    ActionSpec("show_explain", "View", "Explain", "Why the model says so", "Ctrl+8"),
    ActionSpec("show_runs", "View", "Runs", "Every run, old and new", "Ctrl+9"),
    ActionSpec(
        "show_sort",
        "View",
        "Sort Images",
        "Unlabelled images become a label table",
        "Ctrl+Shift+S",
        new_group=True,
    ),
    ActionSpec("show_map", "View", "Map of Images", "Similar images lie together", "Ctrl+M"),
    ActionSpec("light", "View", "Light", "Dark words on light", new_group=True),
    ActionSpec("dark", "View", "Dark", "Light words on dark"),
    ActionSpec("system", "View", "As the Desktop", "Follow the desktop's own setting"),
    ActionSpec("demo", "Tools", "Train on Handwritten Digits", "The whole way on 1,797 digits, no download"),
    ActionSpec(
        "check_quality",
        "Tools",
        "Check the Images",
        "Copies, images in training and test, contradicting labels, images that stand out, shortcuts",
        needs="initialise",
    ),
    ActionSpec(
        "show_augmented",
        "Tools",
        "Show Augmented Images",
        "Training images as the settings vary them",
        needs="augment",
    ),
    ActionSpec(
        "find_rate",
        "Tools",
        "Find Learning Rate",
        "The loss at growing learning rates, and a good rate to begin with",
        needs="find_rate",
    ),
    ActionSpec(
        "many_sets",
        "Tools",
        "Train on Many Sets …",
        "A folder of sets: each is trained in turn, one table says what they came to",
        needs="many_sets",
    ),
    ActionSpec("show_marks", "Tools", "Marked Images", "The repair list, and the way back"),
    ActionSpec(
        "plots", "Tools", "Plots …", "Figures of the model's run: save, copy, zoom", needs="save_model"
    ),
    ActionSpec(
        "save_report", "Tools", "Save Report …", "The model's run as one HTML file", needs="save_model"
    ),
    ActionSpec("draw", "Tools", "Draw a Digit …", "A pad; the model answers at once", needs="save_model"),
    ActionSpec(
        "kernel_bench",
        "Tools",
        "Kernel Bench …",
        "Slide a kernel over an image; output sizes and parameters of layers",
    ),
    ActionSpec(
        "show_as",
        "Tools",
        "Show as Command and Python …",
        "What was clicked, in words",
        needs="show_as",
        new_group=True,
    ),
    ActionSpec("open_results", "Tools", "Open the Run's Folder", "In the file manager", needs="open_results"),
    ActionSpec("about", "Help", "About", "Versions, backend and device"),
    ActionSpec("tutorial", "Help", "Tutorial", "The four ways of work, step by step", "F1"),
    ActionSpec("snap", "Help", "Snap …", "Save a picture of the window", "F12"),
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
