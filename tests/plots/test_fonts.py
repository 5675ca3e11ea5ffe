from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib.font_manager import FontProperties, findfont

from convonet.plots.figures import new_figure
from convonet.plots.fonts import OWN_FAMILY, Fonts, columns_of, find_fonts, shortened, wrapped

LUNG = "adenocarcinoma_left.lower.lobe_T2_N0_M0_Ib"


@pytest.mark.parametrize("names", [["cat", "dog"], ["Žluťoučký", "собака", "σκύλος"], [""], []])
def test_matplotlibs_own_font_has_european_letters(names: list[str]) -> None:
    assert find_fonts(names) == Fonts((OWN_FAMILY,), frozenset())


def test_letters_that_no_font_has_give_way_to_the_index() -> None:
    fonts = find_fonts(["东", "b东2", "cat"], files=[])
    assert fonts == Fonts((OWN_FAMILY,), frozenset("东"))
    assert fonts.labels(["东", "b东2", "cat"]) == ["#0", "b2 #1", "cat"]


def test_a_font_that_is_gone_or_damaged_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "bad.ttf").write_bytes(b"no font at all")
    fonts = find_fonts(["东"], files=[str(tmp_path / "bad.ttf"), str(tmp_path / "gone.ttf")])
    assert fonts.missing == {"东"}


def test_a_font_that_helps_is_taken() -> None:
    mono = findfont(FontProperties(family="DejaVu Sans Mono"))
    letters = find_fonts(["東"]).missing  # what this machine has decides which half can be tested
    if letters:
        pytest.skip("no font with Chinese letters here")
    assert find_fonts(["東"], files=[mono]).missing == {"東"}
    assert len(find_fonts(["東"]).families) == 2


def test_names_are_drawn_without_a_warning() -> None:
    names = [
        "东 主",
        "ไทย",
        "\U0001f600",
        "\ufffe",
        "two\nlines",
        "tab\there",
        "zero\u200bwidth",
        "$x$ $",
        "\x07",
    ]
    fonts = find_fonts(names)
    figure = new_figure(3, 3)
    for label in fonts.labels(names):
        figure.text(0.5, 0.5, label, **fonts.text(9))
    figure.canvas.draw()


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("two\nlines", "two lines"),
        ("zero\u200bwidth", "zerowidth"),
        ("  cat ", "cat"),
        ("\n", "#7"),
        (LUNG, "adenocarcin…_T2_N0_M0_Ib"),
    ],
)
def test_a_label_is_one_short_line(name: str, label: str) -> None:
    assert find_fonts([name]).label(name, 7) == label


def test_names_that_shortening_made_equal_are_told_apart() -> None:
    names = [f"{'a' * 20}{i}{'z' * 20}" for i in range(3)]
    labels = find_fonts(names).labels(names)
    assert len(set(labels)) == 3
    assert labels[2].endswith("#2")


@pytest.mark.parametrize("text", ["", "cat", "x" * 24, "x" * 25, LUNG, "东" * 12, "东" * 13, "a" + "东" * 30])
@pytest.mark.parametrize("width", [5, 24])
def test_shortening_keeps_the_ends_and_the_width(text: str, width: int) -> None:
    got = shortened(text, width)
    assert columns_of(got) <= width
    if columns_of(text) <= width:
        assert got == text
    else:
        head, tail = got.split("…")
        assert text.startswith(head)
        assert text.endswith(tail)


def test_wrapping_breaks_at_spaces_alone() -> None:
    assert wrapped("cat not automobile (99.3 %)", 18) == "cat not automobile\n(99.3 %)"
    assert wrapped("", 10) == ""
    lines = wrapped(f"{LUNG} not 东东东东东东东东 (99.3 %)", 16).split("\n")
    assert all(columns_of(line) <= 16 for line in lines)
    assert len(lines) == 4
