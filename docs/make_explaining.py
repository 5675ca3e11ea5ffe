"""Makes the pictures of the page on explaining: `python docs/make_explaining.py [FOLDER]`, about a minute.

A network is trained on the digits that need no download; everything is drawn by the calls that the page shows.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import convonet
from convonet.data.samples import write_samples

HYPER = {
    "family": "three_block",
    "num_filters": 16,
    "epochs": 12,
    "batch_size": 32,
    "optimizer": "adam",
    "init_rate": 0.002,
    "seed": 3,
}
METHODS = ("grad_cam", "saliency", "occlusion")


def main() -> None:
    """Train once, then draw."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent / "pictures")
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        _draw(folder, Path(home))


def _draw(folder: Path, home: Path) -> None:
    write_samples("digits", home / "digits")
    data = {
        "train_dir": str(home / "digits" / "train"),
        "test_dir": str(home / "digits" / "test"),
        "image_size": 32,
    }
    run = convonet.train(data, HYPER, out=home)
    image = sorted((home / "digits" / "test" / "3").iterdir())[2]
    for method in METHODS:
        (explained,) = convonet.explain(run, image, method=method, faithful=True)
        (folder / f"explaining_{method}.png").write_bytes(explained.picture)
    pages = convonet.layers(run, image, out=home / "layers")
    wanted = {("conv_1", "filters"): "filters", ("conv_2", "maps"): "maps"}
    for page in pages["layers"]:
        name = wanted.get((page["name"], page["kind"]))
        if name is not None:
            shutil.copyfile(home / "layers" / page["file"], folder / f"explaining_{name}.png")
    dreamt = convonet.dream(run, "conv_2")
    (folder / "explaining_dream.png").write_bytes(dreamt.picture)


if __name__ == "__main__":
    main()
