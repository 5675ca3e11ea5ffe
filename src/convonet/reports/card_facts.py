"""What a run itself tells for the headings of its model card."""

from __future__ import annotations

from convonet.documents.evaluation import SPLIT_TITLES, EvaluationDocument
from convonet.documents.run_record import RunRecord
from convonet.params import HyperParams, fields_of
from convonet.params.bases import BASES
from convonet.params.families import FAMILIES
from convonet.reports.card import KnownSentences
from convonet.reports.images import ImagesPart
from convonet.reports.page import between, percent
from convonet.text import counted

_MOST_NAMED = 20
_AUGMENTATION = "Augmentation"
"""The group of the parameters that vary training images."""


def known_facts(record: RunRecord, tested: EvaluationDocument | None, images: ImagesPart) -> KnownSentences:
    """Sentences by heading; what only a person knows is not among them."""
    facts: KnownSentences = {
        "Model details": _details(record, images),
        "Intended use": [_use(record, tested)],
        "Factors": _factors(record),
        "Training data": _training_data(record, images),
    }
    if tested is None:
        facts["Evaluation data"] = ["The model was not tested."]
        return facts
    facts["Metrics"] = [
        "Accuracy, precision, recall and F1 of each class, each with a 95% CI; ROC and precision-recall "
        "curves; calibration."
    ]
    facts["Evaluation data"] = _evaluation_data(tested)
    facts["Quantitative analyses"] = _analyses(tested)
    facts["Caveats and recommendations"] = _caveats(tested)
    return facts


def _details(record: RunRecord, images: ImagesPart) -> list[str]:
    names = [name for name, _ in images.rows]
    shown = ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
    version = record.versions.get("convonet", "")
    return [
        f"An image classifier ({_network(record)}), trained on {record.day} with Convonet {version}.",
        f"It distinguishes {counted(len(names), 'class', 'classes')}: {shown}.",
    ]


def _network(record: RunRecord) -> str:
    """The backbone, else the family."""
    base = record.hyper_value("base")
    if base:
        return BASES[base].title if base in BASES else "backbone from a model file"
    family = record.hyper_value("family", "convonet")
    return FAMILIES[family].title if family in FAMILIES else f"family {family}"


def _use(record: RunRecord, tested: EvaluationDocument | None) -> str:
    may_refuse = record.hyper_value("unknown_rate", 0) if tested is None else tested.unknown is not None
    if may_refuse:
        return (
            "The model predicts one of its classes, or “none of these” if an image differs too much from the training "
            "images."
        )
    return "The model always predicts one of its classes, even for images that show none of them."


def _factors(record: RunRecord) -> list[str]:
    """How images reach the network, and what training varied."""
    data, hyper = record.params.data or {}, record.params.hyper or {}
    facts = []
    if size := data.get("image_size"):
        side = " × ".join(map(str, size)) if isinstance(size, list) else f"{size} × {size}"
        channels = data.get("channels")
        color = " in grayscale" if channels == 1 else " in color" if channels == 3 else ""
        facts.append(f"Its input images are {side} pixels{color}; finer details are lost.")
    fields = fields_of(HyperParams)
    varied = [
        field.label.lower() if hyper[name] is True else f"{field.label.lower()}: {field.show(hyper[name])}"
        for name, field in fields.items()
        if field.group == _AUGMENTATION and hyper.get(name)
    ]
    if varied:
        facts.append(f"Training used augmentation: {', '.join(varied)}.")
    else:
        facts.append(
            "Training used no augmentation, so other positions, sizes and lighting may lower the accuracy."
        )
    return facts


def _training_data(record: RunRecord, images: ImagesPart) -> list[str]:
    facts = [
        f"{counted(total, f'{SPLIT_TITLES[name]} image')}."
        for name, total in zip(images.sets, images.totals, strict=True)
        if name != "test"
    ]
    if folder := (record.params.data or {}).get("train_dir"):
        facts.append(f"From the folder {folder}.")
    if images.marks:
        marked = counted(len(images.marks), "image was", "images were")
        facts.append(f"{marked} marked by a person: relabeled or left out.")
    if images.skipped:
        facts.append(f"{counted(len(images.skipped), 'file was', 'files were')} skipped.")
    return facts + [f"{warning}." for warning in images.warnings]


def _evaluation_data(tested: EvaluationDocument) -> list[str]:
    facts = [f"{counted(tested.images, f'{SPLIT_TITLES[tested.split]} image')}."]
    if tested.root:
        facts.append(f"From the folder {tested.root}.")
    return facts


def _analyses(tested: EvaluationDocument) -> list[str]:
    # The recall of a class without images is 0, so it would always be named the worst.
    worst = min(tested.per_class, key=lambda row: row.recall if row.support else 2.0)
    return [
        f"Accuracy {percent(tested.accuracy)} (95% CI {between(tested.accuracy_interval)}), macro F1 "
        f"{tested.macro_f1:.3f}.",
        f"Lowest recall: {worst.class_}, {percent(worst.recall)} of {counted(worst.support, 'image')}.",
    ]


def _caveats(tested: EvaluationDocument) -> list[str]:
    facts = [
        f"The calibration error is {tested.ece:.3f}. {tested.confidence_sentence}",
        "The scores apply to images similar to those tested. With other cameras, places or times, they can be lower.",
    ]
    if tested.split != "test":
        facts.insert(
            0,
            "It was not tested on test images, so its accuracy on new images is likely lower than stated here.",
        )
    if tested.unknown is None or tested.unknown.auroc is None:
        facts.append("How well it recognizes images of unknown classes was not measured.")
    return facts
