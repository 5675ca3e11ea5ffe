"""The card that exports a model: the page for browsers as one archive, which then works by itself."""

from __future__ import annotations

import io
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from convonet.exporting import runtime
from convonet.exporting.static_server import serving


@pytest.mark.slow
def test_a_page_for_browsers_is_downloaded_as_an_archive(
    root: Path,
    ort: Path,
    serve: Callable[..., Any],
    ready: Callable[..., Any],
    visit: Callable[..., Any],
    tmp_path: Path,
) -> None:
    if ort != runtime.cached_runtime():
        shutil.copytree(ort, runtime.cached_runtime(), dirs_exist_ok=True)
    known = {"data": {"train_dir": "digits", "image_size": "8"}, "hyper": {}, "model": "trained"}
    page = ready("use", known, serve().url, accept_downloads=True)
    page.get_by_label("Format").select_option("web")
    page.get_by_label("Download ONNX Runtime Web").wait_for()
    page.locator("#export-card").get_by_role("button", name="Export", exact=True).click()
    link = page.get_by_role("link", name="Download model-web.zip")
    link.wait_for(timeout=240_000)
    with page.expect_download() as download:
        link.click()
    archive = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    folder = root / "runs" / "trained" / "model-web"
    written = {path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(archive.namelist()) == written
    archive.extractall(tmp_path / "unpacked")
    with serving(tmp_path / "unpacked" / "model-web") as site:
        check = visit(f"{site.url}/check.html", allowed="favicon.ico")
        check.locator("#state.good").wait_for()


def test_archives_hold_what_lies_in_the_run(root: Path, serve: Callable[..., Any]) -> None:
    client, run = serve().client, root / "runs" / "trained"
    (run / "site" / "js").mkdir(parents=True)
    (run / "site" / "index.html").write_text("page")
    (run / "site" / "js" / "app.js").write_text("script")
    (root.parent / "secret.txt").write_text("secret")
    os.symlink(root.parent / "secret.txt", run / "site" / "link.txt")
    answer = client.get("/runs/trained/archive/site").raise_for_status()
    assert "site.zip" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["site/index.html", "site/js/app.js"]
        assert archive.read("site/js/app.js") == b"script"
    os.symlink(root.parent, run / "outside")
    for name in ("outside", "%2e%2e", "model.keras", "nothing", "site%2f%2e%2e%2f%2e%2e"):
        assert client.get(f"/runs/trained/archive/{name}").status_code in (403, 404), name
