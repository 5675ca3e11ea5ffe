"""How well images of no known class are told, beside the highest softmax probability.

`python benchmarks/bench_unknown.py FLOWERS`, FLOWERS a folder with train and test, such as `flowers_128`. Each class in
turn is left out of a training; its images are the outside images. Made-up images (noise and pages of text) and
digits are outside for every model. Printed is the AUROC of outside against the test images of the other classes.
With `--fine-tune EPOCHS` the whole backbone is trained too, as the recipes do; `--only CLASS` measures one class.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import convonet
from convonet.data.samples import write_samples
from convonet.metrics import roc_auc

HYPER = {
    "family": "transfer",
    "base": "efficientnet_lite0",
    "head": [{"type": "global_pool"}],
    "head_solver": "lbfgs",
}
FINE_TUNING = {
    "optimizer": "adamw",
    "schedule": "one_cycle",
    "weight_decay": 0.05,
    "fine_tune_rate": 3e-4,
    "release": "all",
    "train_norm": True,
    "batch_size": 16,
    "flip_horizontal": True,
}
SIDE, COUNT = 224, 60
WORDS = "the of a network image class label training test model page text line we show result table".split()


def noise(folder: Path, rng: np.random.Generator) -> None:
    """Uniform and normal noise."""
    folder.mkdir()
    for number in range(COUNT):
        if number % 2:
            pixels = rng.integers(0, 256, (SIDE, SIDE, 3))
        else:
            pixels = rng.normal(128, rng.uniform(5, 60), (SIDE, SIDE, 3)).clip(0, 255)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")


def text_pages(folder: Path, rng: np.random.Generator) -> None:
    """Pages of words on nearly white paper."""
    folder.mkdir()
    for number in range(COUNT):
        page = Image.new("RGB", (2 * SIDE, 2 * SIDE), tuple(rng.integers(230, 256, 3).tolist()))
        draw, step = ImageDraw.Draw(page), int(rng.integers(11, 22))
        for top in range(12, 2 * SIDE - 12, step):
            draw.text((14, top), " ".join(rng.choice(WORDS, 12)), fill=(20, 20, 20), font_size=0.75 * step)
        page.resize((SIDE, SIDE)).save(folder / f"{number}.png")


def without(source: Path, target: Path, left_out: str) -> None:
    """Links to the folders of all classes but one."""
    target.mkdir(parents=True)
    for folder in source.iterdir():
        if folder.is_dir() and folder.name != left_out:
            (target / folder.name).symlink_to(folder.resolve(), target_is_directory=True)


def scores(run: Path, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Of each image: the unknown score, and minus the highest probability."""
    answers = [answer for answer in convonet.predict(run, [folder], top=1) if "error" not in answer]
    highest = [-answer["top"][0]["probability"] for answer in answers]
    return np.array([answer["unknown_score"] for answer in answers]), np.array(highest)


def main() -> None:
    """Train without each class in turn and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flowers", type=Path)
    parser.add_argument("--fine-tune", type=int, default=0, metavar="EPOCHS")
    parser.add_argument("--only", metavar="CLASS")
    parser.add_argument("--side", type=int, default=SIDE)
    asked = parser.parse_args()
    flowers, hyper = asked.flowers, dict(HYPER)
    if asked.fine_tune:
        hyper |= FINE_TUNING | {"fine_tune_epochs": asked.fine_tune}
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as above:
        root = Path(above)
        os.environ.setdefault("CONVONET_HOME", str(root / "home"))
        noise(root / "noise", rng)
        text_pages(root / "text", rng)
        write_samples("digits", root / "digits")
        fixed = {"noise": root / "noise", "text": root / "text", "digits": root / "digits" / "test"}
        names = [asked.only] if asked.only else sorted(name.name for name in (flowers / "train").iterdir())
        titles = [f"{kind} {which}" for kind in ("class", *fixed) for which in ("", "softmax")]
        print(f"{'left out':12}", ", ".join(title.strip() for title in titles))
        rows = [measured(flowers, root, name, fixed, hyper, asked.side) for name in names]
    print(f"{'mean':12}", *(f"{np.mean(column):.3f}" for column in zip(*rows, strict=True)))


def measured(
    flowers: Path, root: Path, left_out: str, fixed: dict[str, Path], hyper: dict[str, object], side: int
) -> list[float]:
    """Print and give the AUROC of each kind of outside images, ours and that of the softmax."""
    place = root / left_out
    for part in ("train", "test"):
        without(flowers / part, place / part, left_out)
    data = {"train_dir": str(place / "train"), "image_size": [side, side]}
    run = convonet.train(data, hyper, out=place / "runs", test=False).path
    inside = scores(run, place / "test")
    numbers = []
    for folder in [flowers / "train" / left_out, *fixed.values()]:
        outside = scores(run, folder)
        for own, other in zip(inside, outside, strict=True):
            truth = np.r_[np.zeros(len(own), bool), np.ones(len(other), bool)]
            numbers.append(roc_auc(truth, np.r_[own, other]))
    print(f"{left_out:12}", *(f"{number:.3f}" for number in numbers), flush=True)
    return numbers


if __name__ == "__main__":
    main()
