"""How the window looks, light and dark: a handful of named colours, and the style sheet made with them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from string import Template
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Theme = Literal["light", "dark", "system"]
_PROPERTY = "convonet-look"


@dataclass(frozen=True)
class Palette:
    """Colours by what they are for. Text on its ground has a contrast of at least 4.5 to 1 (WCAG 2.2, AA).

    Attributes:
        ground, surface, raised: from the back to the front.
        strong_line: borders of what can be used; at least 3 to 1.
        hint: a default that stands in an empty field.
        faint: what cannot be used now.
        train, val: the two series; blue and orange, which colour-blind people can tell apart.
        purple, yellow: of further lines in a plot.
    """

    name: str
    ground: str
    surface: str
    raised: str
    line: str
    strong_line: str
    ink: str
    muted: str
    hint: str
    faint: str
    accent: str
    accent_hover: str
    on_accent: str
    soft: str
    good: str
    warn: str
    bad: str
    bad_soft: str
    train: str
    val: str
    purple: str
    yellow: str


LIGHT = Palette(
    name="light",
    ground="#f3f4f7",
    surface="#ffffff",
    raised="#f8f9fb",
    line="#e2e5ea",
    strong_line="#848b9a",
    ink="#1b2230",
    muted="#586174",
    hint="#697184",
    faint="#9aa2b1",
    accent="#1f5fd0",
    accent_hover="#184fb0",
    on_accent="#ffffff",
    soft="#e8effc",
    good="#12764a",
    warn="#8f5a00",
    bad="#b3261e",
    bad_soft="#fdecea",
    train="#1f6fc4",
    val="#c9560c",
    purple="#8e3bb0",
    yellow="#8a7000",
)
DARK = Palette(
    name="dark",
    ground="#14171d",
    surface="#1c2028",
    raised="#232833",
    line="#2f3542",
    strong_line="#6d7589",
    ink="#e7eaf0",
    muted="#a4adbd",
    hint="#8891a3",
    faint="#6d7688",
    accent="#6ea3ff",
    accent_hover="#8bb6ff",
    on_accent="#0c1422",
    soft="#22304a",
    good="#5cc795",
    warn="#e0ab52",
    bad="#ff8a80",
    bad_soft="#3a2224",
    train="#63aaf5",
    val="#f49a5a",
    purple="#c792ea",
    yellow="#f0d35c",
)
LOOKS = {"light": LIGHT, "dark": DARK}


def apply_look(app: QApplication, theme: Theme) -> Palette:
    """Dress the whole application; `system` follows the desktop's own setting."""
    look = LOOKS[_system_theme() if theme == "system" else theme]
    # This comes before the style sheet, since widgets that are restyled by it ask for the current look.
    app.setProperty(_PROPERTY, look.name)
    # The styles of platforms leave out parts of a palette or a style sheet; Fusion is the same on all.
    app.setStyle("Fusion")
    app.setPalette(_palette(look))
    folder = Path(str(resources.files("convonet.desktop")))
    sheet = Template((folder / "style.qss").read_text(encoding="utf-8"))
    # A style sheet cannot color an SVG, so each look has files of its own.
    arrows = {name: (folder / f"{name}_{look.name}.svg").as_posix() for name in ("arrow", "up", "check")}
    app.setStyleSheet(sheet.substitute(asdict(look), **arrows))
    return look


def current_look() -> Palette:
    """The look that was applied last; light before that."""
    app = QApplication.instance()
    return LOOKS.get(str(app.property(_PROPERTY)), LIGHT) if app is not None else LIGHT


def color(name: str) -> QColor:
    """A colour of the current look by its name."""
    return QColor(getattr(current_look(), name))


def _system_theme() -> str:
    dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def _palette(look: Palette) -> QPalette:
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, value in (
        (roles.Window, look.ground),
        (roles.WindowText, look.ink),
        (roles.Base, look.surface),
        (roles.AlternateBase, look.raised),
        (roles.Text, look.ink),
        (roles.Button, look.surface),
        (roles.ButtonText, look.ink),
        (roles.ToolTipBase, look.raised),
        (roles.ToolTipText, look.ink),
        (roles.Highlight, look.accent),
        (roles.HighlightedText, look.on_accent),
        (roles.PlaceholderText, look.hint),
        (roles.Link, look.accent),
        (roles.Mid, look.line),
    ):
        palette.setColor(role, QColor(value))
    # Setting a color without a group sets it for all of them, so the disabled ones come last.
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(look.faint))
    return palette
