"""An exported page: static files that classify images in the browser, compared in a real one before they are kept."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from convonet.atomic import json_text
from convonet.data.decode import read_image, read_whole
from convonet.errors import InputError, ModelFileError
from convonet.events import Warned, Watch
from convonet.exporting.browsers import find_chromium
from convonet.exporting.chromium import answers_of
from convonet.exporting.folder import ABOUT, GOLDEN, MODEL, new_folder, write_description
from convonet.exporting.runtime import HASHES, PACKAGE, VERSION
from convonet.exporting.samples import Samples
from convonet.hints import Hint, option
from convonet.inference.golden import LOAD_TOLERANCE, Images, Probabilities, largest_difference
from convonet.inference.model_info import ModelInfo
from convonet.nets.export import MADE_UP, export_onnx, reference_of
from convonet.nets.net_model import NetModel
from convonet.text import counted

PAGE, CHECK, WORKER, FILES = "index.html", "check.html", "sw.js", "files.js"
RUNTIME = "ort"

_SOURCE = Path(__file__).with_name("page")
_MOST_COPIED_BYTES = 2**20
_MOST_SIDE = 640
_MOST_GOLDEN = 8
_NOT_OFFLINE = (WORKER, FILES, "README.md", "labels.txt")


class WebExport(NamedTuple):
    """What came of an export for browsers.

    Attributes:
        difference: of a probability from Keras, in ONNX Runtime and in the browser; the largest.
        browser: the program that checked the page; None where none did.
        golden: how many images it classified.
    """

    difference: float
    browser: str | None
    golden: int


def export_web(
    model: NetModel,
    folder: Path,
    samples: Samples | None,
    keras_sha256: str,
    *,
    runtime: Path,
    unchecked: bool = False,
    watch: Watch | None = None,
) -> WebExport:
    """Write the folder whole, or not at all. An earlier export there is replaced, nothing else.

    Args:
        samples: images to check with; noise where there are none.
        runtime: the folder with ONNX Runtime Web.
        unchecked: where no browser is found, write the folder all the same.

    Raises:
        InputError: there is no browser to check the page with.
        ModelFileError: the network cannot be exported, or the browser answers otherwise.
        OutputError: something else is in the folder, or it cannot be written to.
    """
    # Before the export: without a browser the minutes would be in vain.
    browser = _browser(unchecked, watch or Watch())
    images, source = (samples.images, samples.source) if samples else (None, MADE_UP)
    with new_folder(folder, marks=(ABOUT, PAGE, WORKER)) as made:
        difference = export_onnx(
            model, made / MODEL, samples=images, source=source, keras_sha256=keras_sha256
        )
        write_description(made, model.info, {"resize_tall_first": tall_first()})
        shutil.copytree(_SOURCE, made, dirs_exist_ok=True)
        (made / RUNTIME).mkdir()
        for name in HASHES:
            shutil.copyfile(runtime / name, made / RUNTIME / name)
        expected = _write_golden(made / GOLDEN, model, samples)
        (made / "manifest.json").write_text(_manifest(), encoding="utf-8")
        (made / "README.md").write_text(_readme(model.info, len(expected)), encoding="utf-8")
        # Last of all, since it lists the others with a hash over them.
        (made / FILES).write_text(_file_list(made), encoding="utf-8")
        if browser is not None:
            received = np.array(answers_of(browser, made, CHECK, watch)["probabilities"], np.float32)
            in_browser = largest_difference(expected, received, LOAD_TOLERANCE, _not_the_same)
            difference = max(difference, in_browser)
    return WebExport(difference, None if browser is None else browser.name, len(expected))


def tall_first() -> bool:
    """Whether this Pillow shrinks an image that loses more rows than columns downwards first.

    Version 13 does, earlier ones go across first. Each pass rounds to 8 bits, so the pixels differ. The page repeats
    what the Pillow did that the model was compared with.
    """
    image = Image.fromarray((np.arange(40 * 30).reshape(40, 30) * 37 % 251).astype(np.uint8))
    bicubic = Image.Resampling.BICUBIC
    across_first = image.resize((27, 40), bicubic).resize((27, 9), bicubic)
    return image.resize((27, 9), bicubic).tobytes() != across_first.tobytes()


def _browser(unchecked: bool, watch: Watch) -> Path | None:
    found = find_chromium()
    if found is not None:
        return found
    message = "No Chromium, Chrome or Edge browser was found, so the page's predictions cannot be checked in a browser"
    if not unchecked:
        raise InputError(
            message,
            hint=Hint.of(
                "Install one of them, or add {} and then open the export's check.html in a browser",
                option("unchecked", True),
                window="Install one of them, then export the model again",
            ),
        )
    watch.tell(Warned(message=f"{message}. Open the export's check.html in a browser.", subject="browser"))
    return None


def _write_golden(folder: Path, model: NetModel, samples: Samples | None) -> Probabilities:
    """Write the golden samples as PNG files and return what Keras answers to them, shape (n, classes).

    Browsers decode JPEG files by their own means, so only PNG files have the same pixels everywhere.
    """
    folder.mkdir()
    pool = samples.images if samples is not None else reference_of(model, None, MADE_UP).images
    # Evenly over all, since the images stand class by class.
    rows = np.unique(np.linspace(0, len(pool) - 1, _MOST_GOLDEN).round().astype(np.int64)).tolist()
    names = [f"{number}.png" for number in range(1, len(rows) + 1)]
    for row, name in zip(rows, names, strict=True):
        original = samples.files[row] if samples is not None and samples.files else None
        _write_png(folder / name, original, pool[row])
    pixels = model.info.pixels
    probabilities = model.predict(np.stack([read_image(folder / name, pixels) for name in names]))
    items = [
        {"file": name, "probabilities": values} | ({"class": samples.classes[row]} if samples else {})
        for row, name, values in zip(rows, names, probabilities.tolist(), strict=True)
    ]
    (folder / "golden.json").write_text(json_text(items, indent=1) + "\n", encoding="utf-8")
    return probabilities


def _write_png(target: Path, original: Path | None, pixels: Images) -> None:
    """The file itself where it is a small PNG, so that transparency and bits are checked too; else its pixels."""
    if original is None:
        Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(target)
        return
    if original.suffix.lower() == ".png" and original.stat().st_size <= _MOST_COPIED_BYTES:
        shutil.copyfile(original, target)
        return
    image = Image.fromarray(read_whole(original))
    # The page is published: nobody wants to send photographs of full size with it.
    image.thumbnail((_MOST_SIDE, _MOST_SIDE))
    image.save(target)


def _file_list(made: Path) -> str:
    """What the service worker keeps, with a version that changes when any of it does."""
    # Sorted, so that the same files always give the same version.
    files = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    kept = [name for name in files if name not in _NOT_OFFLINE]
    digest = hashlib.sha256()
    for name in kept:
        digest.update(name.encode() + hashlib.sha256((made / name).read_bytes()).digest())
    listed = json.dumps(["./", *kept], indent=2)
    return f'const VERSION = "{digest.hexdigest()[:16]}";\nconst FILES = {listed};\n'


def _manifest() -> str:
    """Lets a phone add the page to its home screen."""
    icon = {"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}
    return json_text(
        {
            "name": "Image classifier",
            "short_name": "Classifier",
            "start_url": "./",
            "display": "standalone",
            "icons": [icon],
        },
        indent=1,
    )


def _not_the_same(expected: str, received: str) -> ModelFileError:
    return ModelFileError(
        "In a browser, the exported page gives probabilities that differ from the model's, so no folder was written",
        expected=expected,
        received=received,
        hint="The .keras file is unchanged",
    )


def _readme(info: ModelInfo, golden: int) -> str:
    images = counted(golden, "image")
    names = ", ".join(info.classes[:20]) + (" …" if len(info.classes) > 20 else "")
    return f"""\
# An image classifier for the browser

It distinguishes {counted(len(info.classes), "class", "classes")}: {names}.

Images are classified on the device that shows the page; nothing is uploaded.

Try it on this machine:

    python -m http.server

and open http://localhost:8000. To publish it, copy this folder to any static host. The camera and offline use need
https or localhost.

| file | contents |
|---|---|
| `{PAGE}` | the page |
| `{CHECK}` | classifies {images} in your browser and compares the predictions with those recorded at export |
| `{MODEL}`, `{ABOUT}`, `labels.txt` | the network, how images are prepared for it, and the class names |
| `{GOLDEN}/` | the images for the check with their probabilities |
| `{RUNTIME}/` | {PACKAGE} {VERSION}, © Microsoft Corporation, MIT License |
| `{WORKER}`, `{FILES}` | keep the page for offline use |
"""
