from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text


@pytest.fixture
def clipped(monkeypatch: pytest.MonkeyPatch) -> Callable[[Figure], list[str]]:
    """Draw a figure and give the texts that reach over its edge."""
    drawn: list[Text] = []
    draw = Text.draw

    def recorded(text: Text, *args: Any, **options: Any) -> None:
        drawn.append(text)
        draw(text, *args, **options)

    def find(figure: Figure) -> list[str]:
        drawn.clear()
        figure.canvas.draw()
        page = figure.bbox.padded(1)
        texts = [text for text in drawn if text.get_visible() and text.get_text().strip()]
        assert texts
        boxes = [(text, text.get_window_extent(figure.canvas.get_renderer())) for text in texts]
        return [text.get_text() for text, box in boxes if page.union([page, box]).bounds != page.bounds]

    monkeypatch.setattr(Text, "draw", recorded)
    return find
