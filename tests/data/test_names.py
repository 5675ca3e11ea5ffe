from __future__ import annotations

import pytest

from convonet.data.names import is_hidden, is_image_name, legible, natural_key, plain


def test_numbers_in_names_sort_by_value_and_the_rest_by_code_point() -> None:
    names = ["class10", "class2", "Class1", "class02", "10", "9", "东", "é", "class2b"]
    assert sorted(names, key=natural_key) == [
        "9",
        "10",
        "Class1",
        "class02",
        "class2",
        "class2b",
        "class10",
        "é",
        "东",
    ]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        *((name, True) for name in ("a.PNG", "a.JPeG", "a.jpe", "a.tif", "a.pgm", "a.b.webp")),
        *((name, False) for name in ("png", "a.txt", "a.png.bak", "a", "a.svg")),
    ],
)
def test_a_suffix_tells_an_image_in_any_letter_case(name: str, answer: bool) -> None:
    assert is_image_name(name) is answer


@pytest.mark.parametrize("name", [".ipynb_checkpoints", "__MACOSX", ".DS_Store", "._a.png"])
def test_what_systems_and_editors_leave_is_hidden(name: str) -> None:
    assert is_hidden(name)


def test_a_name_that_is_no_text_can_be_shown() -> None:
    name = b"caf\xe9.png".decode("utf-8", "surrogateescape")
    assert legible(name).encode() == b"caf\\xe9.png"


def test_case_form_and_separators_do_not_count() -> None:
    assert plain("Large.Cell_carcinoma") == plain("large cell-carcinoma")
    assert plain("caf\u00e9") == plain("cafe\u0301")
