"""The tab Preview of the parameters: augmented images and the learning-rate finder, with real workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.desktop.app_win import AppWin
from convonet.documents.plan import Plan
from convonet.params import SearchSpace

Wait = Callable[..., None]


def test_it_says_what_there_is_to_see(loaded: AppWin) -> None:
    loaded.show_page("params/preview")
    page: Any = loaded.page("params")
    params = loaded.controller.session.params
    assert "No augmentation is set" in page.preview.augmented.note.text()
    params.set_space(params.space.changed({"rotation": [10]}))
    assert "Each epoch uses new variations" in page.preview.augmented.note.text()
    assert not page.preview.use_rate.isVisible()


def test_a_plan_is_previewed_with_its_main_network(loaded: AppWin, qtbot: Any) -> None:
    """What a person will get is looked at, not the defaults."""
    session = loaded.controller.session
    session.params.set_exact(SearchSpace.of({}))
    session.params.set_recipe("auto", None)
    loaded.show_page("params/preview")
    page: Any = loaded.page("params")
    qtbot.waitUntil(lambda: page.preview._plans.plan is not None)
    plan: Plan = page.preview._plans.plan
    main = next((one for one in plan.candidates if one.kind == "fine_tuned"), plan.candidates[0])
    task = page.preview._find_rate(Path("rate.png"))
    assert task.hyper.family == main.hyper["family"]
    assert task.data.image_size == main.image_size


@pytest.mark.slow
def test_images_are_varied_as_they_are_set(loaded: AppWin, answers: Any, qtbot: Any, wait_work: Wait) -> None:
    params = loaded.controller.session.params
    params.set_space(params.space.changed({"rotation": [20]}))
    loaded.controller.actions["show_augmented"].trigger()
    assert loaded.shown == "params"
    wait_work(loaded)
    page: Any = loaded.page("params")
    assert answers.errors == []
    first = page.preview.augmented.picture.file
    assert first.is_file()
    assert page.preview.augmented.picture.isVisible()
    params.set_space(params.space.changed({"rotation": [1]}))
    assert page.preview.augmented.note.text() == "This result was computed with earlier settings."
    loaded.controller.actions["show_augmented"].trigger()
    wait_work(loaded)
    assert page.preview.augmented.picture.file.read_bytes() != first.read_bytes()


@pytest.mark.slow
def test_a_rate_is_found_and_used(loaded: AppWin, answers: Any, qtbot: Any, wait_work: Wait) -> None:
    loaded.controller.actions["find_rate"].trigger()
    wait_work(loaded)
    page: Any = loaded.page("params")
    assert answers.errors == []
    rate = page.preview.suggested
    assert 1e-4 < rate <= 1
    assert page.preview.use_rate.text() == f"Use {rate:g}"
    page.preview.use_rate.click()
    assert loaded.controller.session.params.hyper.init_rate == rate
    assert page.preview.rate.note.text().endswith("This is now the learning rate.")
