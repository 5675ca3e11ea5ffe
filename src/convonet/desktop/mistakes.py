"""The images of a test: where they are now, and those of its mistakes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from convonet.desktop.controller import Controller
from convonet.documents.evaluation import EvaluationDocument
from convonet.errors import ConvonetError, InputError
from convonet.session.session import Session


def root_of(session: Session, scores: EvaluationDocument) -> Path:
    """The folder of the images of a test; held-out images are in that of the training set.

    It is the test's own, so that its images are found whatever is loaded now. The set that is loaded counts where
    the images have moved since, for tests of earlier versions, and for those of a server.
    """
    kept = Path(scores.root)
    # A folder that exists here by the same name as the server's may hold other images.
    if kept.name and not session.backend.is_remote and kept.exists():
        return kept
    split = scores.split
    listings = session.sets.listings
    found = listings.get(split) or listings.get("train" if split == "val" else split)
    return found.root if found is not None else Path(session.params.data.test_dir or "")


def find_mistakes(controller: Controller, done: Callable[[list[Path]], None], most: int = 12) -> None:
    """Give the images of the surest wrong answers of the last test to `done`."""
    scores = controller.session.evaluation
    if scores is None:
        return
    root = root_of(controller.session, scores)

    def read(_: object) -> list[Path]:
        answers = controller.session.images.answers(root, scores)
        addresses = [answers[int(place)].address for place in answers.mistakes()[:most]]
        if not addresses:
            raise InputError("There are no mistakes to explain", hint="Choose images instead")
        # An address with # is a row of an archive of arrays, which is no file to explain.
        return [Path(address) for address in addresses if "#" not in address]

    def fail(error: ConvonetError) -> None:
        controller.show_error(error)

    controller.background.call("mistakes", read, lambda paths: controller.guard(lambda: done(paths)), fail)
