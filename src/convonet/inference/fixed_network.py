"""Runs the fixed part of a network image by image: one image a thread, so that its features depend on nothing else.

OpenVINO where it is installed (about twice as fast on x86 processors), else ONNX Runtime.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convonet.inference.quiet_openvino import openvino

Pixels = NDArray[np.uint8]
Features = NDArray[np.float32]
Compute = Callable[[Iterable[Pixels]], Iterator[Features]]

_AHEAD = 4
"""Images per thread that are in work at once: enough to keep threads busy, few enough to stop at once."""


class FixedNetwork:
    """An inference session of a graph that `nets.fixed_graph` made.

    Args:
        graph: the ONNX file's content.
        threads: images computed at once, each by one thread.
        engine: `openvino` or `onnxruntime`; None takes the faster one that is installed.
    """

    def __init__(self, graph: bytes, threads: int, engine: str | None = None) -> None:
        self.engine = engine or best_engine()
        self.threads = threads
        make = _openvino if self.engine == "openvino" else _onnxruntime
        self._features = make(graph, threads)

    @property
    def description(self) -> str:
        """The engine and its version: other engines give other last digits."""
        return f"{self.engine} {version(self.engine)}"

    def features(self, images: Iterable[Pixels]) -> Iterator[Features]:
        """The features of each image (H, W, C), in order, computed while the next ones are fetched."""
        return self._features(images)


def best_engine() -> str:
    """The faster engine that is installed."""
    return "openvino" if find_spec("openvino") else "onnxruntime"


def _onnxruntime(graph: bytes, threads: int) -> Compute:
    # The other engine may be all that is installed.
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def one(image: Pixels) -> Features:
        features: Features = session.run(None, {name: np.ascontiguousarray(image)[None]})[0][0]
        return features

    def features(images: Iterable[Pixels]) -> Iterator[Features]:
        with ThreadPoolExecutor(threads) as pool:
            waiting: deque[Future[Features]] = deque()
            for image in images:
                waiting.append(pool.submit(one, image))
                if len(waiting) >= _AHEAD * threads:
                    yield waiting.popleft().result()
            for result in waiting:
                yield result.result()

    return features


def _openvino(graph: bytes, threads: int) -> Compute:
    core = openvino().Core()
    settings = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "NUM_STREAMS": str(threads),
        "INFERENCE_NUM_THREADS": threads,
        # Processors that can would compute in bfloat16, whose features are others.
        "INFERENCE_PRECISION_HINT": "f32",
    }
    model = core.compile_model(core.read_model(graph), "CPU", settings)
    # OpenVINO's own streams compute at once. Python threads beside them lock each other out for good now and then.
    requests = [model.create_infer_request() for _ in range(2 * threads)]

    def features(images: Iterable[Pixels]) -> Iterator[Features]:
        working: deque[Any] = deque()
        free = deque(requests)
        for image in images:
            if not free:
                yield finished(working, free)
            request = free.popleft()
            request.start_async({0: np.ascontiguousarray(image)[None]})
            working.append(request)
        while working:
            yield finished(working, free)

    def finished(working: deque[Any], free: deque[Any]) -> Features:
        request = working.popleft()
        request.wait()
        free.append(request)
        return np.array(request.get_output_tensor(0).data[0], np.float32)

    return features
