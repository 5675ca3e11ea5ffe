"""What the server counts, in Prometheus' text format."""

from __future__ import annotations

import time
from collections import Counter

import psutil

_METHODS = ("GET", "HEAD", "POST", "DELETE", "OPTIONS", "PUT", "PATCH")
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one server."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._within: Counter[float] = Counter()
        self._seconds = 0.0
        self._images = 0
        self._batches = 0
        self.streams = 0

    @property
    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def answered(self, method: str, status: int, seconds: float) -> None:
        """Count a request."""
        # A client can invent methods without end, and every counter is kept.
        self._requests[method if method in _METHODS else "other", status] += 1
        self._seconds += seconds
        for bound in _BOUNDS:
            if seconds <= bound:
                self._within[bound] += 1

    def computed(self, images: int) -> None:
        """Count images that a network computed at once."""
        self._images += images
        self._batches += 1

    def text(self, gauges: dict[str, float]) -> str:
        """Everything, with gauges that are known elsewhere."""
        lines = ["# TYPE convonet_requests_total counter"]
        for (method, status), count in sorted(self._requests.items()):
            lines.append(f'convonet_requests_total{{method="{method}",status="{status}"}} {count}')
        total = sum(self._requests.values())
        lines.append("# TYPE convonet_request_seconds histogram")
        lines += [f'convonet_request_seconds_bucket{{le="{b:g}"}} {self._within[b]}' for b in _BOUNDS]
        lines.append(f'convonet_request_seconds_bucket{{le="+Inf"}} {total}')
        lines.append(f"convonet_request_seconds_sum {self._seconds:.6f}")
        lines.append(f"convonet_request_seconds_count {total}")
        counters = {"predicted_images_total": self._images, "prediction_batches_total": self._batches}
        own = {
            "event_streams": self.streams,
            "uptime_seconds": self.uptime,
            "resident_bytes": psutil.Process().memory_info().rss,
        }
        for kind, values in (("counter", counters), ("gauge", own | gauges)):
            for name, value in values.items():
                lines += [f"# TYPE convonet_{name} {kind}", f"convonet_{name} {value:.10g}"]
        return "\n".join(lines) + "\n"
