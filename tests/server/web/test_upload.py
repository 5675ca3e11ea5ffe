"""Training images uploaded from the browser: a folder, an archive, and an upload that loses its connection."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def pets(digits: Path, tmp_path: Path) -> Path:
    """A folder on the person's computer: train and test of two classes, and files that are no images."""
    folder = tmp_path / "computer" / "pets"
    for split, count in (("train", 12), ("test", 4)):
        for name, meant in (("3", "cat"), ("8", "dog & co 東")):
            target = folder / split / meant
            target.mkdir(parents=True)
            for file in sorted((digits / split / name).iterdir())[:count]:
                shutil.copyfile(file, target / file.name)
    (folder / ".DS_Store").write_bytes(b"noise")
    (folder / "notes.txt").write_text("no image")
    return folder


def upload(page: Any, label: str, path: Path) -> None:
    page.get_by_role("button", name="Upload images").click()
    page.get_by_role("dialog").get_by_label(label, exact=True).set_input_files(path)


def test_a_folder(pets: Path, root: Path, serve: Callable[..., Any], visit: Callable[..., Any]) -> None:
    page = visit(serve().url)
    page.get_by_text("No images yet").wait_for()
    upload(page, "Folder", pets)
    page.get_by_text("24 training and 8 test images in 2 classes").wait_for()
    page.get_by_text("24 small images, 2 classes").wait_for()
    assert page.get_by_role("button", name="Train", exact=True).is_enabled()
    names = {
        path.relative_to(root / "uploads").as_posix() for path in (root / "uploads" / "pets").rglob("*.png")
    }
    expected = {f"pets/{path.relative_to(pets).as_posix()}" for path in pets.rglob("*.png")}
    assert names == expected


@pytest.mark.slow
def test_an_archive(pets: Path, serve: Callable[..., Any], visit: Callable[..., Any], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for path in pets.rglob("*"):
            archive.write(path, path.relative_to(pets.parent))
    page = visit(serve().url)
    upload(page, "Zip file", tmp_path / "pets.zip")
    page.get_by_text("24 training and 8 test images in 2 classes").wait_for()


@pytest.mark.slow
def test_an_upload_goes_on_after_the_connection_was_lost(
    pets: Path, serve: Callable[..., Any], visit: Callable[..., Any]
) -> None:
    page = visit(serve().url, allowed="Failed to load resource")
    cut = []

    def once(route: Any) -> None:
        cut.append(route.request.url)
        route.abort() if len(cut) == 1 else route.continue_()

    page.route(re.compile("/imports/.*/files"), once)
    begun: list[str] = []
    page.on("request", lambda sent: begun.append(sent.url) if sent.url.endswith("/imports") else None)
    upload(page, "Folder", pets)
    page.get_by_text("24 training and 8 test images in 2 classes").wait_for()
    assert len(cut) == 2
    assert len(begun) == 1


@pytest.mark.slow
def test_what_is_no_set_of_images_is_said(
    serve: Callable[..., Any], visit: Callable[..., Any], tmp_path: Path
) -> None:
    page = visit(serve().url, allowed="422")
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    upload(page, "Zip file", tmp_path / "broken.zip")
    page.get_by_text("The file is not a zip archive, or it is damaged").wait_for()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("a")
    page.get_by_role("dialog").get_by_label("Folder", exact=True).set_input_files(tmp_path / "texts")
    page.get_by_text("There are no images in this folder").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("No images yet").wait_for()
