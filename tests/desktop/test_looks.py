"""What would be seen as a fault at a look: empty room, cut words, buttons that lead nowhere."""

from __future__ import annotations

import os
import shlex
from typing import Any

import pytest
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QWidget,
)

from convonet.desktop.actions import PAGES
from convonet.desktop.app_win import AppWin
from convonet.desktop.dialogs.shown_as import folded
from convonet.desktop.style import apply_look
from convonet.desktop.widgets.basic import column, row
from convonet.desktop.widgets.image_grid import two_lines
from convonet.desktop.widgets.sentences import SentenceList
from convonet.desktop.widgets.table import TableView, percent, shown


def _shown_table(qtbot: Any, table: TableView, width: int) -> TableView:
    qtbot.addWidget(table)
    table.resize(width, 200)
    table.show()
    return table


def _widths(table: TableView) -> list[int]:
    return [table.columnWidth(place) for place in range(len(table.rows.columns))]


def test_what_a_hidden_column_leaves_goes_to_the_others(qtbot: Any) -> None:
    table = _shown_table(qtbot, TableView(("Class", "Training", "Validation"), "counts"), 600)
    table.show_rows([("a", 1, None)])
    table.setColumnHidden(2, True)
    assert sum(_widths(table)[:2]) == table.viewport().width()


def test_a_long_column_gives_way_before_the_table_must_be_scrolled(qtbot: Any) -> None:
    rows = [("run", "/a/long/way/to/the/folder/of/this/run/that/nobody/reads")]
    table = _shown_table(qtbot, TableView(("Run", "Folder"), "runs", gives_way="Folder"), 300)
    table.show_rows(rows)
    assert sum(_widths(table)) == table.viewport().width()
    stiff = _shown_table(qtbot, TableView(("Run", "Folder"), "runs"), 300)
    stiff.show_rows(rows)
    assert sum(_widths(stiff)) > stiff.viewport().width()


def test_a_text_below_the_rows_in_sight_has_room(qtbot: Any) -> None:
    table = _shown_table(qtbot, TableView(("Image", "Note"), "predictions", gives_way="Image"), 130)
    table.show_rows([*(("1.png", "") for _ in range(20)), ("2.png", "none of these")])
    index = table.rows.index(20, 1)
    assert table.columnWidth(1) >= table.sizeHintForIndex(index).width()


def test_a_table_keeps_a_few_rows_beside_long_words(qtbot: Any) -> None:
    table = TableView(("Set", "Finding"), "findings")
    table.show_rows([("Training", "Near duplicates")] * 8)
    page = QWidget()
    page.setLayout(column(QLabel("A sentence.\n" * 20), table))
    qtbot.addWidget(page)
    page.resize(400, 100)
    page.show()
    assert table.viewport().height() >= 3 * table.verticalHeader().defaultSectionSize()


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("a short one", "a short one", ""),
        ("None of these (nearest: 8)", "None of these", "(nearest: 8)"),
        ("picture_of_a_very_long_name_without_blanks.png", None, None),
    ],
)
def test_titles_of_pictures_break_between_words(
    qtbot: Any, text: str, first: str | None, second: str | None
) -> None:
    label = QLabel()
    qtbot.addWidget(label)
    metrics = label.fontMetrics()
    width = metrics.horizontalAdvance("None of these (") - 1
    lines = two_lines(metrics, text, width).split("\n")
    assert all(metrics.horizontalAdvance(line) <= width for line in lines)
    if first is None:
        assert len(lines) == 2
        assert text.startswith(lines[0])
    else:
        assert lines == [line for line in (first, second) if line]


def test_the_columns_of_a_table_have_different_names(loaded: AppWin) -> None:
    for name in PAGES:
        loaded.show_page(name)
    tables = {table.objectName() or str(table.rows.columns): table.rows.columns for table in _tables(loaded)}
    assert len(tables) >= 10
    assert {name: columns for name, columns in tables.items() if len(set(columns)) < len(columns)} == {}


def _tables(window: AppWin) -> list[TableView]:
    return [table for name in PAGES for table in window.page(name).findChildren(TableView)]


def test_shares_are_shown_in_percent_and_stay_shares() -> None:
    made = percent(0.98607)
    assert shown(made) == "98.6%"
    assert made == 0.98607
    assert percent(None) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such lines")
def test_a_long_command_has_an_option_a_line_and_means_the_same() -> None:
    command = shlex.join(["convonet", "train", "--train-dir", "/a b/c", *["--set", "epochs=[1, 2]"] * 4])
    assert folded("convonet demo") == "convonet demo"
    lines = folded(command).split("\\\n")
    assert len(lines) == 6
    assert shlex.split(" ".join(lines)) == shlex.split(command)


def test_sentences_are_as_high_as_they_need_and_no_higher_than_they_may(qtbot: Any) -> None:
    said = SentenceList(80)
    qtbot.addWidget(said)
    said.resize(400, 80)
    said.show()
    said.show_sentences(["One."])
    low = said.height()
    said.show_sentences(
        ["A sentence that is a good deal longer than the line it stands on, so that it breaks."] * 6
    )
    assert low < 40
    assert said.height() == 80
    assert said.text().count("\n") == 5


def test_what_stands_side_by_side_is_equally_high(qtbot: Any, qapp: Any) -> None:
    apply_look(qapp, "light")
    command, beside, menu = QToolButton(), QToolButton(), QPushButton("Menu")
    for made, name in ((command, "command"), (beside, "beside")):
        made.setText("Words …")
        made.setObjectName(name)
    parts = (command, beside, menu, QLineEdit(), QComboBox(), QSpinBox(), QDoubleSpinBox())
    line = QWidget()
    line.setLayout(row(*parts))
    qtbot.addWidget(line)
    line.show()
    assert {part.height() for part in parts} == {32}


def test_an_empty_page_offers_only_what_can_be_done(window: Any) -> None:
    for name in ("network", "train", "test", "use", "explain", "runs", "data", "tune"):
        window.show_page(name)
        empty = window.page(name)._either.currentWidget()
        buttons = [made for made in empty.findChildren(QToolButton) if made.isVisible()]
        assert buttons, name
        assert all(made.isEnabled() for made in buttons), name
        assert sum(made.property("role") == "primary" for made in buttons) == 1, name


def test_a_table_that_was_never_filled_has_full_heads_and_says_so(qtbot: Any) -> None:
    table = _shown_table(
        qtbot, TableView(("Accuracy", "Trial"), "settings", empty="Nothing is tried yet."), 500
    )
    assert sum(_widths(table)) == table.viewport().width()


def test_a_short_table_leaves_its_room_to_others(qtbot: Any) -> None:
    table = _shown_table(qtbot, TableView(("Run",), "runs"), 300)
    table.show_rows([("a",), ("b",)])
    table.fit_height(1)
    assert 60 < table.maximumHeight() < 130
    table.fit_height(None)
    assert table.maximumHeight() > 10_000
