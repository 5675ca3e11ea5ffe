"""Uploaded sets of images: taken whole, resumed where they stopped, and never outside their own folder."""

from __future__ import annotations

import io
import os
import stat
import struct
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from .conftest import Serve, Served, limits

HOSTILE = (
    "../escaped.png",
    "a/../../escaped.png",
    "/etc/escaped.png",
    "C:/escaped.png",
    "a\\..\\escaped.png",
    "a/./b.png",
    "a//b.png",
    "a/con.png",
    "con/1.png",
    "a/nul",
    "a/trailing./1.png",
    "a/trailing /1.png",
    "a/new\nline.png",
    "a/null\0.png",
    "a/script.html",
    "a/program.py",
    "/".join(["deep"] * 20) + "/1.png",
    "a/" + "x" * 300 + ".png",
    "",
)


def png(value: int = 0, side: int = 8) -> bytes:
    """A small image."""
    out = io.BytesIO()
    Image.fromarray(np.full((side, side), value, np.uint8)).save(out, "PNG")
    return out.getvalue()


IMAGES = {f"{name}/{place}.png": png(10 * place) for name in ("cat", "dog") for place in range(3)}


def begin(served: Served, kind: str, files: int, size: int, name: str = "pets") -> str:
    wish = {"name": name, "kind": kind, "files": files, "bytes": size}
    answer = served.client.post("/imports", json=wish)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def send(served: Served, upload: str, files: dict[str, bytes]) -> dict[str, Any]:
    parts = [("files", (quote(path, safe=""), content)) for path, content in files.items()]
    answer = served.client.post(f"/imports/{upload}/files", files=parts)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return out.getvalue()


def send_zip(served: Served, content: bytes, name: str = "pets.zip") -> Any:
    upload = begin(served, "zip", 1, len(content), name)
    put = served.client.put(f"/imports/{upload}/archive?offset=0", content=content)
    assert put.json() == {"received": len(content)}
    return served.client.post(f"/imports/{upload}/finish")


def written(root: Path) -> set[str]:
    """Every file below the folder of uploads that is not on its way."""
    folder = root / "uploads"
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {path.as_posix() for path in paths if path.parts[0] != ".incoming"}


def test_a_folder_is_uploaded_and_can_be_trained_on(serve: Serve, root: Path) -> None:
    served = serve()
    upload = begin(served, "folder", len(IMAGES), sum(map(len, IMAGES.values())))
    assert send(served, upload, IMAGES) == {"taken": len(IMAGES), "skipped": []}
    found = served.client.post(f"/imports/{upload}/finish").json()
    assert (found["train_dir"], found["images"], found["skipped_count"]) == ("uploads/pets", 6, 0)
    assert {path: (root / "uploads" / "pets" / path).read_bytes() for path in IMAGES} == IMAGES
    looked = served.client.post("/datasets", json={"data": {"train_dir": found["train_dir"]}}).json()
    assert looked["sets"]["train"]["classes"] == {"cat": 3, "dog": 3}
    assert served.client.get(f"/imports/{upload}").status_code == 404


def test_an_interrupted_folder_is_resumed(serve: Serve) -> None:
    served = serve()
    upload = begin(served, "folder", len(IMAGES), 10_000)
    first = dict(list(IMAGES.items())[:2])
    send(served, upload, first)
    state = served.client.get(f"/imports/{upload}").json()
    assert state["paths"] == {path: len(content) for path, content in first.items()}
    missing = {path: content for path, content in IMAGES.items() if path not in state["paths"]}
    send(served, upload, missing)
    assert served.client.post(f"/imports/{upload}/finish").json()["images"] == len(IMAGES)


def test_an_interrupted_archive_is_resumed(serve: Serve, root: Path) -> None:
    served = serve()
    content = zipped({f"wrapped/{path}": image for path, image in IMAGES.items()})
    upload = begin(served, "zip", 1, len(content), "pets.zip")
    half = len(content) // 2
    address = f"/imports/{upload}/archive"
    assert served.client.put(f"{address}?offset=0", content=content[:half]).json() == {"received": half}
    early = served.client.post(f"/imports/{upload}/finish")
    assert (early.status_code, early.json()["error"]["what"]) == (409, "The archive is incomplete")
    assert served.client.put(f"{address}?offset=0", content=content[:half]).status_code == 409
    assert served.client.get(f"/imports/{upload}").json()["received"] == half
    assert served.client.put(f"{address}?offset={half}", content=content[half:]).status_code == 200
    assert served.client.post(f"/imports/{upload}/finish").json()["train_dir"] == "uploads/pets"
    assert written(root) == {f"pets/{path}" for path in IMAGES}


def test_two_uploads_of_one_name_stand_side_by_side(serve: Serve, root: Path) -> None:
    served = serve()
    folders = [send_zip(served, zipped(IMAGES)).json()["train_dir"] for _ in range(2)]
    assert folders == ["uploads/pets", "uploads/pets_2"]


def test_hostile_names_of_a_folder(serve: Serve, root: Path) -> None:
    served = serve()
    before = {path for path in root.parent.rglob("*") if root / "uploads" not in path.parents}
    upload = begin(served, "folder", 50, 100_000, "../../pets")
    answer = send(served, upload, {path: png() for path in HOSTILE if path} | {"good/1.png": png()})
    assert answer["taken"] == 1
    assert all(item["reason"] for item in answer["skipped"])
    found = served.client.post(f"/imports/{upload}/finish").json()
    assert found["train_dir"] == "uploads/pets"
    assert written(root) == {"pets/good/1.png"}
    after = {path for path in root.parent.rglob("*") if root / "uploads" not in path.parents}
    assert after - before == {root / "uploads"}


