"""Sets in the shapes of public ones: a table as competitions, hospitals and labelling tools give it, and images."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

Make = Callable[[Path], Path]
EACH = 8
KINDS = ("nevus", "melanoma", "keratosis")


def draw(file: Path, kind: int, number: int) -> None:
    """A small image whose colour tells its kind; no two are alike."""
    values = np.random.default_rng(1000 * kind + number).integers(0, 60, (12, 12, 3), dtype=np.uint8)
    values[..., kind % 3] += 150
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(file)


def _rows(kinds: Sequence[str] = KINDS) -> list[tuple[int, int, str]]:
    return [(kind, number, f"img_{kind}{number:03d}") for kind in range(len(kinds)) for number in range(EACH)]


def ids_without_extension(folder: Path) -> Path:
    """`id_code,diagnosis`, with numbers for the grades and PNG files two folders below."""
    for kind, number, name in _rows():
        draw(folder / "train_images" / "png" / f"{name}.png", kind, number)
    lines = [f"{name},{kind}" for kind, _, name in _rows()]
    (folder / "train.csv").write_text("\n".join(["id_code,diagnosis", *lines]) + "\n")
    return folder


def one_hot(folder: Path) -> Path:
    """`image,MEL,NV,BKL` with 1.0 in the column of the class, as ISIC gives it."""
    for kind, number, name in _rows():
        draw(folder / "input" / f"{name}.jpg", kind, number)
    lines = [",".join([name, *(f"{float(kind == each)}" for each in range(3))]) for kind, _, name in _rows()]
    (folder / "GroundTruth.csv").write_text("\n".join(["image,MEL,NV,BKL", *lines]) + "\n")
    return folder


def numbers_with_names(folder: Path) -> Path:
    """`image_id,label` with numbers, and a JSON file that names them, as Cassava gives it."""
    for kind, number, name in _rows():
        draw(folder / "train_images" / f"{name}.jpg", kind, number)
    lines = [f"{name}.jpg,{kind}" for kind, _, name in _rows()]
    (folder / "train.csv").write_text("\n".join(["image_id,label", *lines]) + "\n")
    names = json.dumps({str(kind): name for kind, name in enumerate(KINDS)})
    (folder / "label_num_to_disease_map.json").write_text(names)
    return folder


def semicolons_in_cp1252(folder: Path) -> Path:
    """What a German Excel writes: semicolons, code page 1252, `sep=` in front, backslashes in the paths."""
    for kind, number, name in _rows(("Kätzchen", "Hund")):
        draw(folder / "Bilder" / f"{name}.png", kind, number)
    kinds = ("Kätzchen", "Hund")
    lines = [f"Bilder\\{name}.png;{kinds[kind]}" for kind, _, name in _rows(kinds)]
    text = "\r\n".join(["sep=;", "Datei;Klasse", *lines]) + "\r\n"
    (folder / "Liste.csv").write_bytes(text.encode("cp1252"))
    return folder


def patients(folder: Path) -> Path:
    """Chest images with a patient, a view, an age and a finding; some rows lack a finding or their file."""
    rows = _rows(("pneumonia", "normal"))
    for kind, number, name in rows:
        draw(folder / "images" / f"{name}.png", kind, number)
    head = "patientid,offset,sex,age,finding,survival,view,modality,filename,clinical_notes"
    kinds = ("pneumonia", "normal")
    lines = [
        f"{kind * 10 + number // 2},{number},{'MF'[number % 2]},{40 + 3 * number},{kinds[kind]},,PA,X-ray,{name}.png,"
        f'"seen on day {number}, see notes"'
        for kind, number, name in rows
    ]
    lines += ["99,0,M,50,,,PA,X-ray,img_0000.png,no finding", "98,0,M,50,normal,,PA,X-ray,lost.png,no file"]
    (folder / "metadata.csv").write_text("\n".join([head, *lines]) + "\n")
    return folder


SHAPES: tuple[Make, ...] = (
    ids_without_extension,
    one_hot,
    numbers_with_names,
    semicolons_in_cp1252,
    patients,
)
"""Each makes a set in an empty folder, which holds one table and images."""
