"""The images of a server, and everything about them that takes a while to ask."""

from __future__ import annotations

import base64
import io
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from convonet.data.listing import ImageListing, Skipped
from convonet.data.marking import MarkedImage
from convonet.documents.evaluation import RunEvaluation
from convonet.documents.marks import Mark
from convonet.documents.plan import Plan
from convonet.errors import error_from_dict
from convonet.events import Watch
from convonet.file_stats import STATS
from convonet.params import DataParams, HyperParams
from convonet.params.files import data_to_dict
from convonet.params.migrations import VERSION_KEY
from convonet.params.recipes import Recipe, TrainRecipe
from convonet.session.demo import DEMO_HYPER
from convonet.session.look import SizesFound
from convonet.session.predictions import Answers, answers_file
from convonet.session.recipes import imposed
from convonet.session.remote.client import Client
from convonet.session.remote.mirror import Mirror
from convonet.session.sets import LoadedSets
from convonet.tasks import Split, TrainTask

MARK = "remote:"
"""Addresses of images on the server begin so."""


class RemoteImages:
    """Asks the server, which reads the images."""

    def __init__(self, client: Client, mirror: Mirror) -> None:
        self._client, self._mirror = client, mirror

    def load_sets(self, data: DataParams, classes: Sequence[str], watch: Watch) -> LoadedSets:
        """Every set that the parameters name, as the server lists it."""
        found = self._look(data, classes)
        listings: dict[Split, ImageListing] = {}
        for split in found["sets"]:
            watch.check()
            listings[split] = _listing(self._client.get(f"/datasets/{found['id']}/{split}/listing"))
        errors = {split: error_from_dict(error) for split, error in found["errors"].items()}
        return LoadedSets(listings, errors)

    def find_sizes(
        self, listings: Mapping[Split, ImageListing], data: DataParams, watch: Watch
    ) -> SizesFound:
        """Heights, widths and pixels, as the server finds them."""
        classes = next(iter(listings.values())).classes
        document = self._client.get(f"/datasets/{self._look(data, classes)['id']}/sizes")
        return SizesFound(
            _counters(document["heights"]),
            _counters(document["widths"]),
            {split: (item["mean"], item["deviation"]) for split, item in document["pixels"].items()},
            {name: _pixels(text) for name, text in document["means"].items()},
            tuple(document["shape"]),
            document["looked_at"],
        )

    def make_plan(
        self,
        data: DataParams,
        hyper: HyperParams,
        recipe: TrainRecipe,
        listing: ImageListing,
        *,
        minutes: float | None,
        validation: int,
    ) -> Plan | None:
        """What a recipe would train, as the server plans it; it counts the validation images itself."""
        if recipe == "none":
            return None
        request = {"hyper": imposed(hyper).set_values(), "recipe": recipe, "minutes": minutes}
        document = self._client.post(f"/datasets/{self._look(data, listing.classes)['id']}/plan", request)
        return Plan.of({**document, "decisions": ()})

    def recipe_values(self, name: Recipe, data: DataParams, listing: ImageListing) -> dict[str, Any]:
        """Known good hyperparameters for the server's training images."""
        dataset = self._look(data, listing.classes)["id"]
        values: dict[str, Any] = self._client.get(f"/datasets/{dataset}/recipes/{name}")["hyper"]
        return values

    def marks(self, data: DataParams, watch: Watch) -> list[MarkedImage]:
        """The server's repair list."""
        return _marks(self._client.get(f"/datasets/{self._look(data, ())['id']}/marks"))

    def mark(
        self, data: DataParams, paths: Sequence[str], *, label: str | None, undo: bool, watch: Watch
    ) -> list[MarkedImage]:
        """Mark images on the server."""
        action = "undo" if undo else "leave_out" if label is None else "label"
        request: dict[str, Any] = {"paths": [path_there(path) for path in paths], "action": action}
        request |= {"label": label} if action == "label" else {}
        return _marks(self._client.post(f"/datasets/{self._look(data, ())['id']}/marks", request))

    def demo(self) -> TrainTask:
        """The demonstration, on digits that the server writes below its root."""
        folders = self._client.post("/samples", {"name": "digits"})
        data = DataParams.of(folders | {"image_size": 16})
        return TrainTask(data=data, hyper=DEMO_HYPER)

    def answers(self, root: Path, scores: RunEvaluation) -> Answers:
        """The answers of a test, fetched from the server where they have changed."""
        table = answers_file(scores)
        self._mirror.fetch(table.parent.name, table.name.__eq__)
        # Without a listing the root is what the parameters say of the server.
        return Answers(table, root if str(root).startswith(MARK) else Path(f"{MARK}{root}"))

    def picture(self, address: str, side: int) -> bytes:
        """A PNG of an image on the server, at most `side` pixels a side."""
        return self._client.read("/images", path=path_there(address), side=side, enlarge="false")

    def _look(self, data: DataParams, classes: Sequence[str]) -> Any:
        return self._client.post("/datasets", {"data": plain_data(data), "classes": list(classes)})


def path_there(path: str | Path) -> str:
    """The server's path of an address here; the server's own sign between folders is the slash."""
    return str(path).removeprefix(MARK).replace(os.sep, "/")


def plain_data(data: DataParams) -> dict[str, Any]:
    """Data parameters as the server takes them."""
    return {name: value for name, value in data_to_dict(data).items() if name != VERSION_KEY}


def _listing(document: dict[str, Any]) -> ImageListing:
    return ImageListing(
        root=Path(MARK + document["root"]),
        classes=tuple(document["classes"]),
        paths=tuple(document["paths"]),
        labels=np.array(document["labels"], np.int64),
        # The files are on the server, so there is nothing on this machine to take stats of.
        stats=np.zeros((len(document["paths"]), STATS), np.int64),
        skipped=tuple(Skipped(item["path"], item["reason"]) for item in document["skipped"]),
        groups=tuple(document["groups"]) if document.get("groups") else None,
        notes=tuple(document.get("notes") or ()),
    )


def _counters(document: dict[Split, list[dict[str, int]]]) -> dict[Split, Counter[int]]:
    return {
        split: Counter({row["pixels"]: row["images"] for row in rows}) for split, rows in document.items()
    }


def _pixels(text: str) -> Any:
    with Image.open(io.BytesIO(base64.b64decode(text))) as image:
        pixels = np.asarray(image)
    # Pillow leaves out the channel axis of a grayscale image.
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _marks(document: dict[str, Any]) -> list[MarkedImage]:
    return [
        MarkedImage(item["set"], Path(MARK + item["root"]), item["class"], Mark(item["path"], item["label"]))
        for item in document["marks"]
    ]
