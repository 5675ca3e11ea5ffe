"""What `export` answers: the file or folder, and how close its answers are to those of the model."""

from __future__ import annotations

from pydantic import Field

from convonet.documents.document import Document, IntervalBounds


class ExportDocument(Document):
    """An export that was compared with the model, image by image.

    Attributes:
        images: how many it was compared on; 0: made-up ones.
        samples: which images these are.
        largest_difference: of a probability; None where nothing could be compared.
        browser: of a web page: whose answers were compared.
        golden_samples: of a web page: images that are in it with their answers.
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
        images_per_second: by batch size.
    """

    accuracy: float
    accuracy_interval: IntervalBounds
    bytes: int
    images_per_second: dict[str, float]


class Int8Numbers(Document):
    """A network in 8 bits beside the same one in floating point; also in the JSON file beside the export.

    Attributes:
        split: the set that both classified; `images`: how many images of it.
        accuracy_loss: accuracy in floating point minus that in 8 bits, paired over the images.
        only_float_correct, only_int8_correct: images that only one of them classifies correctly.
        changed_predictions: images that they classify differently.
        largest_difference: of a probability.
        max_loss: the largest loss that was allowed.
        weight_bits: 8 or 7.
        threads: computing threads of the comparison; None: all cores.
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
    """What `export` answers for `onnx-int8`."""

    format: str
    path: str
