"""Images of many requests answered together: while a network computes, what comes next waits and goes as one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from convonet.data.decode import decode, open_image
from convonet.data.headers import read_header
from convonet.documents.predictions import PredictionRow
from convonet.errors import DataError
from convonet.inference.answers import AnswerOptions, answers
from convonet.inference.unknown import Scored
from convonet.server.metrics import Metrics
from convonet.server.model_process import ModelProcess
from convonet.server.multipart import Upload
from convonet.server.pictures import check_pixels
from convonet.server.settings import Limits

_NEARLY = 0.85
_LONG_SECONDS = 0.1


def best_batch(model: ModelProcess, most: int) -> int:
    """How many images at once this network computes fastest on this machine, found by trying for up to a second.

    A dense network reads its weights once for all of them; the maps of a convolution on many images may be more
    than the processor's caches hold.
    """
    rates: dict[int, float] = {}
    size = 1
    while size <= most:
        images = np.zeros((size, *model.info.pixels.shape), np.uint8)
        # The least of three: other work on the machine can only make it slower.
        seconds = min(_seconds(model, images) for _ in range(3))
        rates[size] = size / seconds
        # Larger batches would make everybody wait who comes meanwhile.
        if seconds > _LONG_SECONDS:
            break
        size *= 4
    # The largest that is nearly as fast as the fastest: what else is at work just now blurs the figures.
    return max(size for size, rate in rates.items() if rate >= _NEARLY * max(rates.values()))


def _seconds(model: ModelProcess, images: NDArray[np.uint8]) -> float:
    started = time.perf_counter()
    model.predict(images, batch_size=len(images))
    return time.perf_counter() - started


@dataclass
class _Request:
    uploads: list[Upload]
    wish: AnswerOptions
    answer: asyncio.Future[list[PredictionRow]]
    pixels: list[NDArray[np.uint8] | str] | None = None


class _ScoredBatch(NamedTuple):
    """Why images of a batch cannot be read (empty: they can), and what the network gives for those that can."""

    faults: list[str]
    scored: Scored | None


class Batcher:
    """Answers for one network. Belongs to the event loop; decoding and computing are done by the executor.

    Args:
        name: what the metrics call the model.
        batch: images that are answered together; what comes meanwhile is received while they are computed.
        decoders: decodes the images of heavy requests.
        limits: how large an image may be, and how long decoding may take.
    """

    def __init__(
        self,
        name: str,
        model: ModelProcess,
        batch: int,
        executor: Executor,
        decoders: Executor,
        metrics: Metrics,
        limits: Limits,
    ) -> None:
        self._name = name
        self._model = model
        self._batch = batch
        self._executor = executor
        self._decoders = decoders
        self._metrics = metrics
        self._limits = limits
        self._waiting: list[_Request] = []
        self._worker: asyncio.Task[None] | None = None
        self._retired = False

    @property
    def alive(self) -> bool:
        """Whether the model's process can still answer."""
        return self._model.alive

    def close(self) -> None:
        """End the model's process; what waits for an answer gets an error."""
        self._model.close()

    def retire(self) -> None:
        """End the model's process once nothing waits any more."""
        self._retired = True
        if self._worker is None or self._worker.done():
            self.close()

    async def answer(self, uploads: list[Upload], wish: AnswerOptions, *, heavy: bool) -> list[PredictionRow]:
        """The documents of some images, in their order; heavy ones are decoded apart. Raises ConvonetError."""
        # Small requests are decoded together with their batch, which saves a hop to another executor.
        if not heavy:
            return await self._answered(uploads, wish, None)
        documents: list[PredictionRow] = []
        deadline = time.monotonic() + self._limits.decode_seconds
        for start in range(0, len(uploads), self._batch):
            # In parts, so that the decoded pixels of one request do not fill the memory, and others get their
            # turn between.
            part = uploads[start : start + self._batch]
            loop = asyncio.get_running_loop()
            pixels = await loop.run_in_executor(self._decoders, self._decoded_until, part, deadline)
            documents += await self._answered(part, wish, pixels)
        return documents

    async def _answered(
        self, uploads: list[Upload], wish: AnswerOptions, pixels: list[NDArray[np.uint8] | str] | None
    ) -> list[PredictionRow]:
        loop = asyncio.get_running_loop()
        request = _Request(uploads, wish, loop.create_future(), pixels)
        self._waiting.append(request)
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await request.answer

    def _decoded_until(self, uploads: list[Upload], deadline: float) -> list[NDArray[np.uint8] | str]:
        late = (
            f"not read: decoding the images in the request took longer than {self._limits.decode_seconds:g} s"
        )
        # Checked before each image, since a decoder that has begun cannot be interrupted.
        return [self._decoded(one) if time.monotonic() < deadline else late for one in uploads]

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            batch = self._next()
            try:
                scored = await loop.run_in_executor(self._executor, self._scored, batch)
                # Here rather than in the thread: two threads of Python that take turns on the processor's cores need
                # more time than one.
                found = self._answers(batch, scored)
            except Exception as error:  # noqa: BLE001 - whoever waits gets it, and the next batch is answered
                for request in batch:
                    if not request.answer.done():
                        request.answer.set_exception(error)
                continue
            for request, documents in zip(batch, found, strict=True):
                if not request.answer.done():
                    request.answer.set_result(documents)
        if self._retired:
            # Ending the process can block, so it must not hold up the event loop.
            await asyncio.to_thread(self.close)

    def _next(self) -> list[_Request]:
        """The requests that come next, as many as fit; one alone may be larger."""
        images, count = 0, 0
        for request in self._waiting:
            images += len(request.uploads)
            # The first request goes in any case: it may alone be larger than a batch.
            if count and images > self._batch:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        # A client that hung up has cancelled its future; its images need no computing.
        return [request for request in batch if not request.answer.cancelled()]

    def _scored(self, batch: list[_Request]) -> _ScoredBatch:
        """Decode the images and let the network compute those that can be read."""
        pixels = [
            found for request in batch for found in (request.pixels or map(self._decoded, request.uploads))
        ]
        faults = [found if isinstance(found, str) else "" for found in pixels]
        images = [found for found in pixels if not isinstance(found, str)]
        if not images:
            return _ScoredBatch(faults, None)
        started = time.perf_counter()
        scored = self._model.predict_scored(np.stack(images), batch_size=self._batch)
        self._metrics.computed(self._name, len(images), time.perf_counter() - started)
        return _ScoredBatch(faults, scored)

    def _answers(self, batch: list[_Request], found: _ScoredBatch) -> list[list[PredictionRow]]:
        uploads = [upload for request in batch for upload in request.uploads]
        wishes = [request.wish for request in batch for _ in request.uploads]
        readable = [place for place, fault in enumerate(found.faults) if not fault]
        documents: list[PredictionRow] = [
            {"path": upload.name, "error": fault} for upload, fault in zip(uploads, found.faults, strict=True)
        ]
        if found.scored is not None:
            probabilities, unknown = found.scored.probabilities, found.scored.unknown
            # Requests of one batch may ask for different numbers of classes; the network has computed them together.
            for wish in set(wishes):
                rows = [row for row, place in enumerate(readable) if wishes[place] == wish]
                names = [uploads[readable[row]].name for row in rows]
                scores = None if unknown is None else unknown[rows]
                made = answers(probabilities[rows], self._model.info, names, unknown=scores, **wish._asdict())
                for row, document in zip(rows, made, strict=True):
                    documents[readable[row]] = document
        return list(_cut(documents, [len(request.uploads) for request in batch]))

    def _decoded(self, upload: Upload) -> NDArray[np.uint8] | str:
        """The pixels of an image, or the reason why it has none."""
        try:
            # The header gives the size, so an oversized image is refused before its pixels take memory.
            check_pixels(*image_size(upload.content), self._limits.pixels)
            return decode(upload.content, self._model.info.pixels).pixels
        except DataError as error:
            return error.what


def all_pixels(uploads: list[Upload]) -> int:
    """The total pixel count of images, from their headers; a file that is not an image has none."""
    total = 0
    for upload in uploads:
        try:
            height, width = image_size(upload.content)
        except DataError:
            continue
        total += height * width
    return total


def image_size(content: bytes) -> tuple[int, int]:
    """Height and width, from the header of the file. Raises DataError: it is not an image."""
    if not content:
        raise DataError("the file is empty")
    header = read_header(content)
    # The quick reader knows only some formats; for the others the image library reads the head.
    if header is not None:
        return header.height, header.width
    with open_image(content) as image:
        return image.height, image.width


def _cut(documents: list[PredictionRow], counts: Iterable[int]) -> Iterable[list[PredictionRow]]:
    start = 0
    for count in counts:
        yield documents[start : start + count]
        start += count
