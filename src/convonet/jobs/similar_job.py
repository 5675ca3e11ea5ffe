"""The images of a set that look most like an image, by the features of a frozen backbone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from convonet.documents.image_map import SimilarImage, SimilarImages
from convonet.events import Watch
from convonet.jobs.image_features import file_features, set_features
from convonet.jobs.map_job import listed
from convonet.runs import Run
from convonet.tasks import SimilarTask


def work(run: Run, task: SimilarTask, watch: Watch) -> SimilarImages:
    """Search; an image of the set itself is not among those found.

    Raises:
        InputError: no such image, folder or set.
        Cancelled: the person asked to stop.
    """
    given = Path(task.image)
    # First, since it is quick: a wrong folder is told before the backbone is loaded.
    images = listed(task, watch)
    wanted = file_features(given.parent, [given.name], watch)[given.name]
    features = set_features(images.root, images.paths, watch)
    rows = [row for row, path in enumerate(images.paths) if path in features]
    found = np.stack([features[images.paths[row]] for row in rows])
    norms = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted)
    similarity = found @ wanted / np.maximum(norms, 1e-12)
    similar = []
    for index in np.argsort(-similarity, kind="stable")[: task.top + 1]:
        row = rows[index]
        path = images.paths[row]
        if (images.root / path).resolve() != given.resolve():
            name = images.classes[images.labels[row]]
            similar.append(SimilarImage(path=path, class_=name, similarity=float(similarity[index])))
    return SimilarImages(image=str(given), root=str(images.root), similar=tuple(similar[: task.top]))
