"""A group of commands whose modules are imported when one of their commands is called or its help is asked for."""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand

from convonet.cli.paths import PathTyper, PlainGroup


class CommandHome(NamedTuple):
    """The module of a command, and its summary in the list of commands: the first sentence of its help."""

    module: str
    sentence: str


COMMANDS = {
    "demo": CommandHome(
        "training", "Train and test on handwritten digits, without a download, and show the result."
    ),
    "train": CommandHome(
        "training",
        "Train a classifier on a folder of images, and test it if there are test images.",
    ),
    "resume": CommandHome("training", "Continue a run that was stopped or killed, or that failed."),
    "many": CommandHome(
        "many",
        "Train and test one model per data set with the same settings. If one fails, the rest are still trained.",
    ),
    "tune": CommandHome(
        "tuning",
        "Search for good hyperparameters among lists of values or ranges such as init_rate=1e-4..1e-2:log.",
    ),
    "adopt": CommandHome("tuning", "Write the best setting of a search to a hyperparameter file."),
    "study": CommandHome(
        "tuning", "Measure how many epochs each setting needs to reach each target accuracy."
    ),
    "evaluate": CommandHome(
        "evaluating", "Test a model: scores with confidence intervals, per-class table, confusion matrix."
    ),
    "predict": CommandHome("evaluating", "Predict the classes of new images."),
    "samples": CommandHome(
        "data", "Write a sample data set as class folders. The digits are included; others are downloaded."
    ),
    "inspect": CommandHome(
        "data", "Check a set of images: classes, counts, sizes, skipped files, duplicates and leaks."
    ),
    "mark": CommandHome(
        "marking",
        "Correct the labels of images, or leave images out of training and testing. No files are moved.",
    ),
    "suspects": CommandHome(
        "marking",
        "List training images with suspicious labels, found by models that were not trained on them.",
    ),
    "sort": CommandHome(
        "sorting",
        "Label images with the help of suggestions learned from a few labels, and write a label table.",
    ),
    "map": CommandHome(
        "mapping",
        "Draw a map that places similar images close together, and list outliers and suspicious labels.",
    ),
    "similar": CommandHome("mapping", "Find the images in a data set that look most like a given image."),
    "augment": CommandHome("technique", "Draw training images with their augmented variations."),
    "find-rate": CommandHome("technique", "Find a good learning rate: measure the loss at increasing rates."),
    "models": CommandHome("network", "List the families of networks and the pretrained backbones."),
    "summary": CommandHome(
        "network", "Show the layer table: shapes, parameters, receptive fields, multiply-adds."
    ),
    "export": CommandHome(
        "network", "Export a model to another format, and compare its predictions with those of the original."
    ),
    "explain": CommandHome(
        "explaining",
        "Explain predictions with heat maps over images, and check whether the maps are faithful.",
    ),
    "layers": CommandHome(
        "explaining",
        "Draw the filters of every convolution and, given an image, its feature maps in each layer.",
    ),
    "dream": CommandHome(
        "explaining",
        "Generate the image that activates a channel most strongly, by gradient ascent from noise.",
    ),
    "kernel": CommandHome("kernels", "Apply a convolution kernel to an image and save the result."),
    "arithmetic": CommandHome(
        "kernels", "Calculate output size, parameters and receptive field after each layer of a stack."
    ),
    "report": CommandHome("runs", "Write a run's report as one self-contained HTML file."),
    "verify": CommandHome(
        "verify",
        "Repeat a training run, search or study and compare the numbers. Exit code 1 if they differ.",
    ),
    "desktop": CommandHome("desktop", "Open the desktop window."),
    "serve": CommandHome(
        "serve",
        "Serve the web page and the HTTP API. Ctrl-C stops the server; runs can be resumed.",
    ),
    "doctor": CommandHome("doctor", "Show versions, the device, folders, and what is missing."),
    "params": CommandHome("params", "Create, show, check and change parameter files."),
    "runs": CommandHome("runs", "List, show, compare, watch, cancel, rename and delete runs."),
    "cache": CommandHome("cache", "Show and clear the cache of prepared images."),
}
"""Every command in the order of the list. Its module has `register`, which adds the commands of the file."""


class LazyGroup(PlainGroup):
    """Knows the names and summaries of all commands, and imports a command when it is used."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Stand-ins: the list of commands needs names and sentences, not two seconds of imports.
        self.commands = {name: TyperCommand(name, help=home.sentence) for name, home in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the words begin with, loaded."""
        # Only the command that was typed; completion of its options goes the same way.
        self.load(args[0])
        return super().resolve_command(ctx, args)

    def load(self, name: str) -> None:
        """Replace the name of a command with the loaded command."""
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