def test_hostile_names_of_an_archive(serve: Serve, root: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in HOSTILE:
            if path and "\0" not in path:
                archive.writestr(zipfile.ZipInfo(path), png())
        link = zipfile.ZipInfo("good/link.png")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("good/1.png", png())
        archive.writestr("__MACOSX/good/._1.png", b"noise")
        archive.writestr("good/.DS_Store", b"noise")
    found = send_zip(serve(), out.getvalue(), "pets.zip").json()
    assert written(root) == {"pets/good/1.png"}
    reasons = {item["path"]: item["reason"] for item in found["skipped"]}
    assert reasons["good/link.png"] == "a link or a special file"
    assert not any("MACOSX" in path or "DS_Store" in path for path in reasons)
    assert not (root.parent / "escaped.png").exists()


def test_bombs_are_refused(serve: Serve, root: Path) -> None:
    served = serve(limits=limits(import_bytes=200_000, import_file_bytes=100_000, import_files=20))
    blank = b"\0" * 90_000
    many = zipped({f"a/{place}.bmp": blank for place in range(3)})
    assert len(many) < 10_000
    assert send_zip(served, many).status_code == 413
    assert send_zip(served, zipped({f"a/{place}.png": png() for place in range(30)})).status_code == 413
    assert send_zip(served, lying(zipped({"a/1.bmp": b"\0" * 1_000_000}), 1_000_000, 100)).status_code in (
        413,
        422,
    )
    assert (
        send_zip(served, overlapping()).json()["error"]["what"] == "The archive is invalid: its files overlap"
    )
    assert send_zip(served, b"PK no archive at all").status_code == 422
    assert (
        send_zip(served, zipped({"a/notes.txt": b"text"})).json()["error"]["what"]
        == "There are no images in the upload"
    )
    assert written(root) == set()


def lying(archive: bytes, true: int, told: int) -> bytes:
    """The archive with another size written into its directory."""
    assert archive.count(struct.pack("<I", true)) >= 1
    return archive.replace(struct.pack("<I", true), struct.pack("<I", told))


def overlapping() -> bytes:
    """Ten entries of the directory that mean the same compressed bytes."""
    content = b"\0" * 2_000
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(content) + packed.flush()
    body = body + os.urandom(3_000)
    name = b"a/1.bmp"
    sizes = (zlib.crc32(content), len(body), len(content))
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, *sizes, len(name), 0) + name + body
    entries = b""
    for place in range(10):
        named = b"a/%d.bmp" % place
        entry = struct.pack(
            "<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0, *sizes, len(named), 0, 0, 0, 0, 0, 0
        )
        entries += entry + named
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 10, 10, len(entries), len(local), 0)
    return local + entries + end


def test_an_image_of_too_many_pixels_is_not_taken(serve: Serve) -> None:
    served = serve(limits=limits(pixels=1_000))
    upload = begin(served, "folder", 2, 10_000)
    answer = send(served, upload, {"a/large.png": png(side=40), "a/small.png": png()})
    assert answer == {"taken": 1, "skipped": [{"path": "a/large.png", "reason": "too many pixels"}]}
    found = send_zip(served, zipped({"a/large.png": png(side=40), "a/small.png": png()})).json()
    assert (found["images"], found["skipped"][0]["reason"]) == (1, "too many pixels")


def test_more_than_the_limits_is_refused(serve: Serve) -> None:
    served = serve(limits=limits(import_bytes=1_000, import_files=4))
    for files, size in ((5, 100), (1, 1_001)):
        wish = {"name": "pets", "kind": "folder", "files": files, "bytes": size}
        assert served.client.post("/imports", json=wish).status_code == 413
    upload = begin(served, "folder", 1, 10)
    parts = [("files", (f"a/{place}.png", png())) for place in range(5)]
    assert served.client.post(f"/imports/{upload}/files", files=parts).status_code == 413
    archive = begin(served, "zip", 1, 10)
    assert served.client.put(f"/imports/{archive}/archive?offset=0", content=b"x" * 11).status_code == 413


def test_uploads_that_nobody_continues_are_removed(serve: Serve, root: Path) -> None:
    served = serve()
    old = begin(served, "folder", 1, 100)
    folder = root / "uploads" / ".incoming" / old
    past = time.time() - 2 * 24 * 3600
    os.utime(folder, (past, past))
    new = begin(served, "folder", 1, 100)
    assert served.client.get(f"/imports/{old}").status_code == 404
    assert served.client.delete(f"/imports/{new}").status_code == 204
    assert not any((root / "uploads" / ".incoming").iterdir())


@pytest.mark.parametrize("name", ["..", "0123456789abcdef", "%2e%2e%2f%2e%2e", "x" * 64])
def test_no_such_upload(serve: Serve, name: str) -> None:
    assert serve().client.get(f"/imports/{name}").status_code in (404, 422)


def test_a_kernel_is_slid_over_a_picture(serve: Serve) -> None:
    served = serve()
    names = [one["name"] for one in served.client.get("/kernels").json()["kernels"]]
    assert {"edge", "blur", "sharpen"} <= set(names)
    path = served.image().relative_to(served.root).as_posix()
    wish = {"path": path, "kernel": "0 0 0 / 0 1 0 / 0 0 0"}
    found = served.client.post("/kernels", json=wish).json()
    pixels = np.asarray(Image.open(served.image()))
    assert (found["min"], found["max"]) == (float(pixels.min()), float(pixels.max()))
    assert (
        served.client.post("/kernels", json={"path": "../outside.png", "kernel": "edge"}).status_code == 403
    )
    assert served.client.post("/kernels", json={"path": path, "kernel": "edgy"}).status_code == 422
