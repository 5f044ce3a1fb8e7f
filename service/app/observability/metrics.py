"""Prometheus metrics, on a separate port that the proxy does not forward to."""

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector

log = logging.getLogger(__name__)

BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"}


class Metrics:
    """Counts requests by route, never by path: the number of paths is unbounded."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "http_requests",
            "Requests answered",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "http_request_duration_seconds",
            "Time to the end of the response",
            ["method", "route"],
            buckets=BUCKETS,
            registry=self._registry,
        )

    def observe(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Counts one answered request; `seconds` is the time to the end of its response."""
        method = method if method in METHODS else "other"
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)

    @contextmanager
    def exposed(self, port: int) -> Generator[None]:
        """Serves the metrics while the app runs; port 0 serves none."""
        if not port:
            yield
            return
        try:
            server, thread = start_http_server(port, registry=self._collected())
        except OSError as error:
            # Another worker has the port and serves the metrics of all workers.
            log.info("metrics are not served here", extra={"reason": error.strerror})
            yield
            return
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def _collected(self) -> CollectorRegistry:
        """The registry to serve: with several workers, the sum over their shared directory."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return self._registry
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        return registry
