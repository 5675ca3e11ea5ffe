"""A group of commands whose modules are imported when one of their commands is called or its help is asked for."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from convonet.cli.paths import PathTyper, PlainGroup


class CommandHome(NamedTuple):
    """Where a command is, and the sentence that the list of commands shows: the first of its own help."""

    module: str
    sentence: str


COMMANDS = {
    "demo": CommandHome(
        "training", "The whole way on handwritten digits that need no download: train, test, show."
    ),
    "train": CommandHome(
        "training",
        "Train a network on a folder of images, and evaluate it on the test images where there are some.",
    ),
    "resume": CommandHome("training", "Go on with a run that was stopped, was killed or failed."),
    "many": CommandHome(
        "many",
        "Train the same network on several data sets and test it on each; a set that fails does not stop the others.",
    ),
    "tune": CommandHome(
        "tuning",
        "Search for good hyper parameters: lists of values, or ranges such as init_rate=1e-4..1e-2:log.",
    ),
    "adopt": CommandHome("tuning", "Take the best row of a search over into a hyper-parameter file."),
    "study": CommandHome(
        "tuning", "How many epochs each setting needs to each target accuracy, or that it never gets there."
    ),
    "evaluate": CommandHome(
        "evaluating", "Test a model: scores with intervals, the table of classes, the confusion matrix."
    ),
    "predict": CommandHome("evaluating", "Tell the class of new images."),
    "samples": CommandHome("data", "Write a sample set as class folders. Only digits needs no download."),
    "inspect": CommandHome(
        "data", "Look at a set: classes, counts, sizes, what is skipped, doubles and leaks."
    ),
    "mark": CommandHome(
        "marking",
        "Mark images as wrongly labelled or to be left out; nothing is moved, and training obeys it.",
    ),
    "suspects": CommandHome(
        "marking",
        "Training images whose label is suspicious, worst first, as models say that were trained without them.",
    ),
    "sort": CommandHome(
        "sorting",
        "Sort unlabelled images: suggestions from a few labels, and a label table beside the images.",
    ),
    "map": CommandHome(
        "mapping",
        "Draw a map of images: similar ones lie together; outliers and likely wrong labels are listed.",
    ),
    "similar": CommandHome("mapping", "Find the images of a set that look most like an image."),
    "augment": CommandHome(
        "technique", "A page of training images with their variations, as training will see them."
    ),
    "find-rate": CommandHome(
        "technique", "The learning-rate finder: the loss at growing rates, and a good rate to start with."
    ),
    "models": CommandHome("network", "The families of networks and the pretrained backbones."),
    "summary": CommandHome("network", "The layer table: shapes, parameters, receptive field, multiply-adds."),
    "export": CommandHome(
        "network", "Write a model in another format, checked image by image against keras."
    ),
    "explain": CommandHome(
        "explaining",
        "Why the model says so: heat maps over images, with their raw values, and a check whether they are faithful.",
    ),
    "layers": CommandHome(
        "explaining",
        "Draw the filters of every convolution and, with an image, its feature maps through the layers.",
    ),
    "dream": CommandHome(
        "explaining", "The picture that excites a channel most, found by gradient ascent from noise."
    ),
    "kernel": CommandHome("kernels", "Slide a kernel over a picture and write what comes out."),
    "arithmetic": CommandHome(
        "kernels", "Output size, parameters and receptive field behind each layer of a stack."
    ),
    "report": CommandHome(
        "runs", "Write a run's report: one HTML file with all it shows, which needs no network."
    ),
    "verify": CommandHome(
        "verify",
        "Repeat a training, search or study and say whether it gives the same; exit code 1 when it does not.",
    ),
    "desktop": CommandHome("desktop", "Open the window."),
    "serve": CommandHome(
        "serve",
        "Serve the web page and the HTTP interface. Ctrl-C ends it; what is under way can be resumed.",
    ),
    "doctor": CommandHome("doctor", "Versions, the computing device, folders, and what is missing."),
    "params": CommandHome("params", "Parameter files: make, show, check, change."),
    "runs": CommandHome("runs", "Runs: list, show, compare, watch, cancel, rename, delete."),
    "cache": CommandHome("cache", "The cache of decoded images."),
}
"""Every command in the order of the list. Its module has `register`, which adds the commands of the file."""


class LazyGroup(PlainGroup):
    """Knows the names and sentences of all commands, and the rest of those that were asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=home.sentence) for name, home in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words begin with, loaded."""
        self.load(args[0])
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> None:
        """Put a command with its options in the place of its name."""
        if name in COMMANDS:
            self.commands[name] = command(name)

    def load_all(self) -> LazyGroup:
        """Load every command, for a page that describes them all."""
        for name in COMMANDS:
            self.load(name)
        return self


def command(name: str) -> Any:
    """The command of that name, from its module."""
    app = PathTyper()
    importlib.import_module(f"convonet.cli.{COMMANDS[name].module}").register(app)
    return typer.main.get_group(app).commands[name]
