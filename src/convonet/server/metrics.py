"""What the server counts, in Prometheus' text format.

Counters are kept by name and labels, so that those of several processes can be added up.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

_METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH")
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MOST_MODELS = 200
"""Models with counters of their own; every label is a series that Prometheus keeps for ever."""
_OTHER_MODELS = "(other)"

_FAMILIES = {
    "requests_total": ("counter", "Completed requests by method and status."),
    "request_seconds": ("histogram", "Seconds from the start of a request to the end of its response."),
    "predicted_images_total": ("counter", "Images processed by networks."),
    "prediction_batches_total": ("counter", "Batches processed by networks."),
    "model_requests_total": (
        "counter",
        "Prediction requests by model and outcome: ok, refused (4xx), failed (5xx).",
    ),
    "model_images_total": ("counter", "Images processed by each model."),
    "model_batches_total": ("counter", "Batches processed by each model."),
    "model_compute_seconds_total": ("counter", "Computing time of each model in seconds."),
    "model_request_seconds": (
        "histogram",
        "Duration of prediction requests by model in seconds, including waiting time.",
    ),
    "event_streams": ("gauge", "Event streams that are open."),
    "uptime_seconds": ("gauge", "Seconds since the server started."),
    "resident_bytes": ("gauge", "Memory of the server's processes, excluding those of models and runs."),
    "waiting_images": ("gauge", "Images that are waiting for a prediction."),
    "open_models": ("gauge", "Networks kept in memory, in all processes."),
    "runs_waiting": ("gauge", "Runs that are waiting to start."),
    "runs_running": ("gauge", "Active runs."),
    "prediction_workers": ("gauge", "Processes that answer prediction requests."),
}


class CounterKey(NamedTuple):
    """One counter: the name of its family, what follows that name, and its labels."""

    family: str
    suffix: str = ""
    labels: tuple[tuple[str, str], ...] = ()

    def text(self, value: float) -> str:
        """A line of the text format."""
        listed = ",".join(f'{name}="{_escaped(label)}"' for name, label in self.labels)
        return f"convonet_{self.family}{self.suffix}{{{listed}}}".removesuffix("{}") + f" {value:.10g}"


class Metrics:
    """Counters of one process; its methods may be called from any thread."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._counts: defaultdict[CounterKey, float] = defaultdict(float)
        self._models: set[str] = set()
        self._lock = threading.Lock()
        self.streams = 0

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        # A client can invent methods without end, and every counter is kept.
        known = method if method in _METHODS else "other"
        with self._lock:
            self._counts[CounterKey("requests_total", "", (("method", known), ("status", str(status))))] += 1
            self._observe("request_seconds", (), seconds)

    def computed(self, model: str, images: int, seconds: float) -> None:
        """Count images that a network computed at once."""
        with self._lock:
            labels = (("model", self._label(model)),)
            self._counts[CounterKey("predicted_images_total")] += images
            self._counts[CounterKey("prediction_batches_total")] += 1
            self._counts[CounterKey("model_images_total", "", labels)] += images
            self._counts[CounterKey("model_batches_total", "", labels)] += 1
            self._counts[CounterKey("model_compute_seconds_total", "", labels)] += seconds

    def predicted(self, model: str, outcome: str, seconds: float) -> None:
        """Count a prediction request; `outcome` is `ok`, `refused` or `failed`."""
        with self._lock:
            label = ("model", self._label(model))
            self._counts[CounterKey("model_requests_total", "", (label, ("outcome", outcome)))] += 1
            self._observe("model_request_seconds", (label,), seconds)

    def counts(self) -> dict[CounterKey, float]:
        """Every counter so far."""
        with self._lock:
            return dict(self._counts)

    def _observe(self, family: str, labels: tuple[tuple[str, str], ...], seconds: float) -> None:
        for bound in _BOUNDS:
            at = CounterKey(family, "_bucket", (*labels, ("le", f"{bound:g}")))
            self._counts[at] += seconds <= bound
        self._counts[CounterKey(family, "_bucket", (*labels, ("le", "+Inf")))] += 1
        self._counts[CounterKey(family, "_sum", labels)] += seconds
        self._counts[CounterKey(family, "_count", labels)] += 1

    def _label(self, model: str) -> str:
        if model not in self._models and len(self._models) >= _MOST_MODELS:
            return _OTHER_MODELS
        self._models.add(model)
        return model


def added(parts: Iterable[Mapping[CounterKey, float]]) -> dict[CounterKey, float]:
    """The sums of counters of several processes, in the order in which they first came."""
    total: dict[CounterKey, float] = {}
    for part in parts:
        for series, value in part.items():
            total[series] = total.get(series, 0) + value
    return total


def text(counts: Mapping[CounterKey, float], gauges: Mapping[str, float]) -> str:
    """Prometheus' text format, version 0.0.4."""
    every = dict(counts) | {CounterKey(name): value for name, value in gauges.items()}
    lines = []
    for family, (kind, about) in _FAMILIES.items():
        found = [series.text(value) for series, value in every.items() if series.family == family]
        if found:
            lines += [f"# HELP convonet_{family} {about}", f"# TYPE convonet_{family} {kind}", *found]
    return "\n".join(lines) + "\n"


def to_json(counts: Mapping[CounterKey, float]) -> list[Any]:
    """Counters as JSON, for another process."""
    return [[*series, value] for series, value in counts.items()]


def from_json(content: Iterable[Any]) -> dict[CounterKey, float]:
    """What `to_json` gave."""
    return {
        CounterKey(family, suffix, tuple((str(name), str(label)) for name, label in labels)): value
        for family, suffix, labels, value in content
    }


def _escaped(label: str) -> str:
    plain = label.encode("utf-8", "backslashreplace").decode()
    return plain.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
