"""The steps of the tutorial, shown over the real window."""

from __future__ import annotations

from typing import NamedTuple


class TourStep(NamedTuple):
    """One step.

    Attributes:
        page: the page that is shown, with its part: `train`, `params/hyper`.
        action: the button of this action is pointed at; empty: the page's entry at the left.
    """

    page: str
    action: str
    title: str
    text: str


TOURS: dict[str, tuple[TourStep, ...]] = {
    "1  Train": (
        TourStep(
            "data",
            "load_train",
            "Choose your images",
            "A folder with one folder per class. The page then shows samples, counts and skipped files.",
        ),
        TourStep(
            "train",
            "train_val",
            "Train",
            "The page shows what will be trained on your images. One click starts training; Stop keeps finished work.",
        ),
        TourStep(
            "train",
            "",
            "Read the summary",
            "It shows the accuracy on test images, what was tried, and advice. “Apply and train again” "
            "starts a new run with this advice.",
        ),
        TourStep(
            "network",
            "initialise",
            "Look at the layers",
            "Optional: the network layer by layer, as a table and as a drawing.",
        ),
    ),
    "2  Tune": (
        TourStep(
            "params/hyper",
            "",
            "Enter several values",
            "Enter several values in a field, separated by commas, such as 0.02, 0.01 for the learning rate.",
        ),
        TourStep(
            "tune",
            "stop_tuning",
            "Search, and stop when you like",
            "Each setting is trained on folds of the images. A stopped search can be resumed here.",
        ),
        TourStep("tune", "", "Use the best values", "Select a row, click “Use these values”, then train."),
    ),
    "3  Test": (
        TourStep(
            "data",
            "load_test",
            "Choose test images",
            "Images that are never used for training, in one folder per class.",
        ),
        TourStep(
            "test",
            "",
            "Read the scores",
            "Accuracy with its interval, the confusion matrix, and the mistakes as pictures. Click a cell of "
            "the matrix to see its images.",
        ),
        TourStep(
            "use",
            "predict_images",
            "Use the model",
            "Drop, paste or choose images, draw a digit, or use the camera.",
        ),
    ),
    "4  Other images": (
        TourStep(
            "data",
            "load_train",
            "Choose a different folder",
            "The settings, model and scores of the previous set are cleared; its runs stay on the Runs page.",
        ),
        TourStep(
            "params/data",
            "",
            "Set the image size",
            "With “auto”, it is chosen based on the images. Larger images show more detail and take longer to train.",
        ),
        TourStep(
            "runs",
            "",
            "Compare runs",
            "Select two runs and click Compare to see whether one is better by more than chance.",
        ),
    ),
}
"""Title of a scenario → its steps, in their order."""
