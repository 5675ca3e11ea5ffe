"""The model card: what is known is filled in, what only a person knows is theirs to write.

Headings after M. Mitchell and others, Model Cards for Model Reporting, FAT* 2019. A person's words stand in
`model_card.md` of the run folder, one `## Heading` each; the report takes them from there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

CARD = "model_card.md"
HEADINGS: Mapping[str, str] = {
    "Model details": "Who made the model, for whom, under which license, and whom to contact.",
    "Intended use": "What the model is for, who should use it, and what it must not be used for.",
    "Factors": "What can affect how well the model works: devices, lighting, groups of people, places, seasons.",
    "Metrics": "Why these scores were chosen, and which kind of mistake is worse.",
    "Evaluation data": "Where the test images come from, and what they represent.",
    "Training data": "Where the training images come from, who labeled them, and what is missing.",
    "Quantitative analyses": "Scores for each of the factors above, if measured.",
    "Ethical considerations": "People in the images, their consent, and what a wrong prediction means for them.",
    "Caveats and recommendations": "What was not tested, and what to do before relying on the model.",
}


class CardSection(NamedTuple):
    """One heading.

    Attributes:
        known: what the run tells, a sentence each.
        said: the person's paragraphs.
        asked: what a person should write, where nothing was.
    """

    heading: str
    known: tuple[str, ...]
    said: tuple[str, ...]
    asked: str


KnownSentences = dict[str, list[str]]
"""What a run tells of itself: sentences by the heading of the card."""


def model_card(folder: Path, known: KnownSentences) -> list[CardSection]:
    """The card of a run.

    Args:
        folder: of the run; may hold `model_card.md`.
        known: sentences by heading.
    """
    said = _said(folder / CARD)
    return [
        CardSection(name, tuple(known.get(name, ())), said.get(name.lower(), ()), asked)
        for name, asked in HEADINGS.items()
    ]


def _said(file: Path) -> dict[str, tuple[str, ...]]:
    try:
        # Editors on Windows write a byte-order mark first, which would hide the first heading.
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return {}
    parts = re.split(r"^##[ \t]+(.+?)[ \t]*$", text, flags=re.MULTILINE)
    # parts[0] is the text before the first heading, which belongs to no section.
    return {
        heading.strip().lower(): tuple(
            " ".join(block.split()) for block in body.split("\n\n") if block.strip()
        )
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }
