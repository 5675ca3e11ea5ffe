"""The result of `export`: the file or folder, and how close its predictions are to those of the model."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds


class ExportDocument(Document):
    """An export that was compared with the model, image by image.

    Attributes:
        images: number of images used for the comparison; 0 for synthetic images.
        samples: which images were used.
        largest_difference: largest difference in any probability; None if nothing could be compared.
        browser: web page only: the browser whose predictions were compared.
        golden_samples: web page only: number of images stored in it with their predictions.
    """

    sparse = True

    format: str
    path: str
    images: int
    samples: str
    largest_difference: float | None = None
    browser: str | None = None
    golden_samples: int | None = None


class NetworkNumbers(Document):
    """Size, speed and accuracy of one of two networks that were compared on the same images.

    Attributes:
        images_per_second: throughput by batch size.
    """

    accuracy: float
    accuracy_interval: IntervalBounds
    bytes: int
    images_per_second: dict[str, float]


class Int8Numbers(Document):
    """An 8-bit network compared with its floating-point original; also in the JSON file next to the export.

    Attributes:
        split: the set that both networks classified; `images`: its number of images.
        accuracy_loss: floating-point accuracy minus 8-bit accuracy, on the same images.
        only_float_correct, only_int8_correct: number of images that only one network classifies correctly.
        changed_predictions: number of images that the two networks classify differently.
        largest_difference: largest difference in any probability.
        max_loss: the largest accuracy drop allowed, 0..1.
        weight_bits: 8 or 7.
        threads: threads used in the comparison; None: all cores.
    """

    split: str
    images: int
    accuracy_loss: float
    accuracy_loss_interval: IntervalBounds
    only_float_correct: int
    only_int8_correct: int
    changed_predictions: int
    largest_difference: float
    float_: NetworkNumbers = Field(alias="float")
    int8: NetworkNumbers
    max_loss: float
    calibration_images: int
    weight_bits: int
    threads: int | None
    processor: str
    versions: dict[str, str]


class Int8Export(Int8Numbers):
    """The result of `export` for `onnx-int8`."""

    format: str
    path: str
